// kgscaffold:id=core/route
// The callback route: check, store, answer. No network call, no wait for a
// payment's lock.
import express, {
  type ErrorRequestHandler,
  type RequestHandler,
} from "express";

import { ROUTE } from "../config";
import type { Tx } from "./database";
import { MAX_BODY } from "./payload";
import { authorize, receive, refusalOf } from "./receive";
import {
  createIntent,
  paymentsForOrder,
  registerIntent,
  type Due,
} from "./registration";
import { checkStart, createContext, type Parts } from "./settings";
import { processDue, Worker } from "./worker";

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

  const check: RequestHandler = (request, _response, next) => {
    const { query, headers } = request;
    authorize(context, query["token"], headers["content-length"]);
    next();
  };

  const store: RequestHandler = async (request, response) => {
    await receive(context, request.body);
    // It is running already where `start` was called.
    if (context.settings().worker) worker.start();
    worker.wake();
    response.json({ received: true });
  };

  const refuse: ErrorRequestHandler = (error: unknown, _, response, next) => {
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
