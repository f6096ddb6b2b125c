"""Start the demo as a user does, and look at what it leaves behind."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("kgscaffold"))
MARK = "KGSCAFFOLD_DEMO_MARK"
OUTCOMES = {"new", "paid", "expired", "underpaid", "refunded"}


def run_demo(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `kgscaffold demo` in `folder`, without a terminal, to its end."""
    return subprocess.run(
        [PROGRAM, "demo", *arguments],
        cwd=folder,
        env={**marked(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def query(shop: Path, statement: str) -> list[tuple[object, ...]]:
    """Give the rows of a query of the shop's database."""
    (file,) = [path for path in (shop / "shop.db", shop / "instance/shop.db") if path.exists()]
    with sqlite3.connect(file) as database:
        rows = database.execute(statement).fetchall()
    database.close()
    return rows


def ports_of(shop: Path) -> list[int]:
    """Give the ports in the shop's `.env`, none where it was not written yet."""
    settings = shop / ".env"
    text = settings.read_text() if settings.exists() else ""
    found = re.findall(r"^(?:PORT=|KRYPTOGO_API_BASE_URL=http://127.0.0.1:)(\d+)$", text, re.M)
    return [int(port) for port in found]


def marked(folder: Path) -> dict[str, str]:
    """Give the environment of a demo by which `left_behind` knows every process that it began."""
    return {**os.environ, MARK: str(folder)}


def left_behind(folder: Path) -> list[str]:
    """Give the processes of the demo marked by `folder` that still run 1 s after its end."""
    deadline = time.monotonic() + 1
    while (found := _marked_processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _marked_processes(folder: Path) -> list[str]:
    command = ["ps", "axeww", "-o", "pid,command"]
    # What other processes have in their environment need not be text.
    listed = subprocess.run(
        command, capture_output=True, text=True, errors="backslashreplace", check=True
    )
    return [line for line in listed.stdout.splitlines() if f"{MARK}={folder} " in f"{line} "]
