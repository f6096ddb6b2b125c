// kgscaffold:id=tests/kryptogo
/** What a callback does to an order, on the real database. Only KryptoGO's
 * answers are made up. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, afterEach, before, test } from "node:test";

import express from "express";

import {
  become,
  CALLBACK,
  checkedOut,
  checkOut,
  kryptogo,
  listen,
  newOrder,
  orderStatus,
  post,
  send,
  start,
  stop,
} from "./shop.js";
import { knex } from "../src/db.js";
import * as store from "../src/kryptogo/core/store.js";
import { handlers } from "../src/kryptogo/handlers/index.js";
import { payments } from "../src/kryptogo/index.js";

before(start);
after(stop);
afterEach(() => {
  kryptogo.isDown = false;
  kryptogo.created = {};
});

/**
 * @param {string} intent
 * @returns {Promise<string[]>}
 */
async function outcomes(intent) {
  const history = await store.historyOf(knex, intent);
  return history.map((entry) => entry.outcome);
}

/**
 * @param {string} intent
 * @returns {Promise<number>}
 */
async function timesApplied(intent) {
  return (await outcomes(intent)).filter((one) => one === "applied").length;
}

/**
 * Process the callbacks of an intent as if their waiting time were over.
 *
 * @param {string} intent
 */
async function workLater(intent) {
  for (const seen of await store.callbacksOf(knex, intent)) {
    const due = { ...seen, next_attempt_at: new Date() };
    await store.updateCallback(knex, seen, due);
  }
  await payments.processDue();
}

const REACHED = {
  pending: "new",
  success: "paid",
  expired: "expired",
  insufficient_not_refunded: "underpaid",
  insufficient_refunded: "refunded",
};

for (const [status, reached] of Object.entries(REACHED)) {
  test(`a confirmed ${status} reaches the order once`, async () => {
    const [order, intent] = await checkedOut();
    for (let time = 0; time < 3; time++) await become(intent, status);
    assert.equal(await orderStatus(order), reached);
    assert.equal(await timesApplied(intent), 1);
  });
}

test("a callback is acknowledged before it is settled", async () => {
  const [, intent] = await checkedOut();
  const answer = await send(intent, "success");
  assert.deepEqual(await answer.json(), { received: true });
});

test("a second click is given the payment of the first", async () => {
  const [order, intent] = await checkedOut();
  assert.equal(await checkOut(order), intent);
});

test("a forged success is not believed", async () => {
  const [order, intent] = await checkedOut();
  assert.equal((await send(intent, "success")).status, 200);
  await payments.processDue();
  assert.equal(await orderStatus(order), "new");
  assert.deepEqual(await outcomes(intent), ["registered"]);
});

test("another amount than the order's is held for a person", async () => {
  const [order, intent] = await checkedOut();
  const known = kryptogo.intents.get(intent);
  kryptogo.intents.set(intent, { ...known, fiat_amount: "0.01" });
  await become(intent, "success");
  assert.equal(await orderStatus(order), "new");
  const payment = await store.getPayment(knex, intent);
  assert.equal(payment?.review_reason, "amount_mismatch");
});

test("a paid order is never downgraded", async () => {
  const [order, intent] = await checkedOut();
  await become(intent, "success");
  await become(intent, "expired");
  assert.equal(await orderStatus(order), "paid");
  assert.ok((await store.getPayment(knex, intent))?.needs_review);
});

test("a late payment revives an expired order", async () => {
  const [order, intent] = await checkedOut();
  await become(intent, "expired");
  await become(intent, "success");
  assert.equal(await orderStatus(order), "paid");
  const history = await store.historyOf(knex, intent);
  assert.equal(history.at(-1)?.detail["late"], true);
});

test("a callback may come before its intent is registered", async () => {
  const order = await newOrder();
  const intent = `early-${order}`.slice(0, 64);
  kryptogo.intents.set(intent, {
    payment_intent_id: intent,
    fiat_amount: "300.00",
    fiat_currency: "TWD",
  });
  await become(intent, "success");
  assert.equal(await orderStatus(order), "new");
  const due = { orderId: order, amount: "300", currency: "TWD" };
  await knex.transaction((tx) => payments.registerIntent(tx, intent, due));
  await payments.processDue();
  assert.equal(await orderStatus(order), "paid");
});

test("an outage of KryptoGO only delays", async () => {
  const [order, intent] = await checkedOut();
  kryptogo.isDown = true;
  await become(intent, "success");
  assert.equal(await orderStatus(order), "new");
  kryptogo.isDown = false;
  await workLater(intent);
  assert.equal(await orderStatus(order), "paid");
});

test("without KryptoGO there is no checkout", async () => {
  const order = await newOrder();
  kryptogo.isDown = true;
  assert.equal((await post(`/orders/${order}/checkout`)).status, 502);
});

test("a handler that throws leaves nothing behind and runs again", async (t) => {
  const [order, intent] = await checkedOut();
  const { apply } = handlers.success;
  const broken = t.mock.method(handlers.success, "apply");
  broken.mock.mockImplementationOnce(async (tx, payment, event) => {
    await apply(tx, payment, event);
    throw new Error("out of stock");
  });
  await become(intent, "success");
  assert.equal(await orderStatus(order), "new");
  assert.deepEqual(await outcomes(intent), ["registered"]);
  await workLater(intent);
  assert.equal(await orderStatus(order), "paid");
});

test("a second try that expires hides nothing that came for the first", async () => {
  const [order, first] = await checkedOut();
  const known = kryptogo.intents.get(first);
  kryptogo.intents.set(first, { ...known, payment_address: null });
  const second = await checkOut(order);
  assert.notEqual(second, first);
  await become(first, "insufficient_not_refunded");
  await become(second, "expired");
  assert.equal(await orderStatus(order), "underpaid");
});

test("many deliveries and workers at once apply once", async () => {
  const [order, intent] = await checkedOut();
  const known = kryptogo.intents.get(intent);
  kryptogo.intents.set(intent, { ...known, status: "success" });
  const claims = ["success", "pending", "expired", "insufficient_refunded"];
  const deliveries = Array.from({ length: 5 }, () => claims).flat();
  await Promise.all(deliveries.map((status) => send(intent, status)));
  await Promise.all(Array.from({ length: 4 }, () => payments.processDue()));
  assert.equal(await orderStatus(order), "paid");
  assert.equal(await timesApplied(intent), 1);
});

test("a parser of the application's own may be faster", async () => {
  const app = express().use(express.json(), payments);
  const server = await listen(createServer(app));
  const [, intent] = await checkedOut();
  const fields = { payment_intent_id: intent, status: "success" };
  assert.equal((await post(CALLBACK, fields, server)).status, 200);
  assert.equal((await post(CALLBACK, "[]", server)).status, 400);
  const tooLarge = { ...fields, more: " ".repeat(70_000) };
  assert.equal((await post(CALLBACK, tooLarge, server)).status, 413);
});

/** @type {[body: string, status: number][]} */
const REFUSED = [
  ["{", 400],
  ["[]", 400],
  ['{"payment_intent_id":"a b","status":"success"}', 400],
  ['{"payment_intent_id":"a","status":""}', 400],
  ['{"payment_intent_id":"a","status":"success","client_id":"other"}', 403],
  [" ".repeat(70_000), 413],
];

for (const [body, status] of REFUSED) {
  test(`${body.slice(0, 60).trim()} is refused with ${String(status)}`, async () => {
    assert.equal((await post(CALLBACK, body)).status, status);
  });
}

test("without the token the route is not there", async () => {
  const answer = await post(CALLBACK.replace("secret", "guess"), {});
  assert.equal(answer.status, 404);
});
