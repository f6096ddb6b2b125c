// kgscaffold:id=core/receive
// A callback: check, store. No network call, no wait for a payment's lock.

/** @import { Context, Log } from "./model.js" */

import { isUnavailable, reason, timeLimit } from "./database.js";
import { checkToken, MAX_BODY, readDelivery, Refused } from "./payload.js";
import { accept } from "./queue.js";

/** The bound of all waits for the database together, whatever the pool's own
 * are. */
const STORE_SECONDS = 12;
const RETRY_AFTER_SECONDS = "5";
const TOO_LARGE = `the body is over ${String(MAX_BODY)} bytes`;

/**
 * What is answered to a delivery that was not stored.
 *
 * @typedef {object} Refusal
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {{ error: string }} body
 */

/**
 * Throw what `refusalOf` explains unless the token is right, and the body not
 * said to be too large.
 *
 * @param {Context} context
 * @param {unknown} token
 * @param {string | undefined} contentLength
 */
export function authorize(context, token, contentLength) {
  checkToken(token, context.settings());
  if (Number(contentLength) > MAX_BODY) throw new Refused(413, TOO_LARGE);
}

/**
 * Store the delivery in `body`: bytes, or what a parser of the application has
 * made of them. Throws what `refusalOf` explains.
 *
 * @param {Context} context
 * @param {unknown} body
 */
export async function receive(context, body) {
  const settings = context.settings();
  const delivery = readDelivery(bytesOf(body), settings, context.log);
  const keep = settings.callbackToken !== null;
  const storing = accept(context.db, delivery, keep);
  if (!(await timeLimit(STORE_SECONDS, storing))) {
    throw new Refused(404, "unknown payment_intent_id");
  }
}

/**
 * What is answered to an error of a callback; null where it is not ours.
 *
 * @param {unknown} error
 * @param {Log} log
 * @returns {Refusal | null}
 */
export function refusalOf(error, log) {
  if (error instanceof Refused) return refusal(error.status, error.message);
  if (isUnreadable(error)) {
    return error.status === 413
      ? refusal(413, TOO_LARGE)
      : refusal(400, "the body is incomplete");
  }
  if (!isUnavailable(error)) return null;
  log.warn(
    `a callback was not stored, the database is unavailable: ${reason(error)}`,
  );
  const headers = { "Retry-After": RETRY_AFTER_SECONDS };
  return { ...refusal(503, "try again later"), headers };
}

/**
 * @param {number} status
 * @param {string} error
 * @returns {Refusal}
 */
function refusal(status, error) {
  return { status, headers: {}, body: { error } };
}

/**
 * What express.raw says of a body that it cannot read.
 *
 * @param {unknown} error
 * @returns {error is Error & { status: unknown }}
 */
function isUnreadable(error) {
  return error instanceof Error && "status" in error && "type" in error;
}

/**
 * The body as it was sent, or as it would be sent again.
 *
 * @param {unknown} body
 * @returns {Buffer}
 */
function bytesOf(body) {
  const bytes = Buffer.isBuffer(body) ? body : serialised(body);
  if (bytes.length > MAX_BODY) throw new Refused(413, TOO_LARGE);
  return bytes;
}

/**
 * @param {unknown} body
 * @returns {Buffer}
 */
function serialised(body) {
  try {
    const isText = typeof body === "string";
    return Buffer.from(isText ? body : JSON.stringify(body ?? ""));
  } catch {
    throw new Refused(400, "the body is nested too deep");
  }
}
