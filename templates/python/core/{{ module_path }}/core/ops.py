# kgscaffold:id=core/ops
"""The command line for the people who run the shop.

A command imports what only it needs, so that `show` answers at once.
"""

import argparse
import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ..config import find_order
from . import screen, store
from .concurrency import run, until_stopped
from .database import transaction
from .dialect import UNAVAILABLE, reading
from .model import Status
from .settings import ConfigurationError, check_start, settings

STATUSES = [str(status) for status in Status]


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


async def show(args: argparse.Namespace) -> tuple[Any, str]:
    intents = args.intents
    if args.order is not None:
        found = await store.payments_of_order(args.order)
        intents = [payment.payment_intent_id for payment in found]
        if not intents:
            raise Unknown(f"no payment is known of order {args.order}")
    data, screens = list[dict[str, Any]](), list[str]()
    for intent in intents:
        payment = await store.get_payment(intent)
        callbacks = await store.callbacks_of(intent)
        if payment is None and not callbacks:
            raise Unknown(f"nothing is known of intent {intent}")
        order = await find_order(payment.order_id) if payment else None
        async with reading() as tx:
            history = await store.history_of(tx, intent)
        screens.append(screen.whole(payment, callbacks, history, order))
        data.append(
            {
                "payment": asdict(payment) if payment else None,
                "callbacks": [asdict(callback) for callback in callbacks],
                "history": history,
                "order": order,
            }
        )
    one_id = args.order is None and len(data) == 1
    return data[0] if one_id else data, "\n\n".join(screens)


async def latest(args: argparse.Namespace) -> tuple[Any, str]:
    status = Status(args.status) if args.status else None
    found = await store.latest_payments(args.limit, status)
    return {"payments": [asdict(payment) for payment in found]}, screen.brief(found)


async def review_list(args: argparse.Namespace) -> tuple[Any, str]:
    found = await store.payments_to_review()
    told = [{**asdict(one), "explanation": screen.explain(one.review_reason)} for one in found]
    return {"payments": told}, screen.reviews(found)


async def register(args: argparse.Namespace) -> tuple[Any, str]:
    from .registration import register_intent

    values = args.intent, args.order, args.amount, args.currency, args.deadline
    await transaction(register_intent, *values)
    bound = f"{args.intent} is registered for order {args.order}: {args.amount} {args.currency}"
    return {"registered": args.intent}, bound


async def work(args: argparse.Namespace) -> tuple[Any, str]:
    from .settle import process_due, worker

    await check_start()
    if args.once:
        return _processed(await process_due())
    async with worker().running():
        await until_stopped()
    return {"stopped": True}, "stopped"


async def reconcile(args: argparse.Namespace) -> tuple[Any, str]:
    from .review import reconcile

    return _processed(await reconcile())


def _processed(number: int) -> tuple[Any, str]:
    return {"processed": number}, f"callbacks processed: {number}"


async def review_resolve(args: argparse.Namespace) -> tuple[Any, str]:
    from .review import resolve

    status = Status(args.status) if args.status else None
    await resolve(args.intent, status, args.note)
    kept = "its status is kept" if status is None else f"it is {status} now"
    return {"resolved": args.intent}, f"{args.intent} is resolved: {kept}"


async def replay(args: argparse.Namespace) -> tuple[Any, str]:
    from . import review

    if args.handler:
        status = await review.replay_handler(args.intent)
        text = f"the handler of {args.intent} has run again, for {status}"
        return {"handler": args.intent, "ran_again": status}, text
    number = await review.replay(args.intent)
    return {"reopened": number}, f"callbacks opened again: {number}"


COMMANDS = {
    "register": register,
    "show": show,
    "list": latest,
    "work": work,
    "reconcile": reconcile,
    "review list": review_list,
    "review resolve": review_resolve,
    "replay": replay,
}


async def answer(args: argparse.Namespace) -> tuple[Any, str]:
    """The command's answer. Raises ConfigurationError with all that must be mended first."""
    try:
        settings()
        return await COMMANDS[args.command](args)
    except (ConfigurationError, *UNAVAILABLE):
        await check_start()
        raise


def expected() -> tuple[type[Exception], ...]:
    """The errors that are told in a line. Called only where there is one."""
    from .decision import HandlerFailed
    from .registration import RegistrationError
    from .review import NotPossible

    known = (ConfigurationError, HandlerFailed, NotPossible, RegistrationError, Unknown)
    return (*known, UnicodeError, *UNAVAILABLE)


def main(arguments: list[str] | None = None) -> int:
    """Run one command, that of the process unless given; the exit code: 0, or 1 with the error."""
    args = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        (data, text), code = run(answer(args)), 0
    except expected() as error:
        reason = str(error)
        if isinstance(error, UNAVAILABLE):
            reason = f"the database is unavailable: {reason.partition(chr(10))[0]}"
        data, text, code = {"error": reason}, f"error: {reason}", 1
    if args.json:
        print(json.dumps(data, default=str))
    else:
        print(text, file=sys.stderr if code else sys.stdout)
    return code
