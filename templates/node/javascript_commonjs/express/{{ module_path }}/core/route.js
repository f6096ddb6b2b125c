// kgscaffold:id=core/route
// The callback route: check, store, answer. No network call, no wait for a
// payment's lock.
"use strict";

/**
 * @import { ErrorRequestHandler, RequestHandler } from "express"
 * @import { Tx } from "./database"
 * @import { Due } from "./registration"
 * @import { Parts } from "./settings"
 */

const express = require("express");

const { ROUTE } = require("../config");
const { isUnavailable, reason, timeLimit } = require("./database");
const { checkToken, MAX_BODY, readDelivery, Refused } = require("./payload");
const { accept } = require("./queue");
const {
  createIntent,
  paymentsForOrder,
  registerIntent,
} = require("./registration");
const { checkStart, createContext } = require("./settings");
const { processDue, Worker } = require("./worker");

const RETRY_AFTER_SECONDS = "5";
/** The bound of all waits for the database together, whatever the pool's own
 * are. */
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
function kryptogo(parts) {
  const context = createContext(parts);
  const worker = new Worker(context);
  const router = express.Router();

  /** @satisfies {RequestHandler} */
  const authorize = (request, _response, next) => {
    checkToken(request.query["token"], context.settings());
    if (Number(request.headers["content-length"]) > MAX_BODY) {
      throw new Refused(413, TOO_LARGE);
    }
    next();
  };

  /** @satisfies {RequestHandler} */
  const receive = async (request, response) => {
    const settings = context.settings();
    const body = bytesOf(request.body);
    const delivery = readDelivery(body, settings, context.log);
    const keep = settings.callbackToken !== null;
    const storing = accept(context.db, delivery, keep);
    if (!(await timeLimit(STORE_SECONDS, storing))) {
      throw new Refused(404, "unknown payment_intent_id");
    }
    // It is running already where `start` was called.
    if (settings.worker) worker.start();
    worker.wake();
    response.json({ received: true });
  };

  /** @satisfies {ErrorRequestHandler} */
  const refuse = (/** @type {unknown} */ error, _, response, next) => {
    if (error instanceof Refused) {
      response.status(error.status).json({ error: error.message });
    } else if (isOfBody(error)) {
      const isTooLarge = error.status === 413;
      response.status(isTooLarge ? 413 : 400);
      response.json({
        error: isTooLarge ? TOO_LARGE : "the body is incomplete",
      });
    } else if (isUnavailable(error)) {
      const why = reason(error);
      context.log.warn(
        `a callback was not stored, the database is unavailable: ${why}`,
      );
      response.status(503).set("Retry-After", RETRY_AFTER_SECONDS);
      response.json({ error: "try again later" });
    } else {
      next(error);
    }
  };

  router.post(ROUTE, authorize, raw, receive, refuse);
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

/**
 * What `raw` says of a body that it cannot read.
 *
 * @param {unknown} error
 * @returns {error is Error & { status: unknown }}
 */
function isOfBody(error) {
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

module.exports = { kryptogo };
