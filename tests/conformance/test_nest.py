"""What Nest's own ways of wiring an application must not do to the payments."""

from __future__ import annotations

from asyncio import to_thread
from typing import TYPE_CHECKING

import pytest

from kgscaffold.ports import free_port
from tests.conformance.harness.playing import play
from tests.conformance.harness.project import build, copied
from tests.editing import edit

if TYPE_CHECKING:
    from pathlib import Path

    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("nestjs")

MAIL = """
import { Injectable, Scope } from "@nestjs/common";

@Injectable({ scope: Scope.REQUEST })
export class Mail {}
"""
PRODUCT = """
import { Column, Entity, PrimaryColumn } from "typeorm";

@Entity("orders")
export class Product {
  @PrimaryColumn({ type: "varchar", length: 32 })
  id!: string;

  @Column({ type: "varchar", length: 16 })
  status!: string;
}
"""
FOUND = """
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { DataSource } from "typeorm";
const { AppModule } = await import("./dist/app.module.js");
const { Product } = await import("./dist/product.js");
const app = await NestFactory.createApplicationContext(AppModule, { logger: ["error"] });
console.log(await app.get(DataSource).getRepository(Product).count());
process.exit();
"""
BESIDE = """
const { Database } = await import("./dist/data-source.js");
const { transaction } = await import("./dist/kryptogo/core/database.js");
const store = await import("./dist/kryptogo/core/store.js");
const db = await new Database().initialize();
const at = new Date();
const begun = Promise.withResolvers();
const failing = transaction(db, async (tx) => {
  await tx.query("UPDATE orders SET status = status");
  begun.resolve();
  await new Promise((resolve) => setTimeout(resolve, 200));
  throw new Error("taken back");
});
await begun.promise;
const beside = store.insertCallback(db, {
  id: "1", payment_intent_id: "beside", status: "success", payload: {}, deliveries: 1,
  state: "pending", attempts: 0, next_attempt_at: at, first_received_at: at, last_received_at: at,
});
await failing.catch(() => null);
await beside;
console.log((await store.callbacksOf(db, "beside")).length);
process.exit();
"""


def test_what_is_asked_beside_a_transaction_is_not_taken_back_with_it(world: World) -> None:
    """TypeORM has one connection to SQLite, for all."""
    url = world.server.fresh("beside").url
    command = ["node", "--input-type=module", "-e", BESIDE]
    ran = world.project.run(command, {"DATABASE_URL": url}, timeout=60)
    assert ran.out.strip() == "1", ran.told


def test_a_handler_of_a_request_stops_the_start_and_the_commands(world: World) -> None:
    """Nest makes all that depends on it anew for each request, and the worker for none."""
    project = copied(world.project, world.folder / "shop-of-requests")
    source = project.folder / "src"
    suffix = _suffix(source)
    # The instrument makes its handlers itself, of whatever scope.
    edit(source / "app.module.ts", "handlers: recorded(handlers)", "handlers")
    (source / "mail.ts").write_text(MAIL)
    edit(source / "orders/orders.module.ts", "providers: [", "providers: [Mail, ")
    edit(source / "orders/orders.module.ts", "exports: [", "exports: [Mail, ")
    _import(source / "orders/orders.module.ts", f'import {{ Mail }} from "../mail{suffix}";')
    success = source / "kryptogo/handlers/success.ts"
    edit(success, "constructor(", "constructor(readonly mail: Mail, ")
    _import(success, f'import {{ Mail }} from "../../mail{suffix}";')
    build(project)

    async def start(app: App) -> list[Ran]:
        variables = app.with_variables(PORT=str(free_port()))
        commands = project.commands["start"], [*project.commands["ops"], "list"]
        return [await to_thread(project.run, one, variables, 60) for one in commands]

    for ran in play(world, start, worker=False):
        assert ran.code == 1
        assert "SuccessHandler is given something of the scope REQUEST" in ran.told
        assert "    at " not in ran.told, "no stack"


def test_entities_of_a_module_of_the_application_s_own_are_loaded(world: World) -> None:
    """By `autoLoadEntities`, as Nest's own pages have it."""
    project = copied(world.project, world.folder / "shop-with-entities")
    source = project.folder / "src"
    (source / "product.ts").write_text(PRODUCT)
    edit(
        source / "database.module.ts",
        "...databaseOptions(),",
        "...databaseOptions(), autoLoadEntities: true,",
    )
    orders = source / "orders/orders.module.ts"
    edit(orders, "providers: [", "imports: [TypeOrmModule.forFeature([Product])],\n  providers: [")
    _import(orders, f'import {{ Product }} from "../product{_suffix(source)}";')
    _import(orders, 'import { TypeOrmModule } from "@nestjs/typeorm";')
    build(project)

    async def count(app: App) -> Ran:
        await app.order()
        command = ["node", "--input-type=module", "-e", FOUND]
        return await to_thread(project.run, command, app.variables)

    ran = play(world, count, worker=False)
    assert ran.out.strip() == "1", ran.told


def _suffix(source: Path) -> str:
    """Give how modules are named in imports."""
    return ".js" if '.js";' in (source / "app.module.ts").read_text() else ""


def _import(path: Path, line: str) -> None:
    path.write_text(f"{line}\n{path.read_text()}")
