"""How many callbacks one worker settles in a second: the templates, 0.2.0, and one by hand.

    python -m benchmarks.settle [--cell express-postgresql] [--callbacks 1000] [--rounds 3]
                                [--payments 1000 1000000]

KryptoGO is a process on loopback that answers at once; it, the database and the worker share the
machine's cores. All work in turn, in one run, each on its own database with so many payments
(default: 1,000) already settled; 0.2.0 where it had the combination. The rate is the number of
callbacks by the time between the first and the last that was done. Beside them a program written
by hand (`by_hand`), in the same stack, asks KryptoGO and settles in one locked transaction, without
claims, leases or anything that can be told a second time. Prints medians, and ends with 1 where the
present is not three times as fast as 0.2.0, not 0.8 of what is written by hand, or where the last
number of payments makes it over 1.2 times slower than the first.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import by_hand
from benchmarks.cells import BEFORE, NOW, Cell, Shop, opened
from tests.conformance.harness.database import as_time
from tests.conformance.harness.stacks import STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    Measured = list[tuple[float, float]]

BY_HAND = "by hand"
FASTER, SLOWER, OF_BY_HAND = 3.0, 1.2, 0.8
USUAL = ["fastapi-sqlite", "fastapi-postgresql", "express-postgresql", "nestjs-postgresql"]
WITHIN = 300
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure and print; give 1 where the worker is slower than it should be."""
    parser = argparse.ArgumentParser(description="callbacks settled in a second, now and before")
    parser.add_argument("--cell", choices=STACKS, action="append")
    parser.add_argument("--callbacks", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--payments", type=int, nargs="+", default=[1000])
    asked = parser.parse_args()
    good = True
    with _provider() as provider:
        for name in asked.cell or USUAL:
            with opened(STACKS[name]) as cell:
                shops = {
                    (version, payments): _make(cell, version, payments)
                    for payments in asked.payments
                    for version in (*cell.versions, BY_HAND)
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


def _make(cell: Cell, version: str, payments: int) -> Shop:
    shop = cell.shop(NOW if version == BY_HAND else version)
    shop.fill("old", payments, state="done")
    return shop


def _measure(
    shops: dict[tuple[str, int], Shop], provider: str, callbacks: int, rounds: int
) -> dict[tuple[str, int], Measured]:
    rates: dict[tuple[str, int], Measured] = {case: [] for case in shops}
    for number in range(rounds):
        for case, shop in shops.items():
            command = shop.project.commands["worker"]
            if case[0] == BY_HAND:
                command = [*shop.by_hand(by_hand.SETTLING), f"r{number}x", str(callbacks)]
            rates[case].append(_settle(shop, provider, f"r{number}x", callbacks, command))
    return rates


def _settle(
    shop: Shop, provider: str, prefix: str, callbacks: int, command: list[str]
) -> tuple[float, float]:
    """Let a worker settle new callbacks: how many a second, and the CPU seconds that one takes."""
    shop.fill(prefix, callbacks, state="pending")
    mine = f"FROM kryptogo_callbacks WHERE payment_intent_id LIKE '{prefix}%' AND state = 'done'"
    deadline, began, spent, cpu = time.monotonic() + WITHIN, 0, 0.0, 0.0
    with shop.running(command, KRYPTOGO_API_BASE_URL=provider) as worker:
        done = 0
        while done < callbacks:
            if time.monotonic() > deadline:
                told = worker.printed()[-4000:]
                raise RuntimeError(f"{done} of {callbacks} callbacks were settled:\n{told}")
            time.sleep(0.1)
            done = int(str(shop.query(f"SELECT count(*) {mine}")[0][0]))
            if worker.running:
                cpu = _cpu_seconds(worker.pid)
            if done and not began:
                began, spent = done, cpu
    ((first, last),) = shop.query(f"SELECT min(processed_at), max(processed_at) {mine}")
    elapsed = (as_time(last) - as_time(first)).total_seconds()
    return (callbacks - 1) / elapsed, (cpu - spent) / max(1, callbacks - began)


def _cpu_seconds(pid: int) -> float:
    """The time that a process has been running on a CPU, as Linux counts it."""
    counters = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(counters[11]) + int(counters[12])) / TICKS


def _report(name: str, rates: dict[tuple[str, int], Measured], payments: list[int]) -> bool:
    medians: dict[tuple[str, int], float] = {}
    for (version, settled), measured in rates.items():
        by_second, cpu = (statistics.median(values) for values in zip(*measured, strict=True))
        medians[version, settled] = by_second
        spread = f"{min(m[0] for m in measured):.0f}-{max(m[0] for m in measured):.0f}"
        sys.stdout.write(
            f"{name}, {settled} payments, {version}: {by_second:.1f} callbacks a second"
            f" ({spread}), {cpu * 1000:.1f} ms of CPU each\n"
        )

    def least(of: str) -> float:
        return min(medians[NOW, one] / medians[of, one] for one in payments)

    told, good = f"{least(BY_HAND):.2f} of what is by hand", least(BY_HAND) >= OF_BY_HAND
    if (BEFORE, payments[0]) in medians:
        told = f"{least(BEFORE):.2f} times {BEFORE}, {told}"
        good &= least(BEFORE) >= FASTER
    if len(payments) > 1:
        slower = medians[NOW, payments[0]] / medians[NOW, payments[-1]]
        told += f"; {payments[0]} payments {slower:.2f} times {payments[-1]}"
        good &= slower <= SLOWER
    sys.stdout.write(f"{name}: {told}\n")
    sys.stdout.flush()
    return good


if __name__ == "__main__":
    sys.exit(main())
