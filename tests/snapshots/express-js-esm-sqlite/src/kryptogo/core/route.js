// kgscaffold:id=core/route
// The callback route: check, store, answer. No network call, no wait for a
// payment's lock.

/**
 * @import { ErrorRequestHandler, RequestHandler } from "express"
 * @import { Tx } from "./database.js"
 * @import { Due } from "./registration.js"
 * @import { Parts } from "./settings.js"
 */

import express from "express";

import { ROUTE } from "../config.js";
import { MAX_BODY } from "./payload.js";
import { authorize, receive, refusalOf } from "./receive.js";
import {
  createIntent,
  paymentsForOrder,
  registerIntent,
} from "./registration.js";
import { checkStart, createContext } from "./settings.js";
import { processDue, Worker } from "./worker.js";

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

  /** @satisfies {RequestHandler} */
  const check = (request, _response, next) => {
    const { query, headers } = request;
    authorize(context, query["token"], headers["content-length"]);
    next();
  };

  /** @satisfies {RequestHandler} */
  const store = async (request, response) => {
    await receive(context, request.body);
    // It is running already where `start` was called.
    if (context.settings().worker) worker.start();
    worker.wake();
    response.json({ received: true });
  };

  /** @satisfies {ErrorRequestHandler} */
  const refuse = (/** @type {unknown} */ error, _, response, next) => {
    const refusal = refusalOf(error, context.log);
    if (refusal) {
      const { status, headers, body } = refusal;
      response.status(status).set(headers).json(body);
    } else {
      next(error);
    }
  };

  router.post(ROUTE, check, raw, store, refuse);
  router.all(ROUTE, (_request, response) => {
    response.status(405).set("Allow", "POST");
    response.json({ detail: "Method Not Allowed" });
  });

  return Object.assign(router, {
    /**
     * Check all that a start needs, and run the worker unless
     * KRYPTOGO_WORKER=off.
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

/** It leaves a body alone that a parser of the application has read already. */
const raw = express.raw({ type: () => true, limit: MAX_BODY, inflate: false });
