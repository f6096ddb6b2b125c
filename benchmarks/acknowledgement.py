"""What an acknowledgement costs beside a bare INSERT in the same application.

    python -m benchmarks.acknowledgement [--cell express-postgresql] [--callbacks 800] [--rounds 5]

One process, its worker off, serves the generated route and one written by hand (`by_hand`) that
does one INSERT by the same library, through the same pool. 16 connections deliver to each in turn,
in one run; the sender, the application and the database share the machine's cores. 0.2.0 is
measured beside them where it had the combination. Prints medians, and the median of each round's
ratio; ends with 1 where the present comes below 0.85 of the bare INSERT.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import httpx

from benchmarks import by_hand
from benchmarks.cells import NOW, SETTINGS, Cell, Shop, opened
from kgscaffold.ports import free_port
from tests.conformance.harness.stacks import STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = 0.85
CONNECTIONS = 16
GENERATED = f"/api/payment/callback?token={SETTINGS['KRYPTOGO_CALLBACK_TOKEN']}"
BARE = "/bare?"
BARE_INSERT = "bare INSERT"
USUAL = [
    *("fastapi-sqlite", "fastapi-postgresql", "flask-postgresql"),
    *("express-postgresql", "nestjs-postgresql"),
]


def main() -> int:
    """Measure and print; give 1 where an acknowledgement is dearer than it should be."""
    parser = argparse.ArgumentParser(description="the generated route beside a bare INSERT")
    parser.add_argument("--cell", choices=STACKS, action="append")
    parser.add_argument("--callbacks", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    good = True
    for name in asked.cell or USUAL:
        with opened(STACKS[name]) as cell:
            good &= _compare(cell, asked.callbacks, asked.rounds) >= LEAST
    return 0 if good else 1


@contextmanager
def _served(shop: Shop) -> Iterator[str]:
    """The application on a port of its own, until the exit; gives its address."""
    port = free_port()
    command = shop.by_hand(by_hand.SERVER)
    with shop.running(command, PORT=str(port), KRYPTOGO_WORKER="off") as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            if not process.running:
                raise RuntimeError(f"{' '.join(command)} has ended:\n{process.printed()[-4000:]}")
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/healthz")
                break
            time.sleep(0.1)
        yield url


def _compare(cell: Cell, callbacks: int, rounds: int) -> float:
    """Measure in turns; print, and give the ratio of the present to the bare INSERT."""
    with ExitStack() as serving:
        targets = {}
        for version in cell.versions:
            shop = cell.shop(version)
            url = serving.enter_context(_served(shop))
            shop.fill("r", callbacks * (rounds + 1), state=None)
            targets[f"generated, {version}"] = url + GENERATED
            if version == NOW:
                targets = {BARE_INSERT: url + BARE, **targets}
        rates = _measure(targets, callbacks, rounds)
    ratio = 0.0
    for title, measured in rates.items():
        pairs = zip(measured, rates[BARE_INSERT], strict=True)
        ratio = statistics.median(rate / bare for rate, bare in pairs)
        sys.stdout.write(
            f"{cell.stack.name}, {title}: {statistics.median(measured):.0f} a second"
            f" ({min(measured):.0f}-{max(measured):.0f}), {ratio:.2f} of the bare INSERT\n"
        )
    sys.stdout.flush()
    return ratio


def _measure(targets: dict[str, str], callbacks: int, rounds: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {title: [] for title in targets}
    for number in range(rounds + 1):
        for title, url in targets.items():
            rate = _deliver(url, range(number * callbacks, (number + 1) * callbacks))
            if number:  # the first round only warms up
                rates[title].append(rate)
    return rates


def _deliver(url: str, numbers: range) -> float:
    """Send a callback for each of these intents; how many a second were accepted."""
    intents = "\n".join(f"r{number + 1}" for number in numbers)
    command = [sys.executable, "-m", "benchmarks.load", url, str(CONNECTIONS)]
    ran = subprocess.run(command, input=intents.encode(), capture_output=True, check=True)
    report = json.loads(ran.stdout)
    if report["statuses"] != {"200": len(numbers)}:
        raise RuntimeError(f"{url} answered {report['statuses']}")
    return len(numbers) / float(report["seconds"])


if __name__ == "__main__":
    sys.exit(main())
