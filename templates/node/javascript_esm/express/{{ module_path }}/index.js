// kgscaffold:id=module/init
/**
 * KryptoGO payments: `app.use(payments)`, `payments.createIntent` at checkout,
 * and your handlers.
 *
 * In server.js: `await payments.start()` before the server listens, and `await
 * payments.stop()` when it has closed.
 */
import { parts } from "./config.js";
import { kryptogo } from "./core/route.js";

export { ProviderError } from "./core/client.js";

/**
 * @typedef {import("./core/model.js").Handler} Handler
 * @typedef {import("./core/model.js").Intent} Intent
 * @typedef {import("./core/model.js").Payment} Payment
 * @typedef {import("./core/model.js").PaymentEvent} PaymentEvent
 * @typedef {import("./core/model.js").Status} Status
 */

export { PaymentUnderWay, RegistrationError } from "./core/registration.js";
/** @typedef {import("./core/route.js").Payments} Payments */

export { kryptogo } from "./core/route.js";
export { ConfigurationError } from "./core/settings.js";

/** The router for KryptoGO's callbacks, with all that your code calls. */
export const payments = kryptogo(parts);
