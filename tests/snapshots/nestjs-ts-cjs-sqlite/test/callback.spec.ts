// kgscaffold:id=tests/kryptogo
/** What a callback does to an order, on the real database. Only KryptoGO's
 * answers are made up. */
import { DataSource } from "typeorm";
import * as store from "../src/kryptogo/core/store";
import { SuccessHandler } from "../src/kryptogo/handlers/success";
import { KryptogoService } from "../src/kryptogo";
import {
  become,
  CALLBACK,
  checkedOut,
  checkOut,
  kryptogo,
  newOrder,
  ofShop,
  orderStatus,
  post,
  processDue,
  send,
  start,
  stop,
} from "./shop";

beforeAll(start);
afterAll(stop);
afterEach(() => {
  kryptogo.isDown = false;
  kryptogo.created = {};
});

function db(): DataSource {
  return ofShop(DataSource);
}

async function outcomes(intent: string): Promise<string[]> {
  const history = await store.historyOf(db(), intent);
  return history.map((entry) => entry.outcome);
}

async function timesApplied(intent: string): Promise<number> {
  return (await outcomes(intent)).filter((one) => one === "applied").length;
}

/** Process the callbacks of an intent as if their waiting time were over. */
async function workLater(intent: string): Promise<void> {
  for (const seen of await store.callbacksOf(db(), intent)) {
    const due = { ...seen, next_attempt_at: new Date() };
    await store.updateCallback(db(), seen, due);
  }
  await processDue();
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
    expect(await orderStatus(order)).toBe(reached);
    expect(await timesApplied(intent)).toBe(1);
  });
}

test("a callback is acknowledged before it is settled", async () => {
  const [, intent] = await checkedOut();
  const answer = await send(intent, "success");
  expect(await answer.json()).toEqual({ received: true });
});

test("a second click is given the payment of the first", async () => {
  const [order, intent] = await checkedOut();
  expect(await checkOut(order)).toBe(intent);
});

test("a forged success is not believed", async () => {
  const [order, intent] = await checkedOut();
  expect((await send(intent, "success")).status).toBe(200);
  await processDue();
  expect(await orderStatus(order)).toBe("new");
  expect(await outcomes(intent)).toEqual(["registered"]);
});

test("another amount than the order's is held for a person", async () => {
  const [order, intent] = await checkedOut();
  const known = kryptogo.intents.get(intent);
  kryptogo.intents.set(intent, { ...known, fiat_amount: "0.01" });
  await become(intent, "success");
  expect(await orderStatus(order)).toBe("new");
  const payment = await store.getPayment(db(), intent);
  expect(payment?.review_reason).toBe("amount_mismatch");
});

test("a paid order is never downgraded", async () => {
  const [order, intent] = await checkedOut();
  await become(intent, "success");
  await become(intent, "expired");
  expect(await orderStatus(order)).toBe("paid");
  expect((await store.getPayment(db(), intent))?.needs_review).toBe(true);
});

test("a late payment revives an expired order", async () => {
  const [order, intent] = await checkedOut();
  await become(intent, "expired");
  await become(intent, "success");
  expect(await orderStatus(order)).toBe("paid");
  const history = await store.historyOf(db(), intent);
  expect(history.at(-1)?.detail["late"]).toBe(true);
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
  expect(await orderStatus(order)).toBe("new");
  const due = { orderId: order, amount: "300", currency: "TWD" };
  const payments = ofShop(KryptogoService);
  await db().transaction((tx) => payments.registerIntent(tx, intent, due));
  await processDue();
  expect(await orderStatus(order)).toBe("paid");
});

test("an outage of KryptoGO only delays", async () => {
  const [order, intent] = await checkedOut();
  kryptogo.isDown = true;
  await become(intent, "success");
  expect(await orderStatus(order)).toBe("new");
  kryptogo.isDown = false;
  await workLater(intent);
  expect(await orderStatus(order)).toBe("paid");
});

test("without KryptoGO there is no checkout", async () => {
  const order = await newOrder();
  kryptogo.isDown = true;
  expect((await post(`/orders/${order}/checkout`)).status).toBe(502);
});

test("a handler that throws leaves nothing behind and runs again", async () => {
  const [order, intent] = await checkedOut();
  const handler = ofShop(SuccessHandler);
  const apply = handler.apply.bind(handler);
  jest.spyOn(handler, "apply").mockImplementationOnce(async (...given) => {
    await apply(...given);
    throw new Error("out of stock");
  });
  await become(intent, "success");
  expect(await orderStatus(order)).toBe("new");
  expect(await outcomes(intent)).toEqual(["registered"]);
  await workLater(intent);
  expect(await orderStatus(order)).toBe("paid");
});

test("a second try that expires hides nothing that came for the first", async () => {
  const [order, first] = await checkedOut();
  const known = kryptogo.intents.get(first);
  kryptogo.intents.set(first, { ...known, payment_address: null });
  const second = await checkOut(order);
  expect(second).not.toBe(first);
  await become(first, "insufficient_not_refunded");
  await become(second, "expired");
  expect(await orderStatus(order)).toBe("underpaid");
});

test("many deliveries and workers at once apply once", async () => {
  const [order, intent] = await checkedOut();
  const known = kryptogo.intents.get(intent);
  kryptogo.intents.set(intent, { ...known, status: "success" });
  const claims = ["success", "pending", "expired", "insufficient_refunded"];
  const deliveries = Array.from({ length: 5 }, () => claims).flat();
  await Promise.all(deliveries.map((status) => send(intent, status)));
  await Promise.all(Array.from({ length: 4 }, processDue));
  expect(await orderStatus(order)).toBe("paid");
  expect(await timesApplied(intent)).toBe(1);
});

const REFUSED: [body: string, status: number][] = [
  ["{", 400],
  ["[]", 400],
  ['{"payment_intent_id":"a b","status":"success"}', 400],
  ['{"payment_intent_id":"a","status":""}', 400],
  ['{"payment_intent_id":"a","status":"success","client_id":"other"}', 403],
  [" ".repeat(70_000), 413],
];

for (const [body, status] of REFUSED) {
  test(`${body.slice(0, 60).trim()} is refused with ${String(status)}`, async () => {
    expect((await post(CALLBACK, body)).status).toBe(status);
  });
}

test("without the token the route is not there", async () => {
  const answer = await post(CALLBACK.replace("secret", "guess"), {});
  expect(answer.status).toBe(404);
});
