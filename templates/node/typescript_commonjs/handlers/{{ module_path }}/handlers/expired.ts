// kgscaffold:id=handlers/expired
import { expireOrder } from "../../orders";
import type { Handler } from "../core/model";

export const expired: Handler = {
  /** The customer did not pay in time. A late payment may still come, as a
   * success. */
  async apply(tx, payment, event) {
    if (!event.order_already_paid) await expireOrder(tx, payment.order_id);
  },
};
