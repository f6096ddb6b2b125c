// kgscaffold:id=handlers/success
"use strict";

/** @import { Handler } from "../core/model" */

const { updateOrder } = require("../../orders");

/** @type {Handler} */
const success = {
  /** The order is paid. `event.late`: it had expired before, so its goods may
   * be gone. */
  async apply(tx, payment, event) {
    await updateOrder(tx, payment.order_id, {
      status: "paid",
      payment_tx_hash: event.payment_tx_hash,
    });
  },

  /** At least once, after the commit: mail, fulfilment. `event.key` makes them
   * idempotent. */
  afterCommit(payment, event) {
    console.log(`order ${payment.order_id} is paid: ship it (${event.key})`);
  },
};

module.exports = { success };
