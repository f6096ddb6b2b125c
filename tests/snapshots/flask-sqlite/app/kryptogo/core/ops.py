# kgscaffold:id=core/ops
"""The command line for the people who run the shop."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ..config import find_order
from . import review, screen, store
from .concurrency import until_stopped
from .database import transaction
from .dialect import UNAVAILABLE
from .model import Status
from .registration import RegistrationError, register_intent
from .review import NotPossible
from .settings import ConfigurationError, check_start, settings
from .settle import HandlerFailed
from .worker import process_due, worker

Command = Callable[[argparse.Namespace], Any]
EXPECTED = (ConfigurationError, HandlerFailed, NotPossible, RegistrationError, UnicodeError)


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


def show(args: argparse.Namespace) -> Any:
    intents = args.intents
    if args.order is not None:
        found = store.payments_of_order(args.order)
        intents = [payment.payment_intent_id for payment in found]
        if not intents:
            raise NotPossible(f"no payment is known of order {args.order}")
    shown = [_all_about(intent) for intent in intents]
    return shown[0] if args.order is None and len(shown) == 1 else shown


def _all_about(intent: str) -> dict[str, Any]:
    payment = store.get_payment(intent)
    callbacks = store.callbacks_of(intent)
    if payment is None and not callbacks:
        raise NotPossible(f"nothing is known of intent {intent}")
    return {
        "payment": asdict(payment) if payment else None,
        "callbacks": [asdict(callback) for callback in callbacks],
        "history": store.history_of(intent),
        "order": find_order(payment.order_id) if payment else None,
    }


def latest(args: argparse.Namespace) -> Any:
    found = store.latest_payments(args.limit, args.status)
    return {"payments": [asdict(payment) for payment in found]}


def review_list(args: argparse.Namespace) -> Any:
    found = store.payments_to_review()
    explained = [(asdict(payment), screen.explain(payment.review_reason)) for payment in found]
    return {"payments": [{**payment, "explanation": why} for payment, why in explained]}


def register(args: argparse.Namespace) -> Any:
    values = args.intent, args.order, args.amount, args.currency, args.deadline
    transaction(lambda tx: register_intent(tx, *values))
    return {"registered": args.intent}


def work(args: argparse.Namespace) -> Any:
    check_start()
    if args.once:
        return {"processed": process_due()}
    with worker().running():
        until_stopped()
    return {"stopped": True}


def reconcile(args: argparse.Namespace) -> Any:
    return {"processed": review.reconcile()}


def resolve(args: argparse.Namespace) -> Any:
    review.resolve(args.intent, args.status, args.note)
    return {"resolved": args.intent}


def replay(args: argparse.Namespace) -> Any:
    if args.handler:
        return {"handler": args.intent, "ran_again": review.replay_handler(args.intent)}
    return {"reopened": review.replay(args.intent)}


def parser() -> argparse.ArgumentParser:
    """The parser; what is to be run is its `run`."""
    top = argparse.ArgumentParser(prog="kryptogo", description="KryptoGO payments of this shop.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Command, about: str, group: Any = commands) -> Any:
        added = group.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON object on one line")
        return added

    made = command("register", register, "bind an intent to an order by hand")
    for flag in ("--intent", "--order", "--amount", "--currency"):
        made.add_argument(flag, required=True)
    made.add_argument("--deadline", type=unix_time, metavar="UNIX")
    made = command("show", show, "all that is known of some intents, or of an order's")
    chosen = made.add_mutually_exclusive_group(required=True)
    chosen.add_argument("intents", nargs="*", default=[], metavar="ID")
    chosen.add_argument("--order")
    made = command("list", latest, "the latest payments")
    made.add_argument("--status", type=Status, choices=list(Status))
    made.add_argument("--limit", type=count, default=20)
    made = command("work", work, "process callbacks until stopped")
    made.add_argument("--once", action="store_true", help="all that is due now, then exit")
    command("reconcile", reconcile, "re-check payments that should have moved (for cron)")
    waiting = commands.add_parser("review", help="payments that wait for a person")
    reviews = waiting.add_subparsers(required=True, metavar="COMMAND")
    command("list", review_list, "list them: what happened, and what can be done", reviews)
    made = command("resolve", resolve, "decide about one", reviews)
    made.add_argument("intent")
    choice = made.add_mutually_exclusive_group(required=True)
    choice.add_argument("--keep", action="store_true", help="leave the payment as it is")
    choice.add_argument("--as", dest="status", type=Status, choices=list(Status), help="set this")
    made.add_argument("--note", required=True, help="why, for the history")
    made = command("replay", replay, "re-open dead, rejected and held callbacks")
    made.add_argument("intent")
    made.add_argument("--handler", action="store_true", help="run the current status's handler")
    return top


def answer(args: argparse.Namespace) -> Any:
    """The command's answer. Raises ConfigurationError with all that must be mended first."""
    try:
        settings()
        return args.run(args)
    except (ConfigurationError, *UNAVAILABLE):
        check_start()
        raise


def main(arguments: list[str] | None = None) -> int:
    """Run one command, that of the process unless given; the exit code: 0, or 1 with the error."""
    args = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        data, code = answer(args), 0
    except UNAVAILABLE as error:
        first_line = str(error).partition("\n")[0]
        data, code = {"error": f"the database is unavailable: {first_line}"}, 1
    except EXPECTED as error:
        data, code = {"error": str(error)}, 1
    if args.json:
        print(json.dumps(data, default=str))
    else:
        print(screen.text(data), file=sys.stderr if code else sys.stdout)
    return code
