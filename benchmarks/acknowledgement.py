"""What an acknowledgement costs beside a bare INSERT in the same application.

    python -m benchmarks.acknowledgement [--database sqlite] [--callbacks 800] [--rounds 5]

One uvicorn process, its worker off, serves the generated route and one written by hand that does
one INSERT in a session of the same engine. 16 connections deliver to each in turn, in one run;
the sender, the application and the database share the machine's cores. 0.2.0 is measured beside
them. Prints medians, and the median of each round's ratio; ends with 1 where the present comes
below 0.8.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from benchmarks.shops import NOW, SETTINGS, Servers, Shop, make_shop, workshop
from kgscaffold.answers import Database
from kgscaffold.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = "0.2.0"
LEAST = 0.8
CONNECTIONS = 16
GENERATED = f"/api/payment/callback?token={SETTINGS['KRYPTOGO_CALLBACK_TOKEN']}"
BARE = "/bare?"
BARE_INSERT = "bare INSERT"
APPLICATION = """
from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import JSONResponse

from app.db import metadata, sessions
from app.main import app

bare = sa.Table(
    "bare",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("payment_intent_id", sa.String(64), nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
)
INSERT = sa.insert(bare)


@app.post("/bare")
async def insert(request: Request) -> JSONResponse:
    payload = await request.json()
    row = {
        "id": uuid4().hex,
        "payment_intent_id": payload["payment_intent_id"],
        "status": payload["status"],
        "payload": payload,
        "received_at": datetime.now(UTC),
    }
    async with sessions.begin() as tx:
        await tx.execute(INSERT, row)
    return JSONResponse({"received": True})
"""
TABLE = (
    "CREATE TABLE bare (id varchar(32) PRIMARY KEY, payment_intent_id varchar(64) NOT NULL,"
    " status varchar(32) NOT NULL, payload json NOT NULL, received_at timestamptz NOT NULL)"
)


def main() -> int:
    """Measure and print; give 1 where an acknowledgement is dearer than it should be."""
    parser = argparse.ArgumentParser(description="the generated route beside a bare INSERT")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--callbacks", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    worst = 1.0
    with workshop() as (servers, folder):
        for name in asked.database or ["sqlite", "postgresql"]:
            with ExitStack() as serving:
                urls = {}
                for version in (BEFORE, NOW):
                    shop = _make(servers, folder, Database(name), version)
                    urls[version] = serving.enter_context(_serve(shop))
                    shop.fill("r", asked.callbacks * (asked.rounds + 1), state=None)
                targets = {
                    BARE_INSERT: urls[NOW] + BARE,
                    f"generated, {BEFORE}": urls[BEFORE] + GENERATED,
                    f"generated, {NOW}": urls[NOW] + GENERATED,
                }
                worst = min(worst, _compare(name, targets, asked.callbacks, asked.rounds))
    return 0 if worst >= LEAST else 1


def _make(servers: Servers, folder: Path, database: Database, version: str) -> Shop:
    name = f"{database}_{version.replace('.', '_')}"
    shop = make_shop(folder / name, database, version, servers.fresh(database, name))
    (shop.folder / "measured.py").write_text(APPLICATION, encoding="utf-8")
    shop.query(TABLE)
    return shop


@contextmanager
def _serve(shop: Shop) -> Iterator[str]:
    """The application on a port of its own, until the exit; gives its address."""
    port = free_port()
    command = ["uvicorn", "measured:app", "--port", str(port), "--log-level", "warning"]
    with shop.running(*command, "--no-access-log", KRYPTOGO_WORKER="off"):
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/healthz")
                break
            time.sleep(0.1)
        yield url


def _compare(name: str, targets: dict[str, str], callbacks: int, rounds: int) -> float:
    """Measure in turns; print, and give the ratio of the present to the bare INSERT."""
    rates: dict[str, list[float]] = {title: [] for title in targets}
    for number in range(rounds + 1):
        for title, url in targets.items():
            rate = _deliver(url, range(number * callbacks, (number + 1) * callbacks))
            if number:  # the first round only warms up
                rates[title].append(rate)
    ratio = 0.0
    for title, measured in rates.items():
        pairs = zip(measured, rates[BARE_INSERT], strict=True)
        ratio = statistics.median(rate / bare for rate, bare in pairs)
        sys.stdout.write(
            f"{name}, {title}: {statistics.median(measured):.0f} a second"
            f" ({min(measured):.0f}-{max(measured):.0f}), {ratio:.2f} of the bare INSERT\n"
        )
    return ratio


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
