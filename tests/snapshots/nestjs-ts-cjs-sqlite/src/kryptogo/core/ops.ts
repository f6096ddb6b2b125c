// kgscaffold:id=core/ops
// The command line for the people who run the shop.
import { parseArgs } from "node:util";

import { isUnavailable, reason, transaction } from "./database";
import { isStatus, STATUSES, type Context, type Status } from "./model";
import { registerIntent, RegistrationError } from "./registration";
import * as review from "./review";
import { explain, list, screen, type Shown } from "./screen";
import { checkStart, ConfigurationError } from "./settings";
import { HandlerFailed } from "./change";
import * as store from "./store";
import { processDue, Worker } from "./worker";

/** What a command has to say: `data` for programs, `text` for people. */
interface Answer {
  data: object;
  text: string;
}
type Job = (context: Context) => Promise<Answer>;
interface Command {
  usage: string;
  about: string;
  /** The work of these arguments. Throws where they are wrong. */
  read: (args: string[]) => Job;
}

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;
const USAGE_CODE = 2;
/** Unix time of the year 10000. */
const END = 253_402_300_800;

/** The command line is wrong; the message says how. */
class UsageError extends Error {}

/** Nothing is known of what was asked for. */
class Unknown extends Error {}

const COMMANDS: Readonly<Record<string, Command>> = {
  register: {
    usage:
      "--intent ID --order ORDER --amount AMOUNT --currency TWD|USD [--deadline UNIX]",
    about: "bind an intent to an order by hand",
    read: register,
  },
  show: {
    usage: "ID... | --order ORDER",
    about: "all that is known of some intents, or of an order's",
    read: show,
  },
  list: {
    usage: "[--status STATUS] [--limit NUMBER]",
    about: "the latest payments",
    read: latest,
  },
  work: {
    usage: "[--once]",
    about: "process callbacks until stopped; once: all that is due now",
    read: work,
  },
  reconcile: {
    usage: "",
    about: "re-check payments that should have moved (for cron)",
    read: reconcile,
  },
  "review list": {
    usage: "",
    about: "payments that wait for a person: what happened, what can be done",
    read: reviewList,
  },
  "review resolve": {
    usage: "ID (--keep | --as STATUS) --note WHY",
    about: "leave the payment as it is, or set a status",
    read: resolve,
  },
  replay: {
    usage: "ID [--handler]",
    about:
      "re-open dead, rejected and held callbacks; or run the current status's handler",
    read: replay,
  },
};

function register(args: string[]): Job {
  const options = {
    json: FLAG,
    intent: TEXT,
    order: TEXT,
    amount: TEXT,
    currency: TEXT,
    deadline: TEXT,
  };
  const { values } = parseArgs({ args, options });
  const intent = given("--intent", values.intent);
  const due = {
    orderId: given("--order", values.order),
    amount: given("--amount", values.amount),
    currency: given("--currency", values.currency),
  };
  const deadline =
    values.deadline === undefined ? undefined : unixTime(values.deadline);
  return async (context) => {
    await transaction(context.db, (tx) =>
      registerIntent(context, tx, intent, due, deadline),
    );
    return say({ registered: intent });
  };
}

function show(args: string[]): Job {
  const options = { json: FLAG, order: TEXT };
  const { values, positionals } = parseArgs({
    args,
    options,
    allowPositionals: true,
  });
  const { order } = values;
  if ((order === undefined) === (positionals.length === 0)) {
    throw new UsageError("give ids, or --order");
  }
  return async (context) => {
    const intents =
      order === undefined ? positionals : await intentsOf(context, order);
    const shown: Shown[] = [];
    for (const intent of intents) shown.push(await allAbout(context, intent));
    const data =
      order === undefined && shown.length === 1 ? shown[0] : undefined;
    return { data: data ?? shown, text: shown.map(screen).join("\n\n") };
  };
}

async function intentsOf(context: Context, orderId: string): Promise<string[]> {
  const payments = await store.paymentsOfOrder(context.db, orderId);
  if (payments.length === 0) {
    throw new Unknown(`no payment is known of order ${orderId}`);
  }
  return payments.map((payment) => payment.payment_intent_id);
}

async function allAbout(context: Context, intent: string): Promise<Shown> {
  const { db } = context;
  const payment = await store.getPayment(db, intent);
  const callbacks = await store.callbacksOf(db, intent);
  if (!payment && callbacks.length === 0) {
    throw new Unknown(`nothing is known of intent ${intent}`);
  }
  const history = await store.historyOf(db, intent);
  const order = payment && (await context.findOrder(payment.order_id));
  return { payment, callbacks, history, order };
}

function latest(args: string[]): Job {
  const options = {
    json: FLAG,
    status: TEXT,
    limit: { ...TEXT, default: "20" },
  };
  const { values } = parseArgs({ args, options });
  const status =
    values.status === undefined ? null : statusOf("--status", values.status);
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
    throw new UsageError(
      `--limit must be a number from 1 to 10000, not ${values.limit}`,
    );
  }
  return async (context) => {
    const payments = await store.latestPayments(context.db, limit, status);
    return { data: { payments }, text: list(payments) };
  };
}

function work(args: string[]): Job {
  const { values } = parseArgs({ args, options: { json: FLAG, once: FLAG } });
  return async (context) => {
    await checkStart(context);
    if (values.once) return say({ processed: await processDue(context) });
    const worker = new Worker(context);
    worker.start();
    await untilStopped();
    await worker.stop();
    return say({ stopped: true });
  };
}

/** Resolve when the process is told to end, and keep it alive until then. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const stop = (): void => {
      clearInterval(alive);
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}

function reconcile(args: string[]): Job {
  parseArgs({ args, options: { json: FLAG } });
  return async (context) => say({ processed: await review.reconcile(context) });
}

function reviewList(args: string[]): Job {
  parseArgs({ args, options: { json: FLAG } });
  return async (context) => {
    const found = await store.paymentsToReview(context.db);
    const payments = found.map((payment) => ({
      ...payment,
      explanation: explain(payment.review_reason),
    }));
    return { data: { payments }, text: list(found) };
  };
}

function resolve(args: string[]): Job {
  const options = { json: FLAG, keep: FLAG, as: TEXT, note: TEXT };
  const { values, positionals } = parseArgs({
    args,
    options,
    allowPositionals: true,
  });
  const intent = only(positionals);
  if ((values.keep === true) === (values.as !== undefined)) {
    throw new UsageError("give --keep, or --as STATUS");
  }
  const status = values.as === undefined ? null : statusOf("--as", values.as);
  const note = given("--note", values.note);
  return async (context) => {
    await review.resolve(context, intent, status, note);
    return say({ resolved: intent });
  };
}

function replay(args: string[]): Job {
  const options = { json: FLAG, handler: FLAG };
  const { values, positionals } = parseArgs({
    args,
    options,
    allowPositionals: true,
  });
  const intent = only(positionals);
  return async (context) => {
    if (!values.handler)
      return say({ reopened: await review.replay(context, intent) });
    const status = await review.replayHandler(context, intent);
    return say({ handler: intent, ran_again: status });
  };
}

function given(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${flag} is missing`);
  return value;
}

function only(positionals: string[]): string {
  const [intent, ...others] = positionals;
  if (intent === undefined || others.length > 0)
    throw new UsageError("give one id");
  return intent;
}

function statusOf(flag: string, word: string): Status {
  if (!isStatus(word)) {
    throw new UsageError(
      `${flag} must be one of ${STATUSES.join(", ")}, not ${word}`,
    );
  }
  return word;
}

function unixTime(text: string): Date {
  const seconds = /^\d+$/.test(text) ? Number(text) : END;
  if (seconds >= END) {
    throw new UsageError(
      `--deadline must be in seconds since 1970, not ${text}`,
    );
  }
  return new Date(seconds * 1000);
}

function say(data: object): Answer {
  const parts = Object.entries(data).map(
    ([name, value]) => `${name}: ${String(value)}`,
  );
  return { data, text: parts.join(", ") };
}

/** The job's answer. Throws ConfigurationError with all that must be mended
 * first. */
async function answer(context: Context, job: Job): Promise<Answer> {
  try {
    context.settings();
    return await job(context);
  } catch (error) {
    // Else it may be for a fault of the configuration, or of the database.
    if (!isExpected(error)) await checkStart(context);
    throw error;
  }
}

/** Whether it says why the command itself could not be done. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof HandlerFailed ||
    error instanceof RegistrationError ||
    error instanceof Unknown ||
    error instanceof review.NotPossible
  );
}

/** What to tell of an error that is to be expected. Throws any other. */
function expected(error: unknown): string {
  if (isUnavailable(error)) {
    return `the database is unavailable: ${reason(error)}`;
  }
  if (isExpected(error) || error instanceof ConfigurationError) {
    return error.message;
  }
  throw error;
}

/** Run one command; the exit code: 0, 1 with the error, or 2 where the
 * arguments are wrong. */
export async function main(context: Context, args: string[]): Promise<number> {
  // What a handler prints is not the command's answer.
  console.log = console.info = console.error;
  const length = args[0] === "review" ? 2 : 1;
  const name = args.slice(0, length).join(" ");
  const command = COMMANDS[name];
  if (name === "--help" || (command && args.includes("--help"))) {
    await print(help(command ? { [name]: command } : COMMANDS));
    return 0;
  }
  if (!command) {
    console.error(`${help(COMMANDS)}\n\nthere is no command ${name}`);
    return USAGE_CODE;
  }
  let job: Job;
  try {
    job = command.read(args.slice(length));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`${help({ [name]: command })}\n\n${error.message}`);
    return USAGE_CODE;
  }
  const isJson = args.includes("--json");
  try {
    const { data, text } = await answer(context, job);
    await print(isJson ? JSON.stringify(data) : text);
    return 0;
  } catch (error) {
    const told = expected(error);
    if (isJson) await print(JSON.stringify({ error: told }));
    else console.error(`error: ${told}`);
    return 1;
  }
}

function help(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).map(
    ([name, { usage, about }]) => `  ${name} ${usage}\n      ${about}`,
  );
  return `usage: kryptogo COMMAND [--json]\n\n${lines.join("\n")}`;
}

/** Resolve when the line is written: a process that ends before cuts it off. */
function print(line: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${line}\n`, () => {
      resolve();
    });
  });
}
