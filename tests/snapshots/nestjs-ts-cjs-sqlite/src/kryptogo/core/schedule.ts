// kgscaffold:id=core/schedule
// When a callback is looked at again, and when a payment: pure functions of a
// row and a time. They give the row as it should be; the store writes what
// differs, if the row is as it was seen.
import {
  type Callback,
  type Delivery,
  later,
  type Payment,
  RECHECK,
  type State,
  type Status,
} from "./model";

/** The waits after the first, second, … attempt since a callback was opened. */
export const RETRY_SECONDS = [2, 10, 30, 120, 600, 1800, 3600, 10800, 21600];
export const LEASE_SECONDS = 120;
/** Deliveries bring the next look at an intent forward, but not closer than
 * this to the last. */
export const PAUSE_SECONDS = 10;
const ANY_NUMBER = 1_000_000;
/** So long may KryptoGO's answer lag behind what its callback claims. */
const AHEAD_SECONDS = 180;
const REOPEN_AFTER_SECONDS = 60;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const CHECK_AFTER_SECONDS = 10 * MINUTE;
const CHECK_EXPIRED_SECONDS = 48 * HOUR;
const GIVE_UP_AFTER_SECONDS = 30 * 24 * HOUR;

/** Whether something is owed to a callback in this state. */
export function waits(state: State): boolean {
  return state === "pending" || state === "applied";
}

/** Whether nothing may follow this status but by a person. */
export function isFinal(status: string | null): boolean {
  return status === "success" || status === "insufficient_refunded";
}

/** The callback owed its work anew, from `at` on: `afterCommit` only, if it
 * died after a change. */
export function opened(callback: Callback, at: Date): Callback {
  const diedAfterChange =
    callback.state === "dead" && callback.applied_status !== null;
  return {
    ...callback,
    state: diedAfterChange ? "applied" : "pending",
    outcome: null,
    attempts: 0,
    ahead_since: null,
    next_attempt_at: at,
  };
}

/** The callback when nothing is owed to it any more. */
export function closed(
  callback: Callback,
  state: State,
  outcome: string,
  at: Date,
): Callback {
  return { ...callback, state, outcome, processed_at: at };
}

/** The callback when its lease ends; `lease_until` keeps when. */
export function released(callback: Callback, at: Date): Callback {
  return { ...callback, lease_token: null, lease_until: at };
}

/** The callback after one more delivery, which opens what is closed, and makes
 * due what waits. */
export function deliveredAgain(
  callback: Callback,
  delivery: Delivery,
  at: Date,
): Callback {
  const { claimed_status, payload } = delivery;
  const told = { ...callback, claimed_status, payload, last_received_at: at };
  const pause = later(at, -PAUSE_SECONDS);
  const lately = callback.lease_until !== null && callback.lease_until > pause;
  const due = lately ? later(at, PAUSE_SECONDS) : at;
  if (opens(callback, at)) return opened(told, due);
  if (waits(callback.state) && callback.next_attempt_at > due) {
    return { ...told, next_attempt_at: due };
  }
  return told;
}

function opens(callback: Callback, at: Date): boolean {
  const { state, outcome, processed_at, status } = callback;
  if (state === "rejected" || state === "dead") return true;
  if (state !== "done" || processed_at === null) return false;
  if (status === RECHECK) return true;
  const neverApplied =
    outcome === "stale" || outcome === "unrelated" || outcome === "conflict";
  return neverApplied && processed_at <= later(at, -REOPEN_AFTER_SECONDS);
}

/** The seconds after so many attempts; the last of the schedule after more. */
export function waitAfter(attempts: number): number {
  return [0, ...RETRY_SECONDS][Math.min(attempts, RETRY_SECONDS.length)] ?? 0;
}

/**
 * The latest time of the next attempt, by the greatest number of attempts it
 * holds for. What is further ahead was put there by a clock that was set back.
 */
export function latestAttempts(at: Date): Map<number, Date> {
  const spare = 2 * MINUTE;
  const numbers = [...RETRY_SECONDS.keys(), ANY_NUMBER];
  return new Map(
    numbers.map((number) => [number, later(at, waitAfter(number) + spare)]),
  );
}

/** The callback after an error of the provider or of a handler: tried again,
 * or dead after the last attempt. */
export function afterFailure(
  callback: Callback,
  error: string,
  at: Date,
): Callback {
  const failed = { ...callback, last_error: error };
  if (callback.attempts > RETRY_SECONDS.length) {
    return closed(failed, "dead", "dead", at);
  }
  return {
    ...failed,
    next_attempt_at: later(at, waitAfter(callback.attempts)),
  };
}

/** The callback whose claim is ahead of KryptoGO: looked at again, or null when
 * it has been given its time. */
export function afterLag(callback: Callback, at: Date): Callback | null {
  const since = callback.ahead_since ?? at;
  const last = later(since, AHEAD_SECONDS);
  if (at >= last) return null;
  const again = later(at, waitAfter(callback.attempts));
  return {
    ...callback,
    state: "pending",
    ahead_since: since,
    next_attempt_at: again < last ? again : last,
  };
}

/** When reconcile looks at `payment`, by now `status`; null where it is not to
 * move any more. */
export function nextCheck(
  payment: Payment,
  status: Status,
  at: Date,
): Date | null {
  const { created_at, payment_deadline } = payment;
  const age = (at.getTime() - created_at.getTime()) / 1000;
  const changed = status !== payment.status;
  const longExpired =
    status === "expired" &&
    !changed &&
    later(at, -CHECK_EXPIRED_SECONDS) > payment_deadline;
  if (isFinal(status) || age >= GIVE_UP_AFTER_SECONDS || longExpired) {
    return null;
  }
  if (status === "pending" && at < payment_deadline) return payment_deadline;
  const wait = changed ? 0 : age / 10;
  return later(at, Math.max(CHECK_AFTER_SECONDS, wait));
}
