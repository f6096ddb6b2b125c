"""What Node's drivers and its event loop do that the generated code must not fall for."""

from __future__ import annotations

import json
from asyncio import to_thread
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.playing import play

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("express", "nestjs")

FLAGS = {"mysql": ("FOUND_ROWS", "-FOUND_ROWS")}
"""Whether MySQL counts the rows that a statement finds, or those that it changes."""
CONNECTED = {
    "express": """
import createKnex from "knex";
const { config, knex } = await import("./RUN/db.js");
const { payments } = await import("./RUN/kryptogo/index.js");
const connected = (options, { connection: given, ...others } = config) =>
  createKnex({ ...others, connection: { ...(given.call?.() ?? given), ...options } });
const plain = () => connected({}, { ...config, pool: {} });
const ask = (tx, sql) => tx.raw(sql);
const register = (tx, intent, due) => payments.registerIntent(tx, intent, due);
const start = () => payments.start();
const destroy = () => knex.destroy();
""",
    "nestjs": """
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { DataSource } from "typeorm";
const { databaseOptions } = await import("./RUN/database.options.js");
const { AppModule } = await import("./RUN/app.module.js");
const { KryptogoService } = await import("./RUN/kryptogo/index.js");
const app = await NestFactory.create(AppModule, { abortOnError: false, logger: false });
const connected = (options) => new DataSource({ ...databaseOptions(), ...options }).initialize();
const plain = () => connected({ driver: undefined });
const ask = (tx, sql) => tx.query(sql);
const register = (tx, intent, due) => app.get(KryptogoService).registerIntent(tx, intent, due);
const start = () => app.init();
const destroy = () => app.get(DataSource).destroy();
""",
}
"""What connects as the application does: with further options, or with none of its own."""
KEYS = """
const store = await import("./RUN/kryptogo/core/store.js");
const own = await connected({ flags: [process.env["FLAG"]] });
const at = new Date("2026-01-02T03:04:05.678Z");
const payment = (payment_intent_id) => ({
  payment_intent_id, order_id: "o", client_id: "c", environment: "test", status: "pending",
  expected_fiat_amount: "1", fiat_currency: "TWD", payment_deadline: at, needs_review: false,
  created_at: at, updated_at: at,
});
const callback = (id) => ({
  id, payment_intent_id: "aB", status: "success", payload: {}, deliveries: 1, state: "pending",
  attempts: 0, next_attempt_at: at, first_received_at: at, last_received_at: at,
});
const applied = { applied_status: "success" };
const history = () => store.appendHistory(own, "aB", "applied", null, applied);
const told = {
  payments: [],
  callbacks: [
    await store.insertCallback(own, callback("1")),
    await store.insertCallback(own, callback("2")),
  ],
  history: [await history(), await history()],
};
for (const intent of ["aB", "Ab", "aB"]) {
  told.payments.push(await store.insertPayment(own, payment(intent)));
}
console.log(JSON.stringify(told));
await own.destroy();
await destroy();
"""
SIDE_BY_SIDE = """
const own = await plain();
const due = { orderId: "o", amount: "300", currency: "TWD" };
const registered = (intent) => own.transaction(async (tx) => {
  await ask(tx, "SELECT 1");
  await register(tx, intent, due);
  await ask(tx, "SELECT 1");
});
for (let round = 0; round < 20; round++) {
  const intents = Array.from({ length: 8 }, (_, one) => `new-${round}-${one}`);
  await Promise.all(intents.map(registered));
}
await own.destroy();
await destroy();
"""
STARTED = """
await start();
await new Promise((resolve) => setTimeout(resolve, 1500));
await destroy();
"""
CODES = """
const { isUnavailable } = await import("./RUN/kryptogo/core/database.js");
const mistake = await Promise.resolve().then(() => Buffer.from(5)).catch((error) => error);
const of = (code) => Object.assign(new Error("told"), { code });
const codes = ["ER_LOCK_DEADLOCK", "57P01", "SQLITE_BUSY", "ECONNREFUSED", "ERR_TLS_CERT_ALTNAME"];
const others = codes.map((code) => isUnavailable(of(code)));
console.log(JSON.stringify({ mistake: isUnavailable(mistake), others }));
await destroy();
"""
TOO_MANY = """
const own = await connected({});
const slow = () => ask(own, "SELECT SLEEP_FOR(15)").then(() => null, () => null);
const asked = Array.from({ length: 20 }, slow);
await new Promise((resolve) => setTimeout(resolve, 500));
const began = Date.now();
const answer = await ask(own, "SELECT 1").then(() => "answered", () => "refused");
console.log(JSON.stringify({ answer, seconds: (Date.now() - began) / 1000 }));
process.exit(asked.length - 20);
"""
SLEEP = {"postgresql": "pg_sleep", "mysql": "SLEEP"}
SETTINGS = {
    "KRYPTOGO_ENVIRONMENT": "test",
    "KRYPTOGO_CLIENT_ID": "sim_client",
    "KRYPTOGO_STUDIO_API_KEY": "sim_key",
    "KRYPTOGO_ORIGIN": "http://shop.test",
}


def test_a_taken_key_is_told_from_a_new_one_and_case_makes_two(world: World) -> None:
    for number, flag in enumerate(FLAGS.get(world.stack.database, ("",))):
        url = world.server.fresh(f"keys_taken_{number}").url
        ran = _run(world, KEYS, {"DATABASE_URL": url, "FLAG": flag, **SETTINGS})
        assert ran.code == 0, ran.err
        told = json.loads(ran.out)
        assert told["payments"] == [True, True, False], flag
        assert told["callbacks"] == told["history"] == [True, False], flag


def test_intents_that_are_registered_side_by_side_do_not_deadlock(world: World) -> None:
    """In transactions of the application's own, at its own level, which nobody tries again."""
    if world.stack.one_writer:
        return
    database = world.server.fresh("side_by_side")
    ran = _run(world, SIDE_BY_SIDE, {"DATABASE_URL": database.url, **SETTINGS})
    assert ran.code == 0, ran.err
    assert database.count("kryptogo_payments") == 160


def test_a_mistake_of_the_code_is_not_taken_for_a_database_that_is_away(world: World) -> None:
    """Node's own errors have codes as well: one would be waited for, and told without a place."""
    ran = _run(world, CODES, {"DATABASE_URL": world.server.fresh("codes").url, **SETTINGS})
    assert ran.code == 0, ran.err
    assert json.loads(ran.out) == {"mistake": False, "others": [True] * 5}


def test_the_wait_for_a_connection_is_bounded(world: World) -> None:
    """The pool of mysql2 has no bound of its own; SQLite has no pool."""
    if world.stack.one_writer:
        return
    script = TOO_MANY.replace("SLEEP_FOR", SLEEP[world.stack.database])
    ran = _run(world, script, {"DATABASE_URL": world.server.fresh("too_many").url, **SETTINGS})
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["answer"] == "refused"
    assert told["seconds"] < 10


def test_a_worker_keeps_no_process_alive(world: World) -> None:
    async def end(app: App) -> Ran:
        return await to_thread(_run, world, STARTED, {**app.variables, "KRYPTOGO_WORKER": "on"})

    ran = play(world, end, worker=False)
    assert ran.code == 0, ran.err


def _run(world: World, script: str, variables: dict[str, str]) -> Ran:
    """Run a module's text in the project's folder; raises TimeoutExpired where it does not end."""
    run_path = "dist" if "build" in world.project.commands else "src"
    whole = (CONNECTED[world.stack.framework] + script).replace("RUN", run_path)
    command = ["node", "--input-type=module", "-e", whole]
    return world.project.run(command, variables, timeout=60)
