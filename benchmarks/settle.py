"""How many callbacks one worker settles in a second: the templates, 0.2.0, and one by hand.

    python -m benchmarks.settle [--database sqlite] [--callbacks 300] [--rounds 3]
                                [--payments 1000 1000000]

KryptoGO is a process on loopback that answers at once; it, the database and the worker share the
machine's cores. Both versions work in turn, in one run, each on its own database with so many
payments (default: 1,000) already settled. The rate is the number of callbacks by the time between
the first and the last that was done. Beside them a program written by hand, in the same stack,
asks KryptoGO and settles in one locked transaction, without claims, leases or anything that can be
told a second time. Prints medians, and ends with 1 where the present is not three times as fast as
0.2.0, not 0.8 of what is written by hand, or where the last number of payments makes it over 1.2
times slower than the first.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.shops import NOW, Servers, Shop, make_shop, workshop
from kgscaffold.answers import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = "0.2.0"
BY_HAND = "by hand"
FASTER, SLOWER, OF_BY_HAND = 3.0, 1.2, 0.8
PROGRAM = """
import asyncio
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import httpx
import sqlalchemy as sa
from app.db import engine, sessions
from app.kryptogo.core.tables import callbacks, history, payments
from app.orders import update_order

PAYMENT = payments.c.payment_intent_id == sa.bindparam("intent")
LOCK = sa.update(payments).where(PAYMENT).returning(*payments.c)
UPDATE = sa.update(payments).where(PAYMENT)
DONE = sa.update(callbacks).where(callbacks.c.payment_intent_id == sa.bindparam("intent"))
INSERT = sa.insert(history)
URL = os.environ["KRYPTOGO_API_BASE_URL"] + "/v1/studio/api/payment/intent/"


async def settle(http, intent):
    answer = (await http.get(URL + intent)).json()["data"]
    at = datetime.now(UTC)
    async with sessions.begin() as tx:
        payment = (await tx.execute(LOCK, {"intent": intent, "updated_at": at})).one()
        due = Decimal(payment.expected_fiat_amount)
        if payment.status != "pending" or Decimal(answer["fiat_amount"]) != due:
            raise RuntimeError(intent)
        values = {"status": "success", "payment_tx_hash": answer["payment_tx_hash"]}
        await tx.execute(UPDATE, {"intent": intent, **values})
        entry = {"id": uuid4().hex, "payment_intent_id": intent, "applied_status": "success"}
        entry |= {"outcome": "applied", "source": "callback", "detail": answer, "created_at": at}
        await tx.execute(INSERT, entry)
        await update_order(tx, payment.order_id, status="paid", payment_tx_hash="0x")
        await tx.execute(DONE, {"intent": intent, "state": "done", "processed_at": at})


async def main():
    waiting = iter(f"{sys.argv[1]}{number + 1}" for number in range(int(sys.argv[2])))

    async def work(http):
        for intent in waiting:
            await settle(http, intent)

    async with httpx.AsyncClient() as http:
        await asyncio.gather(*(work(http) for _ in range(8)))
    await engine.dispose()


asyncio.run(main())
"""
WITHIN = 300
NAMED = str.maketrans(". ", "__")
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure and print; give 1 where the worker is slower than it should be."""
    parser = argparse.ArgumentParser(description="callbacks settled in a second, now and before")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--callbacks", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--payments", type=int, nargs="+", default=[1000])
    asked = parser.parse_args()
    good = True
    with workshop() as (servers, folder), _provider() as provider:
        for name in asked.database or ["sqlite", "postgresql"]:
            shops = {
                (version, payments): _make(servers, folder, Database(name), version, payments)
                for payments in asked.payments
                for version in (BEFORE, NOW, BY_HAND)
            }
            rates = _measure(shops, provider, asked.callbacks, asked.rounds)
            good &= _report(name, rates, asked.payments)
    return 0 if good else 1


@contextmanager
def _provider() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.provider"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("the provider has no output")
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


def _make(servers: Servers, folder: Path, database: Database, version: str, payments: int) -> Shop:
    name = f"{database}_{version.translate(NAMED)}_{payments}"
    stands = NOW if version == BY_HAND else version
    shop = make_shop(folder / name, database, stands, servers.fresh(database, name))
    (shop.folder / "by_hand.py").write_text(PROGRAM, encoding="utf-8")
    shop.fill("old", payments, state="done")
    return shop


def _measure(
    shops: dict[tuple[str, int], Shop], provider: str, callbacks: int, rounds: int
) -> dict[tuple[str, int], list[tuple[float, float]]]:
    rates: dict[tuple[str, int], list[tuple[float, float]]] = {case: [] for case in shops}
    for number in range(rounds):
        for case, shop in shops.items():
            program = ["app.kryptogo", "work"]
            if case[0] == BY_HAND:
                program = ["by_hand", f"r{number}x", str(callbacks)]
            rates[case].append(_settle(shop, provider, f"r{number}x", callbacks, program))
    return rates


def _settle(
    shop: Shop, provider: str, prefix: str, callbacks: int, command: list[str]
) -> tuple[float, float]:
    """Let a worker settle new callbacks: how many a second, and the CPU seconds that one takes."""
    shop.fill(prefix, callbacks, state="pending")
    mine = f"FROM kryptogo_callbacks WHERE payment_intent_id LIKE '{prefix}%' AND state = 'done'"
    deadline, began, spent = time.monotonic() + WITHIN, 0, 0.0
    with shop.running(*command, KRYPTOGO_API_BASE_URL=provider) as worker:
        done = 0
        while done < callbacks:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{done} of {callbacks} callbacks were settled")
            time.sleep(0.2)
            done = int(str(shop.query(f"SELECT count(*) {mine}")[0][0]))
            cpu = _cpu_seconds(worker.pid)
            if done and not began:
                began, spent = done, cpu
    ((first, last),) = shop.query(f"SELECT min(processed_at), max(processed_at) {mine}")
    elapsed = datetime.fromisoformat(str(last)) - datetime.fromisoformat(str(first))
    return (callbacks - 1) / elapsed.total_seconds(), (cpu - spent) / max(1, callbacks - began)


def _cpu_seconds(pid: int) -> float:
    """The time that a process has been running on a CPU, as Linux counts it."""
    counters = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(counters[11]) + int(counters[12])) / TICKS


def _report(
    name: str, rates: dict[tuple[str, int], list[tuple[float, float]]], payments: list[int]
) -> bool:
    medians: dict[tuple[str, int], float] = {}
    for (version, settled), measured in rates.items():
        by_second, cpu = (statistics.median(values) for values in zip(*measured, strict=True))
        medians[version, settled] = by_second
        spread = f"{min(m[0] for m in measured):.0f}-{max(m[0] for m in measured):.0f}"
        sys.stdout.write(
            f"{name}, {settled} payments, {version}: {by_second:.1f} callbacks a second"
            f" ({spread}), {cpu * 1000:.1f} ms of CPU each\n"
        )
    faster = min(medians[NOW, one] / medians[BEFORE, one] for one in payments)
    by_hand = min(medians[NOW, one] / medians[BY_HAND, one] for one in payments)
    slower = medians[NOW, payments[0]] / medians[NOW, payments[-1]]
    sys.stdout.write(f"{name}: {faster:.2f} times {BEFORE}, {by_hand:.2f} of what is by hand")
    if len(payments) > 1:
        sys.stdout.write(f"; {payments[0]} payments {slower:.2f} times {payments[-1]}")
    sys.stdout.write("\n")
    return faster >= FASTER and slower <= SLOWER and by_hand >= OF_BY_HAND


if __name__ == "__main__":
    sys.exit(main())
