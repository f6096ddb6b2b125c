// kgscaffold:id=module/handlers
"use strict";

/** Your code, one file per status: its `apply` runs in the transaction that
 * changes the payment. */
/** @import { Handlers } from "../core/model" */

const { expired } = require("./expired");
const { insufficientNotRefunded } = require("./insufficient_not_refunded");
const { insufficientRefunded } = require("./insufficient_refunded");
const { pending } = require("./pending");
const { success } = require("./success");

/** @type {Handlers} */
const handlers = {
  pending,
  success,
  expired,
  insufficient_not_refunded: insufficientNotRefunded,
  insufficient_refunded: insufficientRefunded,
};

module.exports = { handlers };
