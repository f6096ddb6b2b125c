/** Settles callbacks: eight at once, each in one locked transaction. */
import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { Big } from "big.js";
import type { EntityManager } from "typeorm";
import source from "./data-source.js";
import { Callback, HistoryEntry, Payment } from "./entities_by_hand.js";
import { Order } from "./orders/order.entity.js";

interface Answer {
  data: { fiat_amount: string; payment_tx_hash: string };
}

const URL_OF_INTENTS = `${process.env["KRYPTOGO_API_BASE_URL"] ?? ""}/v1/studio/api/payment/intent/`;
/** SQLite has one writer at a time, and locks nothing else. */
const IS_ALONE = source.options.type === "better-sqlite3";

let last: Promise<unknown> = Promise.resolve();

/** What `work` gives; where there is one writer, after the one before. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (!IS_ALONE) return work();
  const done = last.then(work);
  last = done.catch(() => null);
  return done;
}

/** Ask KryptoGO, and write down its answer. */
async function settle(intent: string): Promise<void> {
  const response = await fetch(URL_OF_INTENTS + intent);
  const { data } = (await response.json()) as Answer;
  await inTurn(() => source.transaction((tx) => write(tx, intent, data)));
}

async function write(
  tx: EntityManager,
  intent: string,
  answer: Answer["data"],
): Promise<void> {
  const at = new Date();
  const mine = { payment_intent_id: intent };
  const payment = await tx.findOneOrFail(Payment, {
    where: mine,
    ...(!IS_ALONE && { lock: { mode: "pessimistic_write" } }),
  });
  if (
    payment.status !== "pending" ||
    !new Big(answer.fiat_amount).eq(payment.expected_fiat_amount)
  ) {
    throw new Error(intent);
  }
  const { payment_tx_hash } = answer;
  const paid = { status: "success", payment_tx_hash, updated_at: at };
  await tx.update(Payment, mine, paid);
  await tx.insert(HistoryEntry, {
    id: randomUUID().replaceAll("-", ""),
    payment_intent_id: intent,
    applied_status: "success",
    outcome: "applied",
    source: "callback",
    detail: answer,
    created_at: at,
  });
  const order = { status: "paid", payment_tx_hash };
  await tx.update(Order, { id: payment.order_id }, order);
  await tx.update(Callback, mine, { state: "done", processed_at: at });
}

async function main(prefix: string, count: number): Promise<void> {
  await source.initialize();
  let next = 1;
  const work = async (): Promise<void> => {
    while (next <= count) await settle(`${prefix}${String(next++)}`);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  await source.destroy();
}

const [prefix = "", count = "0"] = process.argv.slice(2);
void main(prefix, Number(count));
