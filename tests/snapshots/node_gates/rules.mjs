/** What the rules of a rendered core give, as JSON; its folder is the argument. */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const [ending] = readdirSync(folder).map((name) => name.match(/\.[jt]s$/)[0]);
const load = (name) => import(pathToFileURL(join(folder, name + ending)).href);
const { decide, eventOf, settleClaim } = await load("decision");
const { NO_FACTS, STATUSES } = await load("model");
const { afterFailure, afterLag, deliveredAgain, latestAttempts } =
  await load("schedule");

const HOUR = 3_600_000;
const at = new Date("2026-01-01T00:00:00Z");
const far = new Date(at.getTime() + HOUR);
const old = new Date(at.getTime() - HOUR);
const callback = {
  id: "1",
  payment_intent_id: "i",
  status: "success",
  claimed_status: "success",
  payload: {},
  deliveries: 1,
  state: "pending",
  outcome: null,
  applied_status: null,
  attempts: 1,
  ahead_since: null,
  next_attempt_at: far,
  lease_token: null,
  lease_until: null,
  last_error: null,
  first_received_at: at,
  last_received_at: at,
  processed_at: null,
};
const payment = { ...NO_FACTS, payment_intent_id: "i" };
const pairs = STATUSES.flatMap((ours) =>
  STATUSES.map((theirs) => [ours, theirs]),
);
const seconds = (time) => (time.getTime() - at.getTime()) / 1000;

function event([ours, theirs]) {
  const before = { ...payment, status: ours };
  const { late, skipped } = eventOf(before, theirs, false, null, NO_FACTS);
  return { late, skipped };
}

function delivered(row) {
  const seen = { ...callback, ...row };
  const delivery = {
    payment_intent_id: "i",
    status: "success",
    claimed_status: "success",
    payload: {},
  };
  const then = deliveredAgain(seen, delivery, at);
  const stays = then.next_attempt_at.getTime() === far.getTime();
  return [
    then.state === seen.state ? null : then.state,
    stays ? null : seconds(then.next_attempt_at),
  ];
}

function looks() {
  const found = [];
  let seen = callback;
  let time = at;
  for (let then; (then = afterLag(seen, time)); time = then.next_attempt_at) {
    found.push(seconds(time));
    seen = { ...then, attempts: then.attempts + 1 };
  }
  return [...found, seconds(time)];
}

function failures() {
  return Array.from({ length: 11 }, (_, index) => {
    const then = afterFailure({ ...callback, attempts: index + 1 }, "why", at);
    return then.state === "dead" ? "dead" : seconds(then.next_attempt_at);
  });
}

const done = { state: "done", processed_at: old };
const told = {
  statuses: STATUSES,
  decisions: pairs.map(([ours, theirs]) => decide(ours, theirs)),
  claims: pairs.map(([ours, theirs]) =>
    [null, ...STATUSES].map((claim) => settleClaim(claim, ours, theirs)),
  ),
  events: pairs.map(event),
  looks: looks(),
  failures: failures(),
  spare: seconds(latestAttempts(at).get(4)),
  waits: delivered({}),
  "looked at": delivered({ lease_until: new Date(at.getTime() - 9000) }),
  leased: delivered({ lease_until: new Date(at.getTime() + 90_000) }),
  due: delivered({ next_attempt_at: old }),
  rejected: delivered({ state: "rejected" }),
  dead: delivered({ state: "dead" }),
  "dead after a change": delivered({
    state: "dead",
    applied_status: "success",
  }),
  applied: delivered({ ...done, outcome: "applied" }),
  stale: delivered({ ...done, outcome: "stale" }),
  "just stale": delivered({ ...done, outcome: "stale", processed_at: at }),
  recheck: delivered({
    ...done,
    outcome: "duplicate",
    status: "recheck",
    processed_at: at,
  }),
};
process.stdout.write(JSON.stringify(told));
