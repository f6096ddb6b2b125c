// kgscaffold:id=app/main
/** The application: orders, and the KryptoGO callback. */
import express, {
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from "express";

import { payments } from "./kryptogo/index.js";
import { shop } from "./shop.js";

/** The application. Nothing is checked or started here: see server.ts. */
export function createApp(): Express {
  const app = express();
  app.use(payments);
  app.use(shop);
  app.use(tellError);
  return app;
}

/** An error as JSON; one that is not the client's is logged. */
function tellError(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = statusOf(error);
  if (status >= 500) console.error(error);
  const told = status < 500 && error instanceof Error ? error.message : "";
  response.status(status).json({ error: told || "internal server error" });
}

/** What express.json and others say of an error, or 500. */
function statusOf(error: unknown): number {
  const isHttp = error instanceof Error && "status" in error;
  return isHttp && typeof error.status === "number" ? error.status : 500;
}
