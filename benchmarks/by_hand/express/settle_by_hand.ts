/** Settles callbacks: eight at once, each in one locked transaction. */
import { randomUUID } from "node:crypto";
import { Big } from "big.js";
import type { Knex } from "knex";
import { config, knex } from "./db.js";
import { updateOrder } from "./orders.js";

interface Answer {
  data: { fiat_amount: string; payment_tx_hash: string };
}

interface Payment {
  payment_intent_id: string;
  order_id: string;
  status: string;
  expected_fiat_amount: string;
}

const URL_OF_INTENTS = `${process.env["KRYPTOGO_API_BASE_URL"] ?? ""}/v1/studio/api/payment/intent/`;

let last: Promise<unknown> = Promise.resolve();

/** What `work` gives. SQLite has one writer at a time: there it waits for the
 * one before. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (config.client !== "better-sqlite3") return work();
  const done = last.then(work);
  last = done.catch(() => null);
  return done;
}

/** Ask KryptoGO, and write down its answer. */
async function settle(intent: string): Promise<void> {
  const response = await fetch(URL_OF_INTENTS + intent);
  const { data } = (await response.json()) as Answer;
  await inTurn(() => knex.transaction((tx) => write(tx, intent, data)));
}

async function write(
  tx: Knex.Transaction,
  intent: string,
  answer: Answer["data"],
): Promise<void> {
  const at = new Date();
  const mine = { payment_intent_id: intent };
  const payment = await tx<Payment>("kryptogo_payments")
    .where(mine)
    .forUpdate()
    .first();
  if (
    payment?.status !== "pending" ||
    !new Big(answer.fiat_amount).eq(payment.expected_fiat_amount)
  ) {
    throw new Error(intent);
  }
  const { payment_tx_hash } = answer;
  await tx("kryptogo_payments")
    .where(mine)
    .update({ status: "success", payment_tx_hash, updated_at: at });
  await tx("kryptogo_payment_history").insert({
    id: randomUUID().replaceAll("-", ""),
    payment_intent_id: intent,
    applied_status: "success",
    outcome: "applied",
    source: "callback",
    detail: JSON.stringify(answer),
    created_at: at,
  });
  await updateOrder(tx, payment.order_id, { status: "paid", payment_tx_hash });
  await tx("kryptogo_callbacks")
    .where(mine)
    .update({ state: "done", processed_at: at });
}

async function main(prefix: string, count: number): Promise<void> {
  let next = 1;
  const work = async (): Promise<void> => {
    while (next <= count) await settle(`${prefix}${String(next++)}`);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  await knex.destroy();
}

const [prefix = "", count = "0"] = process.argv.slice(2);
void main(prefix, Number(count));
