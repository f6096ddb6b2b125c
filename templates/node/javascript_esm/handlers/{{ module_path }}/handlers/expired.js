// kgscaffold:id=handlers/expired

/** @import { Handler } from "../core/model.js" */

import { expireOrder } from "../../orders.js";

/** @type {Handler} */
export const expired = {
  /** The customer did not pay in time. A late payment may still come, as a
   * success. */
  async apply(tx, payment, event) {
    if (!event.order_already_paid) await expireOrder(tx, payment.order_id);
  },
};
