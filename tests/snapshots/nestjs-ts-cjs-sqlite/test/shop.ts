// kgscaffold:id=tests/shop
/** The shop on a database of its own, with KryptoGO's answers in the tests'
 * hands. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "../src/app.module";
import { KryptogoService } from "../src/kryptogo";
import { migrate } from "./database";

type Fields = Record<string, unknown>;

export const CALLBACK = "/api/payment/callback?token=secret";

/** What KryptoGO would answer: set the `status` of an intent, `isDown`, or what
 * is in `created`. */
export const kryptogo = {
  intents: new Map<string, Fields>(),
  created: {} as Fields,
  isDown: false,
};

const answer: RequestListener = (request, response) => {
  const reply = (status: number, body: Fields): void => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const intent = kryptogo.intents.get(request.url?.split("/").pop() ?? "");
  if (kryptogo.isDown) {
    reply(503, {});
  } else if (request.method === "POST") {
    void text(request).then((body) => {
      const sent = JSON.parse(body) as Fields;
      reply(200, {
        code: 0,
        data: { ...newIntent(sent), ...kryptogo.created },
      });
    });
  } else if (intent) {
    reply(200, { code: 0, data: intent });
  } else {
    reply(400, { code: 4006, message: "invalid payment_intent_id" });
  }
};

function newIntent(fields: Fields): Fields {
  const id = randomBytes(8).toString("hex");
  const intent = {
    payment_intent_id: id,
    status: "pending",
    payment_address: "0x1",
    ...fields,
  };
  kryptogo.intents.set(id, intent);
  return intent;
}

let provider: Server;
let app: INestApplication;
let shop = "";

/** Migrate the database, and start the shop and its KryptoGO. */
export async function start(): Promise<void> {
  await migrate();
  provider = createServer(answer).listen(0, "127.0.0.1");
  await once(provider, "listening");
  process.env["KRYPTOGO_API_BASE_URL"] = addressOf(provider);
  app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, "127.0.0.1");
  shop = addressOf(app.getHttpServer() as Server);
}

function addressOf(server: Server): string {
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${String(port)}`;
}

/** End all that `start` began. */
export async function stop(): Promise<void> {
  provider.closeAllConnections();
  provider.close();
  await app.close();
}

/** What the shop itself is given of a class. */
export function ofShop<T>(one: abstract new (...needed: never[]) => T): T {
  return app.get(one);
}

/** Process all that is due. */
export function processDue(): Promise<number> {
  return ofShop(KryptogoService).processDue();
}

/** Send a text, or a document, to the shop. */
export function post(path: string, body?: string | Fields): Promise<Response> {
  const isText = typeof body === "string" || body === undefined;
  return fetch(shop + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: isText ? (body ?? null) : JSON.stringify(body),
  });
}

/** Deliver a callback. */
export function send(intent: string, status: string): Promise<Response> {
  return post(CALLBACK, { payment_intent_id: intent, status });
}

/** KryptoGO's status of an intent from now on, a callback that says so, and its
 * settlement. */
export async function become(intent: string, status: string): Promise<void> {
  const known = kryptogo.intents.get(intent);
  kryptogo.intents.set(intent, { ...known, status });
  expect((await send(intent, status)).status).toBe(200);
  await processDue();
}

/** A new order over 300 TWD; its id. */
export async function newOrder(): Promise<string> {
  const answer = await post("/orders", { amount: "300.0", currency: "TWD" });
  const order = (await answer.json()) as { id: string };
  return order.id;
}

/** A new order and its intent. */
export async function checkedOut(): Promise<[order: string, intent: string]> {
  const order = await newOrder();
  return [order, await checkOut(order)];
}

/** Check an order out; the id of the intent that is to be paid. */
export async function checkOut(order: string): Promise<string> {
  const answer = await post(`/orders/${order}/checkout`);
  expect(answer.status).toBe(200);
  const intent = (await answer.json()) as { payment_intent_id: string };
  return intent.payment_intent_id;
}

/** The status of an order, as its page shows it. */
export async function orderStatus(order: string): Promise<string> {
  const page = await fetch(`${shop}/orders/${order}`);
  return ((await page.json()) as { status: string }).status;
}
