// kgscaffold:id=core/route
// The callback route: check, store, answer. No network call, no wait for a
// payment's lock.

/**
 * @import { Request, Response } from "express"
 * @import { Tx } from "./database.js"
 * @import { Context, Delivery } from "./model.js"
 * @import { Due } from "./registration.js"
 * @import { Parts } from "./settings.js"
 */

import express from "express";

import { ROUTE } from "../config.js";
import { isUnavailable, reason, timeLimit } from "./database.js";
import { checkToken, MAX_BODY, readDelivery, Refused } from "./payload.js";
import { accept } from "./queue.js";
import {
  createIntent,
  paymentsForOrder,
  registerIntent,
} from "./registration.js";
import { checkStart, createContext } from "./settings.js";
import { processDue, Worker } from "./worker.js";

const RETRY_AFTER_SECONDS = 5;
/** The bound of all waits for the database together, whatever the pool's own are. */
const STORE_SECONDS = 12;
const TOO_LARGE = `the body is over ${String(MAX_BODY)} bytes`;

/**
 * The router for the callbacks, which carries what the application calls.
 *
 * @typedef {ReturnType<typeof kryptogo>} Payments
 */

/**
 * The payments of an application. Nothing is checked or started here: see
 * `start`.
 *
 * The token is in the URL of a callback. Nothing of this module logs it; an
 * access log of yours (morgan, a proxy's) shows it. It keeps noise out and
 * proves nothing.
 *
 * @param {Parts} parts
 */
export function kryptogo(parts) {
  const context = createContext(parts);
  const worker = new Worker(context);
  const router = express.Router();

  router.post(ROUTE, async (request, response) => {
    const settings = context.settings();
    try {
      checkToken(request.query["token"], settings);
      const delivery = readDelivery(
        await bodyOf(request, response),
        settings,
        context.log,
      );
      const keep = settings.callbackToken !== null;
      const stored = await timeLimit(
        STORE_SECONDS,
        accept(context.db, delivery, keep),
      );
      if (!stored) throw new Refused(404, "unknown payment_intent_id");
      // It is running already where `start` was called.
      if (settings.worker) worker.start();
      worker.wake();
      response.json({ received: true });
    } catch (error) {
      refuse(context, response, error);
    }
  });
  router.all(ROUTE, (_request, response) => {
    response.status(405).set("Allow", "POST");
    response.json({ detail: "Method Not Allowed" });
  });

  return Object.assign(router, {
    /**
     * Check all that a start needs, and run the worker unless KRYPTOGO_WORKER=off.
     *
     * Throws ConfigurationError with all that must be mended first.
     */
    async start() {
      if ((await checkStart(context)).worker) worker.start();
    },
    /** Finish what the worker has under way. */
    stop: () => worker.stop(),
    /** Process all that is due now, without a worker; how many callbacks. */
    processDue: () => processDue(context),
    /**
     * See core/registration.
     *
     * @param {Due} due
     * @param {object} [options]
     * @param {boolean} [options.reuse]
     */
    createIntent: (due, options) => createIntent(context, due, options),
    /**
     * See core/registration.
     *
     * @param {Tx} tx
     * @param {string} intentId
     * @param {Due} due
     * @param {Date} [deadline]
     */
    registerIntent: (tx, intentId, due, deadline) =>
      registerIntent(context, tx, intentId, due, deadline),
    /**
     * The payments of an order, oldest first, for the user interface.
     *
     * @param {string} orderId
     */
    paymentsForOrder: (orderId) => paymentsForOrder(context, orderId),
  });
}

const raw = express.raw({
  type: () => true,
  limit: MAX_BODY,
  inflate: false,
});

/**
 * The body as it was sent. Throws Refused where it is too large, or incomplete.
 *
 * @param {Request} request
 * @param {Response} response
 * @returns {Promise<Buffer>}
 */
async function bodyOf(request, response) {
  await /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      raw(request, response, (/** @type {unknown | undefined} */ error) => {
        if (!error) resolve();
        else if (
          error instanceof Error &&
          "status" in error &&
          error.status === 413
        )
          reject(new Refused(413, TOO_LARGE));
        else reject(new Refused(400, "the body is incomplete"));
      });
    })
  );
  const body = asBytes(request.body);
  if (body.length > MAX_BODY) throw new Refused(413, TOO_LARGE);
  return body;
}

/**
 * A body that was read by a parser of the application's own, express.json()
 * say, as it was sent.
 *
 * @param {unknown} body
 * @returns {Buffer}
 */
function asBytes(body) {
  if (Buffer.isBuffer(body)) return body;
  try {
    return Buffer.from(
      typeof body === "string" ? body : JSON.stringify(body ?? ""),
    );
  } catch {
    throw new Refused(400, "the body is nested too deep");
  }
}

/**
 * @param {Context} context
 * @param {Response} response
 * @param {unknown} error
 */
function refuse(context, response, error) {
  if (error instanceof Refused) {
    response.status(error.status).json({ error: error.message });
  } else if (isUnavailable(error)) {
    context.log.warn(
      `a callback was not stored, the database is unavailable: ${reason(error)}`,
    );
    response.status(503).set("Retry-After", String(RETRY_AFTER_SECONDS));
    response.json({ error: "try again later" });
  } else {
    throw error;
  }
}
