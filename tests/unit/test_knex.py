"""Knex's migrations, whose file names say in which order they run."""

from __future__ import annotations

import pytest

from kgscaffold.migrations.knex import KNEX


@pytest.mark.parametrize(
    "text",
    [
        "export async function up(knex: Knex): Promise<void> {",
        "export function up(knex) {",
        "export const up = async (knex) => {",
        "exports.up = async function (knex) {",
        "module.exports.up = up;",
        "/** Orders. */\nexport { up, down };",
        "module.exports = { up, down };",
    ],
)
def test_a_migration_exports_up(text: str) -> None:
    revision = KNEX.read("src/migrations/0001_orders.ts", text.encode())
    assert revision is not None
    assert revision.name == "0001_orders"
    assert revision.parents == ()


@pytest.mark.parametrize("text", ["", "export function update() {}", "// export up", "up();"])
def test_another_file_is_none(text: str) -> None:
    assert KNEX.read("src/migrations/index.ts", text.encode()) is None


def test_the_one_that_runs_last_is_the_head() -> None:
    names = ["20270101120000_users", "0001_orders", "kryptogo_0003_x", "0002_kryptogo"]
    revisions = [KNEX.read(f"m/{name}.js", b"exports.up = 1") for name in names]
    heads = KNEX.heads([revision for revision in revisions if revision])
    assert [head.name for head in heads] == ["kryptogo_0003_x"]
    assert KNEX.heads([]) == []


def test_a_migration_stays_as_it_is_wherever_it_comes() -> None:
    assert KNEX.parent_of("exports.up = 1") is None
    assert KNEX.following(b"exports.up = 1", "0001_orders") == b"exports.up = 1"
