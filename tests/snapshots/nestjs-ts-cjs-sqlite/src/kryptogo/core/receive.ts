// kgscaffold:id=core/receive
// A callback: check, store. No network call, no wait for a payment's lock.
import { isUnavailable, reason, timeLimit } from "./database";
import type { Context, Log } from "./model";
import { checkToken, MAX_BODY, readDelivery, Refused } from "./payload";
import { accept } from "./queue";

/** The bound of all waits for the database together, whatever the pool's own
 * are. */
const STORE_SECONDS = 12;
const RETRY_AFTER_SECONDS = "5";
const TOO_LARGE = `the body is over ${String(MAX_BODY)} bytes`;

/** What is answered to a delivery that was not stored. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: { error: string };
}

/** Throw what `refusalOf` explains unless the token is right, and the body not
 * said to be too large. */
export function authorize(
  context: Context,
  token: unknown,
  contentLength: string | undefined,
): void {
  checkToken(token, context.settings());
  if (Number(contentLength) > MAX_BODY) throw new Refused(413, TOO_LARGE);
}

/**
 * Store the delivery in `body`: bytes, or what a parser of the application has
 * made of them. Throws what `refusalOf` explains.
 */
export async function receive(context: Context, body: unknown): Promise<void> {
  const settings = context.settings();
  const delivery = readDelivery(bytesOf(body), settings, context.log);
  const keep = settings.callbackToken !== null;
  const storing = accept(context.db, delivery, keep);
  if (!(await timeLimit(STORE_SECONDS, storing))) {
    throw new Refused(404, "unknown payment_intent_id");
  }
}

/** What is answered to an error of a callback; null where it is not ours. */
export function refusalOf(error: unknown, log: Log): Refusal | null {
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

function refusal(status: number, error: string): Refusal {
  return { status, headers: {}, body: { error } };
}

/** What express.raw says of a body that it cannot read. */
function isUnreadable(error: unknown): error is Error & { status: unknown } {
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
