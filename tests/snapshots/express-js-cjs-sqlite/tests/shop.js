// kgscaffold:id=tests/shop
"use strict";

/** The shop on a database of its own, with KryptoGO's answers in the tests'
 * hands. */
/**
 * @import { RequestListener, Server } from "node:http"
 * @import { AddressInfo } from "node:net"
 */

require("./environment");

const assert = require("node:assert/strict");
const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const { createServer } = require("node:http");
const { text } = require("node:stream/consumers");

const { createApp } = require("../src/app");
const { knex } = require("../src/db");
const { payments } = require("../src/kryptogo");

/** @typedef {Record<string, unknown>} Fields */

const CALLBACK = "/api/payment/callback?token=secret";

/** What KryptoGO would answer: set the `status` of an intent, `isDown`, or what
 * is in `created`. */
const kryptogo = {
  intents: /** @type {Map<string, Fields>} */ (new Map()),
  created: /** @type {Fields} */ ({}),
  isDown: false,
};

/** @satisfies {RequestListener} */
const answer = (request, response) => {
  /**
   * @param {number} status
   * @param {Fields} body
   */
  const reply = (status, body) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const intent = kryptogo.intents.get(request.url?.split("/").pop() ?? "");
  if (kryptogo.isDown) {
    reply(503, {});
  } else if (request.method === "POST") {
    void text(request).then((body) => {
      const sent = /** @type {Fields} */ (JSON.parse(body));
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

/**
 * @param {Fields} fields
 * @returns {Fields}
 */
function newIntent(fields) {
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

/** @type {Server[]} */
const servers = [];
let shop = "";

/** Migrate the database, and start the shop and its KryptoGO. */
async function start() {
  await knex.migrate.latest();
  process.env["KRYPTOGO_API_BASE_URL"] = await listen(createServer(answer));
  shop = await listen(createServer(createApp()));
}

/**
 * Start a server, which `stop` ends; its address.
 *
 * @param {Server} server
 * @returns {Promise<string>}
 */
async function listen(server) {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {AddressInfo} */ (server.address());
  return `http://127.0.0.1:${String(port)}`;
}

/** End all that `start` began. */
async function stop() {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await knex.destroy();
}

/**
 * Send a text, or a document, to the shop, or to another server.
 *
 * @param {string} path
 * @param {string | Fields} [body]
 * @returns {Promise<Response>}
 */
function post(path, body, server = shop) {
  const isText = typeof body === "string" || body === undefined;
  return fetch(server + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: isText ? (body ?? null) : JSON.stringify(body),
  });
}

/**
 * Deliver a callback.
 *
 * @param {string} intent
 * @param {string} status
 * @returns {Promise<Response>}
 */
function send(intent, status) {
  return post(CALLBACK, { payment_intent_id: intent, status });
}

/**
 * KryptoGO's status of an intent from now on, a callback that says so, and its
 * settlement.
 *
 * @param {string} intent
 * @param {string} status
 */
async function become(intent, status) {
  const known = kryptogo.intents.get(intent);
  kryptogo.intents.set(intent, { ...known, status });
  assert.equal((await send(intent, status)).status, 200);
  await payments.processDue();
}

/**
 * A new order over 300 TWD; its id.
 *
 * @returns {Promise<string>}
 */
async function newOrder() {
  const answer = await post("/orders", { amount: "300.0", currency: "TWD" });
  const order = /** @type {{ id: string }} */ (await answer.json());
  return order.id;
}

/**
 * A new order and its intent.
 *
 * @returns {Promise<[order: string, intent: string]>}
 */
async function checkedOut() {
  const order = await newOrder();
  return [order, await checkOut(order)];
}

/**
 * Check an order out; the id of the intent that is to be paid.
 *
 * @param {string} order
 * @returns {Promise<string>}
 */
async function checkOut(order) {
  const answer = await post(`/orders/${order}/checkout`);
  assert.equal(answer.status, 200);
  const intent = /** @type {{ payment_intent_id: string }} */ (
    await answer.json()
  );
  return intent.payment_intent_id;
}

/**
 * The status of an order, as its page shows it.
 *
 * @param {string} order
 * @returns {Promise<string>}
 */
async function orderStatus(order) {
  const page = await fetch(`${shop}/orders/${order}`);
  return /** @type {{ status: string }} */ (await page.json()).status;
}

module.exports = {
  CALLBACK,
  kryptogo,
  start,
  listen,
  stop,
  post,
  send,
  become,
  newOrder,
  checkedOut,
  checkOut,
  orderStatus,
};
