// kgscaffold:id=module/handlers
/** Your code, one file per status: its `apply` runs in the transaction that
 * changes the payment. */
import type { Handlers } from "../core/model";
import { expired } from "./expired";
import { insufficientNotRefunded } from "./insufficient_not_refunded";
import { insufficientRefunded } from "./insufficient_refunded";
import { pending } from "./pending";
import { success } from "./success";

export const handlers: Handlers = {
  pending,
  success,
  expired,
  insufficient_not_refunded: insufficientNotRefunded,
  insufficient_refunded: insufficientRefunded,
};
