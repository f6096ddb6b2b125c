# kgscaffold:id=core/ops
"""The command line for the people who run the shop."""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ..config import find_order
from . import payments, queue, review
from .change import HandlerFailed
from .database import UNAVAILABLE, in_transaction
from .model import Status
from .registration import RegistrationError, register_intent
from .settings import ConfigurationError, settings
from .worker import process_due, running_worker

ERRORS = (ConfigurationError, RegistrationError, review.NotPossible, HandlerFailed, UnicodeError)


async def register(args: argparse.Namespace) -> dict[str, Any]:
    values = args.intent, args.order, args.amount, args.currency, args.deadline
    await in_transaction(register_intent, *values)
    return {"registered": args.intent}


async def show(args: argparse.Namespace) -> dict[str, Any]:
    payment = await payments.get(args.intent)
    callbacks = await queue.of_intent(args.intent)
    if payment is None and not callbacks:
        raise review.NotPossible(f"nothing is known of intent {args.intent}")
    return {
        "payment": asdict(payment) if payment else None,
        "callbacks": callbacks,
        "history": await payments.history_of(args.intent),
        "order": await find_order(payment.order_id) if payment else None,
    }


async def work(args: argparse.Namespace) -> dict[str, Any]:
    if args.once:
        return {"processed": await process_due()}
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_worker():
        await stop.wait()
    return {"stopped": True}


async def reconcile(args: argparse.Namespace) -> dict[str, Any]:
    return {"processed": await review.reconcile()}


async def review_list(args: argparse.Namespace) -> dict[str, Any]:
    return {"payments": [asdict(payment) for payment in await payments.to_review()]}


async def review_resolve(args: argparse.Namespace) -> dict[str, Any]:
    status = Status(args.status) if args.status else None
    await review.resolve(args.intent, status, args.note)
    return {"resolved": args.intent}


async def replay(args: argparse.Namespace) -> dict[str, Any]:
    if args.handler:
        return {"handler": args.intent, "ran_again": await review.replay_handler(args.intent)}
    return {"reopened": await review.replay(args.intent)}


def unix_time(text: str) -> datetime:
    """The time that is `text` seconds after 1970. Raises ValueError."""
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (OverflowError, OSError):
        raise ValueError(text) from None


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    top = argparse.ArgumentParser(prog="kryptogo", description="KryptoGO payments of this shop.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, about: str, under: Any = commands) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = under.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON object on one line")
        return added

    add = command("register", register, "bind an intent to an order by hand")
    for flag in ("--intent", "--order", "--amount", "--currency"):
        add.add_argument(flag, required=True)
    add.add_argument("--deadline", type=unix_time, metavar="UNIX")
    command("show", show, "all that is known of an intent").add_argument("intent")
    once = command("work", work, "process callbacks until stopped")
    once.add_argument("--once", action="store_true", help="all that is due now, then exit")
    command("reconcile", reconcile, "re-check payments that should have moved (for cron)")
    waiting = commands.add_parser("review", help="payments that wait for a person")
    reviews = waiting.add_subparsers(required=True, metavar="COMMAND")
    command("list", review_list, "list them", reviews)
    resolve = command("resolve", review_resolve, "decide about one", reviews)
    resolve.add_argument("intent")
    choice = resolve.add_mutually_exclusive_group(required=True)
    choice.add_argument("--keep", action="store_true", help="leave the payment as it is")
    choice.add_argument("--as", dest="status", choices=[*map(str, Status)], help="set this status")
    resolve.add_argument("--note", required=True, help="why, for the history")
    again = command("replay", replay, "re-open dead, rejected and held callbacks")
    again.add_argument("intent")
    again.add_argument("--handler", action="store_true", help="run the current status's handler")
    return top


def main() -> int:
    """Run one command; the exit code: 0, or 1 with the error."""
    args = parser().parse_args()
    try:
        settings()
        answer, code = asyncio.run(args.run(args)), 0
    except ERRORS as error:
        answer, code = {"error": str(error)}, 1
    except UNAVAILABLE as error:
        reason = str(error).partition("\n")[0]
        answer, code = {"error": f"{reason} (is the database there, and migrated?)"}, 1
    text = json.dumps(answer, indent=None if args.json else 2, default=str)
    print(text, file=sys.stdout if args.json or not code else sys.stderr)
    return code
