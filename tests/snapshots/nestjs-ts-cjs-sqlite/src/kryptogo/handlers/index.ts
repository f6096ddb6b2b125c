// kgscaffold:id=module/handlers
/** Your code, one class per status: its `apply` runs in the transaction that
 * changes the payment. */
import { ExpiredHandler } from "./expired";
import { InsufficientNotRefundedHandler } from "./insufficient_not_refunded";
import { InsufficientRefundedHandler } from "./insufficient_refunded";
import { PendingHandler } from "./pending";
import { SuccessHandler } from "./success";

export const handlers = {
  pending: PendingHandler,
  success: SuccessHandler,
  expired: ExpiredHandler,
  insufficient_not_refunded: InsufficientNotRefundedHandler,
  insufficient_refunded: InsufficientRefundedHandler,
};
