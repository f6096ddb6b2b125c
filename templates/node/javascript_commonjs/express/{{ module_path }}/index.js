// kgscaffold:id=module/init
"use strict";

/**
 * KryptoGO payments: `app.use(payments)`, `payments.createIntent` at checkout,
 * and your handlers.
 *
 * In server.js: `await payments.start()` before the server listens, and `await
 * payments.stop()` when it has closed.
 */
const { parts } = require("./config");
const { kryptogo } = require("./core/route");

const { ProviderError } = require("./core/client");

/**
 * @typedef {import("./core/model").Handler} Handler
 * @typedef {import("./core/model").Intent} Intent
 * @typedef {import("./core/model").Payment} Payment
 * @typedef {import("./core/model").PaymentEvent} PaymentEvent
 * @typedef {import("./core/model").Status} Status
 */

const { PaymentUnderWay, RegistrationError } = require("./core/registration");
/** @typedef {import("./core/route").Payments} Payments */

const { ConfigurationError } = require("./core/settings");

/** The router for KryptoGO's callbacks, with all that your code calls. */
const payments = kryptogo(parts);

module.exports = {
  ProviderError,
  PaymentUnderWay,
  RegistrationError,
  kryptogo,
  ConfigurationError,
  payments,
};
