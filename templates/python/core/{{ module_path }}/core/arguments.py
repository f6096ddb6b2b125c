# kgscaffold:id=core/arguments
"""The commands and their arguments."""

import argparse
from datetime import UTC, datetime
from typing import Any

from .model import Status

STATUSES = [str(status) for status in Status]


def unix_time(text: str) -> datetime:
    """The time that is `text` seconds after 1970. Raises ValueError."""
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (OverflowError, OSError):
        raise ValueError(text) from None


def count(text: str) -> int:
    """A number from 1 to 10,000. Raises ValueError."""
    number = int(text)
    if not 1 <= number <= 10_000:
        raise ValueError(text)
    return number


def parser() -> argparse.ArgumentParser:
    """The parser; the name of the command is its `command`."""
    top = argparse.ArgumentParser(prog="kryptogo", description="KryptoGO payments of this shop.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, about: str, under: Any = commands) -> argparse.ArgumentParser:
        last = name.rpartition(" ")[2]
        added: argparse.ArgumentParser = under.add_parser(last, help=about, description=about)
        added.set_defaults(command=name)
        added.add_argument("--json", action="store_true", help="one JSON object on one line")
        return added

    register = command("register", "bind an intent to an order by hand")
    for flag in ("--intent", "--order", "--amount", "--currency"):
        register.add_argument(flag, required=True)
    register.add_argument("--deadline", type=unix_time, metavar="UNIX")
    show = command("show", "all that is known of some intents, or of an order's")
    chosen = show.add_mutually_exclusive_group(required=True)
    chosen.add_argument("intents", nargs="*", default=[], metavar="ID")
    chosen.add_argument("--order")
    latest = command("list", "the latest payments")
    latest.add_argument("--status", choices=STATUSES)
    latest.add_argument("--limit", type=count, default=20)
    work = command("work", "process callbacks until stopped")
    work.add_argument("--once", action="store_true", help="all that is due now, then exit")
    command("reconcile", "re-check payments that should have moved (for cron)")
    waiting = commands.add_parser("review", help="payments that wait for a person")
    reviews = waiting.add_subparsers(required=True, metavar="COMMAND")
    command("review list", "list them: what happened, and what can be done", reviews)
    resolve = command("review resolve", "decide about one", reviews)
    resolve.add_argument("intent")
    choice = resolve.add_mutually_exclusive_group(required=True)
    choice.add_argument("--keep", action="store_true", help="leave the payment as it is")
    choice.add_argument("--as", dest="status", choices=STATUSES, help="set this status")
    resolve.add_argument("--note", required=True, help="why, for the history")
    replay = command("replay", "re-open dead, rejected and held callbacks")
    replay.add_argument("intent")
    replay.add_argument("--handler", action="store_true", help="run the current status's handler")
    return top
