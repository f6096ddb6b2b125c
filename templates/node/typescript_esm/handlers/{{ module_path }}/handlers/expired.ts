// kgscaffold:id=handlers/expired
import { expireOrder } from "../../orders.js";
import type { Handler } from "../core/model.js";

export const expired: Handler = {
  /** The customer did not pay in time. A late payment may still come, as a
   * success. */
  async apply(tx, payment, event) {
    if (!event.order_already_paid) await expireOrder(tx, payment.order_id);
  },
};
