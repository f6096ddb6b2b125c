// kgscaffold:id=core/client
"use strict";

/** KryptoGO's API: create an intent, and ask what became of it. */

/**
 * @import { Context, Facts, Intent } from "./model"
 * @import { Due } from "./registration"
 */

const { Big } = require("big.js");

const { ORDER_DATA_KEY } = require("../config");
const { decimal } = require("./decision");
const { FACTS } = require("./model");
const { INTENT_ID, isObject } = require("./payload");

/** @typedef {Record<string, unknown>} Json */

const PROVIDER_SECONDS = 5;
const MAX_ANSWER = 1024 * 1024;
/** Unix time of the year 10000: a later deadline is not in seconds. */
const END = 253_402_300_800;
const TOO_MUCH = new Big("1e20");
const PATH = "/v1/studio/api/payment/intent";
const UNKNOWN_INTENT = 4006;
/** @type {Record<string, string>} */
const OTHER_NAMES = {
  received_crypto_amount: "received_amount",
  aggregated_crypto_amount: "aggregated_amount",
};

/** KryptoGO could not be reached, or did not answer as documented: nothing is
 * known. */
class ProviderError extends Error {
  name = "ProviderError";
}

/**
 * The intent as KryptoGO sees it now; null where it knows of none. Throws
 * ProviderError.
 *
 * @param {Context} context
 * @param {string} intentId
 * @returns {Promise<Intent | null>}
 */
function getIntent(context, intentId) {
  return call(context, "GET", `${PATH}/${encodeURIComponent(intentId)}`);
}

/**
 * A new intent for what is due. Throws ProviderError.
 *
 * @param {Context} context
 * @param {Due} due
 * @returns {Promise<Intent>}
 */
async function postIntent(context, due) {
  const { callbackUrl, callbackToken } = context.settings();
  const token =
    callbackToken === null
      ? ""
      : `?${new URLSearchParams({ token: callbackToken }).toString()}`;
  const intent = await call(context, "POST", PATH, {
    fiat_amount: due.amount,
    fiat_currency: due.currency,
    callback_url: `${callbackUrl ?? ""}${token}`,
    order_data: { [ORDER_DATA_KEY]: due.orderId },
  });
  if (!intent || !INTENT_ID.test(intent.payment_intent_id ?? "")) {
    throw new ProviderError("POST intent: the answer has no payment_intent_id");
  }
  return intent;
}

/**
 * @param {Context} context
 * @param {string} method
 * @param {string} path
 * @param {Json} [body]
 * @returns {Promise<Intent | null>}
 */
async function call(context, method, path, body) {
  const name = `${method} ${context.settings().apiBaseUrl}${path}`;
  /** @type {number} */
  let status;
  /** @type {unknown} */
  let answer;
  try {
    const response = await send(context, method, path, body);
    status = response.status;
    answer = JSON.parse(await readText(response), keepDigits);
  } catch (error) {
    throw new ProviderError(`${name}: ${told(error)}`, { cause: error });
  }
  const code = isObject(answer) ? answer["code"] : null;
  if (code === UNKNOWN_INTENT) return null;
  const data = isObject(answer) ? answer["data"] : null;
  if (status < 200 || status >= 300 || code !== 0 || !isObject(data)) {
    throw new ProviderError(
      `${name}: HTTP ${String(status)}, code ${String(code)}`,
    );
  }
  return asIntent(data);
}

/**
 * @param {Context} context
 * @param {string} method
 * @param {string} path
 * @param {Json} [body]
 * @returns {Promise<Response>}
 */
function send(context, method, path, body) {
  const settings = context.settings();
  return fetch(settings.apiBaseUrl + path, {
    method,
    headers: {
      "X-STUDIO-API-KEY": settings.apiKey,
      "X-Client-ID": settings.clientId,
      Origin: settings.origin,
      "Accept-Encoding": "identity",
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body ? JSON.stringify(body) : null,
    redirect: "manual",
    signal: AbortSignal.timeout(PROVIDER_SECONDS * 1000),
  });
}

/**
 * The body, which is bounded as it is read.
 *
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function readText(response) {
  const coding = response.headers.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") {
    // A kilobyte may unpack to a gigabyte.
    await response.body?.cancel();
    throw new Error(`the answer is compressed (${coding.slice(0, 64)})`);
  }
  /** @type {AsyncIterable<Uint8Array> | null} */
  const body = response.body;
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MAX_ANSWER) {
      throw new Error(`the answer is over ${String(MAX_ANSWER)} bytes`);
    }
    parts.push(part);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
}

/**
 * For JSON.parse: a number that JavaScript would round stays the text that it
 * is.
 *
 * @param {string} _key
 * @param {unknown} value
 * @param {object} [context]
 * @param {string} context.source
 * @returns {unknown}
 */
function keepDigits(_key, value, context) {
  return typeof value === "number" && String(value) !== context?.source
    ? context?.source
    : value;
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function told(error) {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.name} ${error.message}${cause}`;
}

/**
 * @param {Json} data
 * @returns {Intent}
 */
function asIntent(data) {
  const status = text(data["status"]);
  if (!status) {
    throw new ProviderError("the intent has no status that can be read");
  }
  const orderData = data["order_data"];
  return {
    ...factsOf(data),
    payment_intent_id: text(data["payment_intent_id"]),
    status,
    client_id: text(data["client_id"]),
    fiat_amount: text(data["fiat_amount"]),
    fiat_currency: text(data["fiat_currency"]),
    payment_address: text(data["payment_address"]),
    payment_deadline: deadline(data["payment_deadline"]),
    order_data: isObject(orderData) ? orderData : null,
  };
}

/**
 * @param {Json} data
 * @returns {Facts}
 */
function factsOf(data) {
  const facts = FACTS.map((name) => [name, fact(data, name)]);
  return /** @type {Facts} */ (Object.fromEntries(facts));
}

/**
 * @param {Json} data
 * @param {string} name
 * @returns {string | null}
 */
function fact(data, name) {
  const value = text(data[name] ?? data[OTHER_NAMES[name] ?? ""]);
  if (!name.endsWith("_amount")) return value;
  return decimal(value)?.abs().lt(TOO_MUCH) ? value : null;
}

/**
 * @param {unknown} value
 * @returns {number | null}
 */
function deadline(value) {
  const isTime = Number.isInteger(value) && Number(value) > 0;
  return isTime && Number(value) < END ? Number(value) : null;
}

/**
 * A number or a text that any database can keep, as text.
 *
 * @param {unknown} value
 * @returns {string | null}
 */
function text(value) {
  if (typeof value === "number") return String(value);
  const isShort = typeof value === "string" && value.length <= 128;
  return isShort && /^(?: |[^\p{C}\p{Z}])*$/u.test(value) ? value : null;
}

module.exports = { ProviderError, getIntent, postIntent };
