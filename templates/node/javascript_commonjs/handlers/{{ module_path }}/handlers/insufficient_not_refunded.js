// kgscaffold:id=handlers/insufficient_not_refunded
"use strict";

/** @import { Handler } from "../core/model" */

const { updateOrder } = require("../../orders");

/** @type {Handler} */
const insufficientNotRefunded = {
  /** The customer paid too little. Not final: a refund or a success may follow.
   * */
  async apply(tx, payment, event) {
    if (event.order_already_paid) return;
    await updateOrder(tx, payment.order_id, {
      status: "underpaid",
      payment_tx_hash: event.payment_tx_hash,
    });
  },
};

module.exports = { insufficientNotRefunded };
