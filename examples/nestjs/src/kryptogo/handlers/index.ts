// kgscaffold:id=module/handlers
/** Your code, one class per status: its `apply` runs in the transaction that
 * changes the payment. */
import { ExpiredHandler } from "./expired.js";
import { InsufficientNotRefundedHandler } from "./insufficient_not_refunded.js";
import { InsufficientRefundedHandler } from "./insufficient_refunded.js";
import { PendingHandler } from "./pending.js";
import { SuccessHandler } from "./success.js";

export const handlers = {
  pending: PendingHandler,
  success: SuccessHandler,
  expired: ExpiredHandler,
  insufficient_not_refunded: InsufficientNotRefundedHandler,
  insufficient_refunded: InsufficientRefundedHandler,
};
