// kgscaffold:id=handlers/expired
"use strict";

/** @import { Handler } from "../core/model" */

const { expireOrder } = require("../../orders");

/** @type {Handler} */
const expired = {
  /** The customer did not pay in time. A late payment may still come, as a
   * success. */
  async apply(tx, payment, event) {
    if (!event.order_already_paid) await expireOrder(tx, payment.order_id);
  },
};

module.exports = { expired };
