# kgscaffold:id=core/ops
"""The command line for the people who run the shop.

A command imports what only it needs, so that `show` answers at once.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from dataclasses import asdict
from typing import Any, NamedTuple

from ..config import find_order
from . import payments, queue, screen
from .arguments import parser
from .database import UNAVAILABLE, in_transaction
from .model import Payment, Status
from .reasons import explain
from .settings import ConfigurationError, settings


class Answer(NamedTuple):
    data: Any
    text: str
    """The same for people, without --json."""


class Unknown(Exception):
    """Nothing is known of what was asked for."""


async def register(args: argparse.Namespace) -> Answer:
    from .registration import register_intent

    values = args.intent, args.order, args.amount, args.currency, args.deadline
    await in_transaction(register_intent, *values)
    bound = f"{args.intent} is registered for order {args.order}: {args.amount} {args.currency}"
    return Answer({"registered": args.intent}, bound)


async def show(args: argparse.Namespace) -> Answer:
    intents = args.intents
    if args.order is not None:
        intents = [payment.payment_intent_id for payment in await payments.of_order(args.order)]
        if not intents:
            raise Unknown(f"no payment is known of order {args.order}")
    shown = [await _look(intent) for intent in intents]
    data = [asdict(one) for one in shown]
    one_id = args.order is None and len(data) == 1
    return Answer(data[0] if one_id else data, "\n\n".join(map(screen.whole, shown)))


async def _look(intent: str) -> screen.Shown:
    payment, callbacks = await payments.get(intent), await queue.of_intent(intent)
    if payment is None and not callbacks:
        raise Unknown(f"nothing is known of intent {intent}")
    order = await find_order(payment.order_id) if payment else None
    return screen.Shown(payment, callbacks, await payments.history_of(intent), order)


async def latest(args: argparse.Namespace) -> Answer:
    status = Status(args.status) if args.status else None
    found = await payments.latest(args.limit, status)
    return Answer({"payments": [asdict(payment) for payment in found]}, screen.brief(found))


async def work(args: argparse.Namespace) -> Answer:
    from .start import check_start
    from .worker import process_due, running_worker

    await check_start()
    if args.once:
        return _processed(await process_due())
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_worker():
        await stop.wait()
    return Answer({"stopped": True}, "stopped")


async def reconcile(args: argparse.Namespace) -> Answer:
    from .review import reconcile

    return _processed(await reconcile())


def _processed(number: int) -> Answer:
    return Answer({"processed": number}, f"callbacks processed: {number}")


async def review_list(args: argparse.Namespace) -> Answer:
    found = await payments.to_review()
    return Answer({"payments": [_with_reason(one) for one in found]}, screen.reviews(found))


def _with_reason(payment: Payment) -> dict[str, Any]:
    return {**asdict(payment), "explanation": explain(payment.review_reason or "")._asdict()}


async def review_resolve(args: argparse.Namespace) -> Answer:
    from .review import resolve

    status = Status(args.status) if args.status else None
    await resolve(args.intent, status, args.note)
    kept = "its status is kept" if status is None else f"it is {status} now"
    return Answer({"resolved": args.intent}, f"{args.intent} is resolved: {kept}")


async def replay(args: argparse.Namespace) -> Answer:
    from . import review

    if args.handler:
        status = await review.replay_handler(args.intent)
        text = f"the handler of {args.intent} has run again, for {status}"
        return Answer({"handler": args.intent, "ran_again": status}, text)
    number = await review.replay(args.intent)
    return Answer({"reopened": number}, f"callbacks opened again: {number}")


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


async def run(args: argparse.Namespace) -> Answer:
    """The command's answer. Raises ConfigurationError with all that must be mended first."""
    try:
        settings()
        return await COMMANDS[args.command](args)
    except (ConfigurationError, *UNAVAILABLE):
        from .start import check_start

        await check_start()
        raise


def expected() -> tuple[type[Exception], ...]:
    """The errors that are told in a line. Called only where there is one."""
    from .change import HandlerFailed
    from .registration import RegistrationError
    from .review import NotPossible

    known = (ConfigurationError, HandlerFailed, NotPossible, RegistrationError, Unknown)
    return (*known, UnicodeError, *UNAVAILABLE)


def main() -> int:
    """Run one command; the exit code: 0, or 1 with the error."""
    args = parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        answer, code = asyncio.run(run(args)), 0
    except expected() as error:
        reason = str(error)
        if isinstance(error, UNAVAILABLE):
            reason = f"the database is unavailable: {reason.partition(chr(10))[0]}"
        answer, code = Answer({"error": reason}, f"error: {reason}"), 1
    if args.json:
        print(json.dumps(answer.data, default=str))
    else:
        print(answer.text, file=sys.stderr if code else sys.stdout)
    return code
