// kgscaffold:id=core/payload
// A delivery, checked before it is stored. None of it is believed: it says
// where to look.
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { type Delivery, isStatus, type Log, RECHECK } from "./model";
import type { Settings } from "./settings";

export const MAX_BODY = 64 * 1024;
export const INTENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_DEPTH = 100;
const STALE_SECONDS = 300;
const UTF8 = new TextDecoder("utf-8", { fatal: true });
type Document = Readonly<Record<string, unknown>>;

/** A delivery that is answered with `status` and not stored. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Raises Refused (404) unless the token, where one is configured, is right. */
export function checkToken(given: unknown, settings: Settings): void {
  const { callbackToken } = settings;
  if (callbackToken !== null && !isEqual(given, callbackToken)) {
    throw new Refused(404, "not found");
  }
}

/** Compared in constant time. */
function isEqual(given: unknown, secret: string): boolean {
  const text = typeof given === "string" ? given : "";
  return timingSafeEqual(digest(text), digest(secret));
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** The delivery in `body`, the bytes or what a JSON parser made of them. Raises
 * Refused with the HTTP status and the field at fault. */
export function readDelivery(
  body: unknown,
  settings: Settings,
  log: Log,
): Delivery {
  const document = jsonObject(Buffer.isBuffer(body) ? parsed(body) : body);
  const intentId = text(document, "payment_intent_id");
  if (!INTENT_ID.test(intentId)) {
    throw new Refused(
      400,
      "payment_intent_id must be 1 to 64 of A-Z a-z 0-9 _ -",
    );
  }
  const status = text(document, "status");
  const clientId = document["client_id"] ?? null;
  if (clientId !== null && typeof clientId !== "string") {
    throw new Refused(400, "client_id must be a string");
  }
  if (clientId !== null && clientId !== settings.clientId) {
    throw new Refused(403, "client_id is not ours");
  }
  if (settings.callbackSecret !== null) {
    checkSignature(document, settings.callbackSecret, log);
  }
  const claimed = printable(status).slice(0, 64);
  if (!isStatus(status)) {
    log.warn(`unknown status ${claimed} for intent ${intentId}: re-checked`);
  }
  const payload = { ...document };
  delete payload["callback_url"];
  delete payload["signature"];
  return {
    payment_intent_id: intentId,
    status: isStatus(status) ? status : RECHECK,
    claimed_status: claimed,
    payload,
  };
}

/** The bytes that are signed: not confirmed by KryptoGO, which does not
 * document them. */
export function canonical(document: Document): string {
  const signed: Record<string, unknown> = { ...document };
  delete signed["signature"];
  return JSON.stringify(sorted(signed));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function checkSignature(document: Document, secret: string, log: Log): void {
  const { signature, timestamp, payment_intent_id } = document;
  const hmac = createHmac("sha256", secret).update(canonical(document));
  if (!isEqual(signature, hmac.digest("hex"))) {
    throw new Refused(401, "signature is missing or wrong");
  }
  if (typeof timestamp !== "number") return;
  const seconds = Date.now() / 1000;
  const age = Math.min(
    Math.abs(seconds - timestamp),
    Math.abs(seconds - timestamp / 1000),
  );
  if (age > STALE_SECONDS) {
    log.warn(`stale timestamp for intent ${String(payment_intent_id)}`);
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
}

function jsonObject(value: unknown): Document {
  if (!isObject(value)) throw new Refused(400, "the body is not a JSON object");
  if (!isWithin(MAX_DEPTH, value)) {
    throw new Refused(400, `the body is nested over ${String(MAX_DEPTH)} deep`);
  }
  return value;
}

/** Whether it is a JSON object. */
export function isObject(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWithin(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const parts: unknown[] = Object.values(value);
  if (parts.length === 0) return true;
  return depth > 0 && parts.every((part) => isWithin(depth - 1, part));
}

function text(document: Document, field: string): string {
  const value = document[field];
  if (typeof value !== "string" || value === "") {
    throw new Refused(400, `${field} must be a non-empty string`);
  }
  return value;
}

/** The text in ASCII: every database can store it, and every log show it. */
function printable(text: string): string {
  return text.replace(/[^ -~]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
