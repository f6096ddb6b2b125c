// kgscaffold:id=core/route
// The callback route: check, store, answer. No network call, no wait for a
// payment's lock.
import express, {
  type ErrorRequestHandler,
  type RequestHandler,
} from "express";

import { ROUTE } from "../config";
import { isUnavailable, reason, timeLimit, type Tx } from "./database";
import { checkToken, MAX_BODY, readDelivery, Refused } from "./payload";
import { accept } from "./queue";
import {
  createIntent,
  paymentsForOrder,
  registerIntent,
  type Due,
} from "./registration";
import { checkStart, createContext, type Parts } from "./settings";
import { processDue, Worker } from "./worker";

const RETRY_AFTER_SECONDS = "5";
/** The bound of all waits for the database together, whatever the pool's own
 * are. */
const STORE_SECONDS = 12;
const TOO_LARGE = `the body is over ${String(MAX_BODY)} bytes`;

/** The router for the callbacks, which carries what the application calls. */
export type Payments = ReturnType<typeof kryptogo>;

/**
 * The payments of an application. Nothing is checked or started here: see
 * `start`.
 *
 * The token is in the URL of a callback. Nothing of this module logs it; an
 * access log of yours (morgan, a proxy's) shows it. It keeps noise out and
 * proves nothing.
 */
export function kryptogo(parts: Parts) {
  const context = createContext(parts);
  const worker = new Worker(context);
  const router = express.Router();

  const authorize: RequestHandler = (request, _response, next) => {
    checkToken(request.query["token"], context.settings());
    if (Number(request.headers["content-length"]) > MAX_BODY) {
      throw new Refused(413, TOO_LARGE);
    }
    next();
  };

  const receive: RequestHandler = async (request, response) => {
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

  const refuse: ErrorRequestHandler = (error: unknown, _, response, next) => {
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
    async start(): Promise<void> {
      if ((await checkStart(context)).worker) worker.start();
    },
    /** Finish what the worker has under way. */
    stop: () => worker.stop(),
    /** Process all that is due now, without a worker; how many callbacks. */
    processDue: () => processDue(context),
    /** See core/registration. */
    createIntent: (due: Due, options?: { reuse?: boolean }) =>
      createIntent(context, due, options),
    /** See core/registration. */
    registerIntent: (tx: Tx, intentId: string, due: Due, deadline?: Date) =>
      registerIntent(context, tx, intentId, due, deadline),
    /** The payments of an order, oldest first, for the user interface. */
    paymentsForOrder: (orderId: string) => paymentsForOrder(context, orderId),
  });
}

/** It leaves a body alone that a parser of the application has read already. */
const raw = express.raw({ type: () => true, limit: MAX_BODY, inflate: false });

/** What `raw` says of a body that it cannot read. */
function isOfBody(error: unknown): error is Error & { status: unknown } {
  return error instanceof Error && "status" in error && "type" in error;
}

/** The body as it was sent, or as it would be sent again. */
function bytesOf(body: unknown): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : serialised(body);
  if (bytes.length > MAX_BODY) throw new Refused(413, TOO_LARGE);
  return bytes;
}

function serialised(body: unknown): Buffer {
  try {
    const isText = typeof body === "string";
    return Buffer.from(isText ? body : JSON.stringify(body ?? ""));
  } catch {
    throw new Refused(400, "the body is nested too deep");
  }
}
