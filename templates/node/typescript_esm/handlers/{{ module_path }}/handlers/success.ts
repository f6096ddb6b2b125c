// kgscaffold:id=handlers/success
import { updateOrder } from "../../orders.js";
import type { Handler } from "../core/model.js";

export const success: Handler = {
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
