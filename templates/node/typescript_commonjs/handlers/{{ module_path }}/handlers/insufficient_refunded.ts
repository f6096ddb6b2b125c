// kgscaffold:id=handlers/insufficient_refunded
import { updateOrder } from "../../orders";
import type { Handler } from "../core/model";

export const insufficientRefunded: Handler = {
  /** The customer paid too little and got it back: the order is over. */
  async apply(tx, payment, event) {
    if (event.order_already_paid) return;
    await updateOrder(tx, payment.order_id, {
      status: "refunded",
      refund_tx_hash: event.refund_tx_hash,
      refund_amount: event.refund_amount,
    });
  },

  /** At least once, after the commit: mail, fulfilment. `event.key` makes them
   * idempotent. */
  afterCommit(payment, event) {
    const { order_id } = payment;
    console.log(
      `order ${order_id} was refunded: tell the customer (${event.key})`,
    );
  },
};
