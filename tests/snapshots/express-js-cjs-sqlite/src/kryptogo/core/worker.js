// kgscaffold:id=core/worker
// What a worker does: claims what is due, several callbacks at once, and sweeps.
"use strict";

/**
 * @import { Tx } from "./database"
 * @import { Context } from "./model"
 * @import { Claimed } from "./queue"
 */

const { setTimeout: sleep } = require("node:timers/promises");

const { isUnavailable, reason, timeLimit, transaction } = require("./database");
const { later } = require("./model");
const {
  claim,
  KEEP_UNREGISTERED_SECONDS,
  MAX_UNREGISTERED,
} = require("./queue");
const { latestAttempts, LEASE_SECONDS } = require("./schedule");
const { settle } = require("./settle");
const store = require("./store");

const AT_ONCE = 8;
/** How many due callbacks are looked up at once: some are another worker's when
 * their turn comes. */
const LOOK_AHEAD = 64;
const POLL_SECONDS = 1;
const SWEEP_SECONDS = 30;
const DRAIN_SECONDS = 60;
/** The bound of a look at the tables, on a pool that has none of its own. */
const LOOK_SECONDS = 60;

/**
 * Take up callbacks that nothing else would bring on, and drop those of
 * unknown intents.
 *
 * @param {Tx} tx
 */
async function sweep(tx) {
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
 *
 * @param {Context} context
 * @returns {Promise<number>}
 */
async function processDue(context) {
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

/**
 * Process a claimed callback as far as it goes. When its lease is over, another
 * worker may have it: no use in waiting any longer.
 *
 * @param {Context} context
 * @param {Claimed} claimed
 * @returns {Promise<void>}
 */
function workOn(context, claimed) {
  return timeLimit(LEASE_SECONDS, settle(context, claimed));
}

/** Works on callbacks side by side, and looks for more every second, or at once
 * when woken. */
class Worker {
  /** @type {Context} */
  #context;
  /** @type {Set<Promise<void>>} */
  #running = new Set();
  #pause = new AbortController();
  /** @type {string[]} */
  #ids = [];
  #nextSweep = 0;
  #isAway = false;
  #isStopping = false;
  /** @type {Promise<void> | null} */
  #loop = null;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
  }

  /**
   * Begin to work, unless it has begun. Nothing of it keeps the process alive.
   */
  start() {
    this.#loop ??= this.#run();
  }

  /** Look at once for what is due. */
  wake() {
    if (!this.#pause.signal.aborted) this.#pause.abort();
  }

  /** Finish what is under way, and begin nothing more. */
  async stop() {
    this.#isStopping = true;
    this.wake();
    await this.#loop;
    const drained = Promise.all(this.#running);
    await Promise.race([
      drained,
      sleep(DRAIN_SECONDS * 1000, null, { ref: false }),
    ]);
  }

  async #run() {
    while (!this.#isStopping) {
      this.#pause = new AbortController();
      const places = AT_ONCE - this.#running.size;
      if (places > 0) await this.#startJobs(places);
      const options = { signal: this.#pause.signal, ref: false };
      await sleep(POLL_SECONDS * 1000, null, options).catch(() => null);
    }
  }

  /** @param {number} places */
  async #startJobs(places) {
    for (const claimed of await this.#find(places)) {
      const job = this.#do(claimed).finally(() => {
        this.#running.delete(job);
        // Not at every job that ends: several are claimed by one statement.
        if (this.#running.size <= AT_ONCE / 2) this.wake();
      });
      this.#running.add(job);
    }
  }

  /**
   * Callbacks to be processed, claimed; none where the database is away.
   *
   * @param {number} places
   * @returns {Promise<Claimed[]>}
   */
  async #find(places) {
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

  /**
   * @param {number} places
   * @returns {Promise<Claimed[]>}
   */
  async #look(places) {
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

  /** @param {Claimed} claimed */
  async #do(claimed) {
    try {
      await workOn(this.#context, claimed);
      this.#isThere();
    } catch (error) {
      this.#tell(error);
    }
  }

  /** @param {unknown} error */
  #tell(error) {
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

  #isThere() {
    if (this.#isAway) this.#context.log.warn("the database is back");
    this.#isAway = false;
  }
}

module.exports = { processDue, Worker };
