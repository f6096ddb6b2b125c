// kgscaffold:id=module/handlers
/** Your code, one file per status: its `apply` runs in the transaction that
 * changes the payment. */
import type { Handlers } from "../core/model.js";
import { expired } from "./expired.js";
import { insufficientNotRefunded } from "./insufficient_not_refunded.js";
import { insufficientRefunded } from "./insufficient_refunded.js";
import { pending } from "./pending.js";
import { success } from "./success.js";

export const handlers: Handlers = {
  pending,
  success,
  expired,
  insufficient_not_refunded: insufficientNotRefunded,
  insufficient_refunded: insufficientRefunded,
};
