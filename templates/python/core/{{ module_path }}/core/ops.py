# kgscaffold:id=core/ops
"""The command line for the people who run the shop."""

import argparse
import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ..config import find_order
from . import review, screen, store
from .concurrency import run, until_stopped
from .database import transaction
from .dialect import UNAVAILABLE
from .model import Status
from .registration import RegistrationError, register_intent
from .settings import ConfigurationError, check_start, settings
from .settle import HandlerFailed
from .worker import process_due, worker


class Unknown(Exception):
    """Nothing is known of what was asked for."""


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
    latest.add_argument("--status", type=Status, choices=list(Status))
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
    choice.add_argument("--as", dest="status", type=Status, choices=list(Status), help="set this")
    resolve.add_argument("--note", required=True, help="why, for the history")
    replay = command("replay", "re-open dead, rejected and held callbacks")
    replay.add_argument("intent")
    replay.add_argument("--handler", action="store_true", help="run the current status's handler")
    return top


async def show(args: argparse.Namespace) -> Any:
    intents = args.intents
    if args.order is not None:
        found = await store.payments_of_order(args.order)
        intents = [payment.payment_intent_id for payment in found]
        if not intents:
            raise Unknown(f"no payment is known of order {args.order}")
    shown = [await _all_about(intent) for intent in intents]
    return shown[0] if args.order is None and len(shown) == 1 else shown


async def _all_about(intent: str) -> dict[str, Any]:
    payment = await store.get_payment(intent)
    callbacks = await store.callbacks_of(intent)
    if payment is None and not callbacks:
        raise Unknown(f"nothing is known of intent {intent}")
    return {
        "payment": asdict(payment) if payment else None,
        "callbacks": [asdict(callback) for callback in callbacks],
        "history": await store.history_of(intent),
        "order": await find_order(payment.order_id) if payment else None,
    }


async def latest(args: argparse.Namespace) -> Any:
    found = await store.latest_payments(args.limit, args.status)
    return {"payments": [asdict(payment) for payment in found]}


async def review_list(args: argparse.Namespace) -> Any:
    found = await store.payments_to_review()
    explained = [(asdict(payment), screen.explain(payment.review_reason)) for payment in found]
    return {"payments": [{**payment, "explanation": why} for payment, why in explained]}


async def register(args: argparse.Namespace) -> Any:
    values = args.intent, args.order, args.amount, args.currency, args.deadline
    await transaction(lambda tx: register_intent(tx, *values))
    return {"registered": args.intent}


async def work(args: argparse.Namespace) -> Any:
    await check_start()
    if args.once:
        return {"processed": await process_due()}
    async with worker().running():
        await until_stopped()
    return {"stopped": True}


async def reconcile(args: argparse.Namespace) -> Any:
    return {"processed": await review.reconcile()}


async def resolve(args: argparse.Namespace) -> Any:
    await review.resolve(args.intent, args.status, args.note)
    return {"resolved": args.intent}


async def replay(args: argparse.Namespace) -> Any:
    if args.handler:
        return {"handler": args.intent, "ran_again": await review.replay_handler(args.intent)}
    return {"reopened": await review.replay(args.intent)}


COMMANDS = {
    "register": register,
    "show": show,
    "list": latest,
    "work": work,
    "reconcile": reconcile,
    "review list": review_list,
    "review resolve": resolve,
    "replay": replay,
}
EXPECTED = (
    *(ConfigurationError, HandlerFailed, RegistrationError, Unknown, review.NotPossible),
    *(UnicodeError, *UNAVAILABLE),
)


async def answer(args: argparse.Namespace) -> Any:
    """The command's answer. Raises ConfigurationError with all that must be mended first."""
    try:
        settings()
        return await COMMANDS[args.command](args)
    except (ConfigurationError, *UNAVAILABLE):
        await check_start()
        raise


def main(arguments: list[str] | None = None) -> int:
    """Run one command, that of the process unless given; the exit code: 0, or 1 with the error."""
    args = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        data, code = run(answer(args)), 0
    except EXPECTED as error:
        reason = str(error)
        if isinstance(error, UNAVAILABLE):
            reason = f"the database is unavailable: {reason.partition(chr(10))[0]}"
        data, code = {"error": reason}, 1
    if args.json:
        print(json.dumps(data, default=str))
    else:
        print(screen.text(data), file=sys.stderr if code else sys.stdout)
    return code
