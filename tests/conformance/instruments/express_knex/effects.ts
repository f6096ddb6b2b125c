/**
 * What the handlers did, for the suite to see, and faults for them to suffer.
 *
 * In the folder CONFORMANCE_FOLDER, `faults/<intent>.json` (else `faults/any.json`) holds, for
 * `apply` and `after_commit`, `{"fail": times (-1: always), "sleep": seconds,
 * "ends": "commit", "rollback" or "", "looks_up": whether the order is read on a second connection}`;
 * `attempts/<intent>.<stage>` grows by one byte at every call, and `announced.jsonl` by one line
 * at every `afterCommit` that succeeded.
 */
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Tx } from "./kryptogo/core/database.js";
import type {
  Handler,
  Handlers,
  Payment,
  PaymentEvent,
} from "./kryptogo/core/model.js";

const FOLDER = process.env["CONFORMANCE_FOLDER"] ?? ".";

type Stage = "apply" | "after_commit";
interface Fault {
  fail: number;
  sleep: number;
  ends: "commit" | "rollback" | "";
  looks_up: boolean;
}
type Find = (orderId: string) => Promise<unknown>;

/** The handlers, each of which leaves a row in `effects`, and suffers what is ordered for it. */
export function recorded(handlers: Handlers, findOrder: Find): Handlers {
  return {
    pending: record(handlers.pending, findOrder),
    success: record(handlers.success, findOrder),
    expired: record(handlers.expired, findOrder),
    insufficient_not_refunded: record(
      handlers.insufficient_not_refunded,
      findOrder,
    ),
    insufficient_refunded: record(handlers.insufficient_refunded, findOrder),
  };
}

function record(handler: Handler, findOrder: Find): Handler {
  return {
    async apply(tx, payment, event) {
      await handler.apply(tx, payment, event);
      await tx("effects").insert({
        payment_intent_id: payment.payment_intent_id,
        status: event.status,
        key: event.key,
        order_id: payment.order_id,
        from_status: event.from_status,
        claimed_status: event.claimed_status,
        late: event.late,
        skipped: event.skipped,
        order_already_paid: event.order_already_paid,
      });
      await suffer(payment, "apply", { tx, findOrder });
    },
    async afterCommit(payment, event) {
      await handler.afterCommit?.(payment, event);
      await suffer(payment, "after_commit");
      announce(payment, event);
    },
  };
}

function announce(payment: Payment, event: PaymentEvent): void {
  const line = {
    intent: payment.payment_intent_id,
    status: event.status,
    key: event.key,
  };
  appendFileSync(join(FOLDER, "announced.jsonl"), JSON.stringify(line) + "\n");
}

async function suffer(
  payment: Payment,
  stage: Stage,
  inside?: { tx: Tx; findOrder: Find },
): Promise<void> {
  if (!existsSync(join(FOLDER, "faults"))) return;
  const intent = payment.payment_intent_id;
  const attempts = join(FOLDER, "attempts", `${intent}.${stage}`);
  appendFileSync(attempts, ".");
  const ordered = [intent, "any"]
    .map((name) => join(FOLDER, "faults", `${name}.json`))
    .find((file) => existsSync(file));
  if (ordered === undefined) return;
  const fault = faultOf(readFileSync(ordered, "utf8"), stage);
  if (inside && fault.looks_up) await inside.findOrder(payment.order_id);
  if (inside && fault.ends) await inside.tx[fault.ends]();
  await sleep(1000 * fault.sleep);
  if (fault.fail < 0 || statSync(attempts).size <= fault.fail) {
    throw new Error(`ordered to fail in ${stage}`);
  }
}

function faultOf(text: string, stage: Stage): Fault {
  const faults = JSON.parse(text) as Record<Stage, Fault>;
  return faults[stage];
}
