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

import { Inject, Injectable, type Type } from "@nestjs/common";
import type { EntityManager } from "typeorm";
import type {
  Handler,
  Payment,
  PaymentEvent,
  Status,
} from "./kryptogo/core/model.js";
import { OrdersService } from "./orders/orders.service.js";

const FOLDER = process.env["CONFORMANCE_FOLDER"] ?? ".";

type Stage = "apply" | "after_commit";
interface Fault {
  fail: number;
  sleep: number;
  ends: "commit" | "rollback" | "";
  looks_up: boolean;
}
type Find = (orderId: string) => Promise<unknown>;

type Classes = Record<Status, Type<Handler>>;

/** The handlers, each of which leaves a row in `effects`, and suffers what is ordered for it. */
export function recorded(handlers: Classes): Classes {
  const entries = Object.entries(handlers).map(([status, one]) => [
    status,
    record(one),
  ]);
  return Object.fromEntries(entries) as Classes;
}

function record(handler: Type<Handler>): Type<Handler> {
  @Injectable()
  class Recorded implements Handler {
    private readonly own: Handler;

    constructor(
      @Inject(OrdersService) private readonly orders: OrdersService,
    ) {
      this.own = new handler(orders);
    }

    async apply(
      tx: EntityManager,
      payment: Payment,
      event: PaymentEvent,
    ): Promise<void> {
      await this.own.apply(tx, payment, event);
      const row = {
        payment_intent_id: payment.payment_intent_id,
        status: event.status,
        key: event.key,
        order_id: payment.order_id,
        from_status: event.from_status,
        claimed_status: event.claimed_status,
        late: event.late,
        skipped: event.skipped,
        order_already_paid: event.order_already_paid,
      };
      await tx
        .createQueryBuilder()
        .insert()
        .into("effects", Object.keys(row))
        .values(row)
        .updateEntity(false)
        .execute();
      await suffer(payment, "apply", {
        tx,
        findOrder: (id) => this.orders.findOrder(id),
      });
    }

    async afterCommit(payment: Payment, event: PaymentEvent): Promise<void> {
      await this.own.afterCommit?.(payment, event);
      await suffer(payment, "after_commit");
      announce(payment, event);
    }
  }
  return Recorded;
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
  inside?: { tx: EntityManager; findOrder: Find },
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
  if (inside && fault.ends) {
    await inside.tx.queryRunner?.[`${fault.ends}Transaction`]();
  }
  await sleep(1000 * fault.sleep);
  if (fault.fail < 0 || statSync(attempts).size <= fault.fail) {
    throw new Error(`ordered to fail in ${stage}`);
  }
}

function faultOf(text: string, stage: Stage): Fault {
  const faults = JSON.parse(text) as Record<Stage, Fault>;
  return faults[stage];
}
