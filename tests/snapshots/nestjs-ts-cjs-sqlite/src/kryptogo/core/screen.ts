// kgscaffold:id=core/screen
// What the commands print for people; programs take --json.
import type { Callback, HistoryEntry, Payment } from "./model";

const LABEL = 12;
/** As many words as fit beside a label within 80 columns, or a part of a longer
 * one. */
const LINE = /\S.{0,67}(?!\S)|\S{1,68}/gu;
/** So many entries of the history fit on a screen. */
const LATEST = 8;

/** Why a payment waits for a person: what happened. */
const REASONS: Readonly<Record<string, string>> = {
  intent_id_mismatch: "KryptoGO answered about another intent.",
  client_id_mismatch: "The intent belongs to another client id.",
  environment_mismatch:
    "It was registered in another environment (test or production).",
  unverifiable: "KryptoGO's answer has no amount, or no currency.",
  amount_mismatch: "The intent's amount is not the order's.",
  currency_mismatch: "The intent's currency is not the order's.",
  order_id_mismatch: "The intent names another order.",
  received_below_due:
    "KryptoGO says success, yet less was received than was due.",
  unknown_api_status: "KryptoGO gave a status that is not known here.",
  unsettled_for_30_days:
    "It came to no end in 30 days, and is not asked about any more.",
  applied_before: "KryptoGO is back at a status whose handler has run already.",
  order_already_paid:
    "It succeeded, but another payment of the order had: it is paid twice.",
  expired_after_success: "It succeeded, and now KryptoGO says expired.",
  insufficient_not_refunded_after_success:
    "It succeeded; now KryptoGO says: paid too little.",
  insufficient_refunded_after_success:
    "It succeeded; now KryptoGO says: the money went back.",
  success_after_insufficient_refunded:
    "It was refunded, and now KryptoGO says success.",
};

/** What a person is told of a payment that waits for them. */
export interface Explanation {
  happened: string;
  keep: string;
  adopt: string;
}

/** All that is known of an intent. */
export interface Shown {
  payment: Payment | null;
  callbacks: Callback[];
  history: HistoryEntry[];
  order: object | null;
}

/**
 * What happened, and what `review resolve ID` would do with `--keep`, and with
 * `--as STATUS`.
 *
 * A reason that another version gave is in no table.
 */
export function explain(reason: string | null): Explanation {
  const why = reason ?? "";
  const happened = REASONS[why] ?? `${why}: see the history.`;
  const runs = "it becomes STATUS, and that handler runs";
  if (why === "order_already_paid") {
    return {
      happened,
      keep: "the payment stays as it is: give its money back",
      adopt: `${runs}: with success, nothing is shipped a second time`,
    };
  }
  if (why.endsWith("_after_success")) {
    return {
      happened,
      keep: "the order stays paid, whatever KryptoGO says",
      adopt: `${runs}: the order is paid no longer`,
    };
  }
  return {
    happened,
    keep: "payment and order stay as they are; money that came is yours to give back",
    adopt: `${runs}: you answer for it; with success the order is shipped`,
  };
}

/** Payments, two lines about each, and what a person may do about it. */
export function list(payments: Payment[]): string {
  return payments.flatMap(brief).join("\n") || "no payments";
}

function brief(payment: Payment): string[] {
  const price = `${payment.expected_fiat_amount} ${payment.fiat_currency}`;
  return [
    `${payment.payment_intent_id}  ${payment.status}  ${price}`,
    `  order ${payment.order_id}, ${time(payment.created_at)}`,
    ...review(payment),
  ];
}

/** One screen about all that is known of an intent. */
export function screen(shown: Shown): string {
  const { payment, callbacks, history } = shown;
  const lines = payment
    ? whole(payment, shown.order)
    : row(
        "payment",
        `${callbacks[0]?.payment_intent_id ?? ""}, not registered`,
      );
  lines.push(...callbacks.flatMap((one) => row("callback", callbackText(one))));
  if (history.length > LATEST) {
    const earlier = String(history.length - LATEST);
    lines.push(...row("history", `${earlier} earlier entries: see --json`));
  }
  for (const entry of history.slice(-LATEST)) {
    const status = entry.to_status ?? entry.from_status ?? "";
    const { reason, note } = entry.detail;
    const why = [reason, note].find((one) => typeof one === "string") ?? "";
    const told = `${entry.outcome} ${status} (${entry.source}) ${why}`;
    lines.push(...row("history", `${time(entry.created_at)}  ${told}`));
  }
  return lines.join("\n");
}

function whole(payment: Payment, order: Shown["order"]): string[] {
  const orderStatus = order && "status" in order ? order.status : "not found";
  const symbol = payment.symbol ? `, paid in ${payment.symbol}` : "";
  const rows: Record<string, string | null> = {
    payment: payment.payment_intent_id,
    status: `${payment.status} (${payment.environment})`,
    order: `${payment.order_id} (${String(orderStatus)})`,
    amount: `${payment.expected_fiat_amount} ${payment.fiat_currency}${symbol}`,
    due: payment.crypto_amount,
    received: payment.received_crypto_amount,
    refunded: payment.refund_amount,
    "paid in": payment.payment_tx_hash,
    "refunded in": payment.refund_tx_hash,
    deadline: time(payment.payment_deadline),
    checked: `${time(payment.last_verified_at)}, next ${time(payment.next_check_at)}`,
  };
  const told = Object.entries(rows).flatMap(([label, text]) =>
    text ? row(label, text) : [],
  );
  return [...told, ...review(payment)];
}

function review(payment: Payment): string[] {
  if (!payment.needs_review) return [];
  const reason = payment.review_reason;
  const { happened, keep, adopt } = explain(reason);
  return [
    ...row("review", `${String(reason)}: ${happened}`),
    ...row("  --keep", keep),
    ...row("  --as", adopt),
  ];
}

function callbackText(callback: Callback): string {
  const { state, outcome, deliveries, last_error } = callback;
  const waits = state === "pending" || state === "applied";
  const parts = [
    `${callback.status}: ${state}`,
    outcome,
    `received ${String(deliveries)} x, last ${time(callback.last_received_at)}`,
    waits ? `next try ${time(callback.next_attempt_at)}` : null,
    waits || state === "dead" ? last_error : null,
  ];
  return parts.filter(Boolean).join(", ");
}

/** `told` beside its label, within the width; no control character reaches the
 * terminal. */
function row(label: string, told: string): string[] {
  const printable = told.replace(/[\p{C}\p{Z}]/gu, " ");
  return (printable.match(LINE) ?? []).map(
    (line, number) =>
      (number === 0 ? label : "").padEnd(LABEL) + line.trimEnd(),
  );
}

function time(at: Date | null): string {
  return at
    ? `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`
    : "never";
}
