// kgscaffold:id=core/worker
// What a worker does: claims what is due, several callbacks at once, and sweeps.
import { setTimeout as sleep } from "node:timers/promises";

import {
  isUnavailable,
  reason,
  timeLimit,
  transaction,
  type Tx,
} from "./database.js";
import { later, type Context } from "./model.js";
import {
  claim,
  KEEP_UNREGISTERED_SECONDS,
  MAX_UNREGISTERED,
  type Claimed,
} from "./queue.js";
import { latestAttempts, LEASE_SECONDS } from "./schedule.js";
import { settle } from "./settle.js";
import * as store from "./store.js";

const AT_ONCE = 8;
/** How many due callbacks are looked up at once: some are another worker's when
 * their turn comes. */
const LOOK_AHEAD = 64;
const POLL_SECONDS = 1;
const SWEEP_SECONDS = 30;
const DRAIN_SECONDS = 60;
/** The bound of a look at the tables, on a pool that has none of its own. */
const LOOK_SECONDS = 60;

/** Take up callbacks that nothing else would bring on, and drop those of
 * unknown intents. */
async function sweep(tx: Tx): Promise<void> {
  const at = new Date();
  await store.adopt(tx, at);
  await store.makeDue(tx, at, latestAttempts(at), later(at, 2 * LEASE_SECONDS));
  await store.trimUnregistered(
    tx,
    MAX_UNREGISTERED,
    later(at, -KEEP_UNREGISTERED_SECONDS),
  );
}

/**
 * Process all that is due now; how many callbacks. For cron, and hosts without
 * a worker.
 *
 * Throws the database's own errors when it is down, or takes no writes.
 */
export async function processDue(context: Context): Promise<number> {
  await transaction(context.db, sweep);
  let done = 0;
  for (;;) {
    const ids = await store.dueCallbacks(context.db, new Date(), AT_ONCE);
    if (ids.length === 0) return done;
    const claimed = await claim(context.db, ids);
    await Promise.all(claimed.map((one) => workOn(context, one)));
    done += claimed.length;
  }
}

/** Process a claimed callback as far as it goes. When its lease is over, another worker may
 * have it: no use in waiting any longer. */
function workOn(context: Context, claimed: Claimed): Promise<void> {
  return timeLimit(LEASE_SECONDS, settle(context, claimed));
}

/** Works on callbacks side by side, and looks for more every second, or at once
 * when woken. */
export class Worker {
  readonly #context: Context;
  readonly #running = new Set<Promise<void>>();
  #pause = new AbortController();
  #ids: string[] = [];
  #nextSweep = 0;
  #isAway = false;
  #isStopping = false;
  #loop: Promise<void> | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Begin to work, unless it has begun. Nothing of it keeps the process alive.
   */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Look at once for what is due. */
  wake(): void {
    if (!this.#pause.signal.aborted) this.#pause.abort();
  }

  /** Finish what is under way, and begin nothing more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.wake();
    await this.#loop;
    const drained = Promise.all(this.#running);
    await Promise.race([
      drained,
      sleep(DRAIN_SECONDS * 1000, null, { ref: false }),
    ]);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#pause = new AbortController();
      const places = AT_ONCE - this.#running.size;
      if (places > 0) await this.#startJobs(places);
      const options = { signal: this.#pause.signal, ref: false };
      await sleep(POLL_SECONDS * 1000, null, options).catch(() => null);
    }
  }

  async #startJobs(places: number): Promise<void> {
    for (const claimed of await this.#find(places)) {
      const job = this.#do(claimed).finally(() => {
        this.#running.delete(job);
        // Not at every job that ends: several are claimed by one statement.
        if (this.#running.size <= AT_ONCE / 2) this.wake();
      });
      this.#running.add(job);
    }
  }

  /** Callbacks to be processed, claimed; none where the database is away. */
  async #find(places: number): Promise<Claimed[]> {
    try {
      const claimed = await timeLimit(LOOK_SECONDS, this.#look(places));
      // Only now: a sweep that finds nothing writes nothing, and a full disk
      // lets it pass.
      this.#isThere();
      return claimed;
    } catch (error) {
      this.#tell(error);
      return [];
    }
  }

  async #look(places: number): Promise<Claimed[]> {
    const { db } = this.#context;
    // Read first: that a database is away is known at once; a sweep would try
    // for long.
    if (this.#ids.length === 0)
      this.#ids = await store.dueCallbacks(db, new Date(), LOOK_AHEAD);
    if (this.#isAway || performance.now() >= this.#nextSweep) {
      this.#nextSweep = performance.now() + SWEEP_SECONDS * 1000;
      // Soon told where the database is away: the next look is in a second.
      await transaction(db, sweep, { within: 2 });
    }
    while (this.#ids.length > 0) {
      const claimed = await claim(db, this.#ids.splice(0, places));
      if (claimed.length > 0) return claimed;
    }
    return [];
  }

  async #do(claimed: Claimed): Promise<void> {
    try {
      await workOn(this.#context, claimed);
      this.#isThere();
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    const { log } = this.#context;
    if (!isUnavailable(error)) {
      log.error(
        `the worker goes on after an unexpected error: ${String(error instanceof Error ? error.stack : error)}`,
      );
    } else if (!this.#isAway) {
      log.warn(`the database is unavailable, and waited for: ${reason(error)}`);
      this.#isAway = true;
    }
  }

  #isThere(): void {
    if (this.#isAway) this.#context.log.warn("the database is back");
    this.#isAway = false;
  }
}
