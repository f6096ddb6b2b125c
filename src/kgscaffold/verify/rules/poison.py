"""Bodies made to break a parser, a database or a log: never a 5xx, and the app goes on."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.model import Need
from kgscaffold.verify.rule import rule
from kgscaffold.verify.shown import is_closed
from kgscaffold.verify.statuses import PENDING, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.stage import Stage

NOT_JSON = {
    "empty": b"",
    "blank": b" \n",
    "word": b"hello",
    "form": b"payment_intent_id={intent}&status=success",
    "cut off": b'{"payment_intent_id": "{intent}", "status": "succ',
    "trailing comma": b'{"payment_intent_id": "{intent}", "status": "success",}',
    "single quotes": b"{'payment_intent_id': '{intent}', 'status': 'success'}",
    "two documents": b'{"payment_intent_id": "{intent}", "status": "success"}{}',
    "NaN": b'{"payment_intent_id": "{intent}", "status": "success", "fiat_amount": NaN}',
    "Infinity": b'{"payment_intent_id": "{intent}", "status": "success", "fiat_amount": Infinity}',
    "-Infinity": b'{"payment_intent_id": "{intent}", "status": "success", "x": [-Infinity]}',
    "NaN as status": b'{"payment_intent_id": "{intent}", "status": NaN}',
    "invalid UTF-8": b'{"payment_intent_id": "{intent}", "status": "success", "x": "\xff\xfe"}',
    "invalid UTF-8 in a key": b'{"payment_intent_id": "{intent}", "status": "success", "\xc3": 1}',
    "raw control": b'{"payment_intent_id": "{intent}", "status": "success", "x": "\x00"}',
    "array": b'[{"payment_intent_id": "{intent}", "status": "success"}]',
    "string": b'"success"',
    "number": b"1",
    "null": b"null",
    "nested arrays": b"[" * 30_000 + b"]" * 30_000,
}
STORABLE = {
    "NUL in a string": '"order_data": "a\\u0000b"',
    "NUL in a key": '"a\\u0000b": 1',
    "NUL deep inside": '"order_data": {"a": [{"b": "\\u0000"}]}',
    "lone surrogate": '"order_data": "\\ud800"',
    "lone surrogate in a key": '"\\udfff": 1',
    "pair of surrogates": '"order_data": "\\ud83d\\ude00"',
    "other types than documented": '"fiat_amount": {"a": 1}, "payment_deadline": "soon"',
    "null everywhere": '"fiat_amount": null, "order_data": null, "crypto_amount": null',
    "wrong timestamp": '"timestamp": "yesterday", "signature": 7',
    "large but finite": '"payment_deadline": 9007199254740993, "fiat_amount": 1e300',
    "markup": '"group_key": "<script>\'; DROP TABLE kryptogo_payments; --%s{0}${x}"',
}
DISPUTABLE = {
    "huge integer": '"payment_deadline": ' + "9" * 5000,
    "huge integer as timestamp": '"timestamp": ' + "9" * 400,
    "float beyond doubles": '"fiat_amount": 1e999',
    "nested objects": '"x": ' + '{"x":' * 9_000 + "1" + "}" * 9_000,
    "nested arrays": '"x": ' + "[" * 30_000 + "]" * 30_000,
    "duplicate keys": '"status": "expired", "status": "success"',
    "duplicate ids": '"payment_intent_id": "another", "payment_intent_id": "{intent}"',
}
DEPTHS = (50, *range(99, 103), *range(300, 1200, 25), *range(940, 965))
DEEPEST = 99
DOCUMENTED = {
    "client_id": "sim_client",
    "org_id": 7,
    "refund_tx_hash": None,
    "order_data": {"order_id": "another", "item_id": "100"},
}
NAMINGS = ("{}_crypto_amount", "{}_amount")


def _frame(intent: str, more: str) -> bytes:
    known = f'"payment_intent_id": "{intent}", "status": "success"'
    return f"{{{known}, {more.replace('{intent}', intent)}}}".encode()


@rule("What is no JSON object is refused with 400 and not stored.")
async def not_json(stage: Stage) -> None:
    """About a registered intent where they can be."""
    app = stage.app
    intent = (await app.buy()).intent
    bodies = [body.replace(b"{intent}", intent.encode()) for body in NOT_JSON.values()]
    answers = await asyncio.gather(*(app.send(app.route(), body) for body in bodies))
    for name, answer in zip(NOT_JSON, answers, strict=True):
        stage.equal(name, "the answer", answer.status, 400)
    found = await app.show(intent)
    stage.equal("all of them", "stored", list(found[intent].callbacks), [])


@rule("Odd JSON is received, stored and settled.", Need.EFFECTS)
async def storable(stage: Stage) -> None:
    """Characters that databases refuse, other types, and every documented field by either name."""
    app = stage.app
    bought = dict(zip(STORABLE, await app.buy_many(len(STORABLE)), strict=True))
    for name, one in bought.items():
        await app.truth(one.intent, SUCCESS)
        answer = await app.send(app.route(), _frame(one.intent, STORABLE[name]))
        stage.equal(name, "the answer", (answer.status, answer.json), (200, {"received": True}))
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought.values()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for name, one in bought.items():
        seen = (found[one.intent].status, [row["status"] for row in left[one.intent]])
        stage.equal(name, "status, effects", seen, (SUCCESS, [SUCCESS]))
    for naming in NAMINGS:
        amounts = {naming.format("received"): "2.53", naming.format("aggregated"): "2.50"}
        one = await app.buy()
        answer = await app.claim(one.intent, PENDING, **DOCUMENTED, **amounts)
        stage.equal(f"documented fields, {naming}", "the answer", answer.status, 200)


@rule("Disputable JSON is received or refused, and breaks nothing; no depth passes for an outage.")
async def disputable(stage: Stage) -> None:
    """Huge numbers, duplicate keys, and nesting up to and beyond what parsers bear."""
    app = stage.app
    one = await app.buy()
    for name, more in DISPUTABLE.items():
        answer = await app.send(app.route(), _frame(one.intent, more))
        stage.true(name, "the answer", answer.status in (200, 400), answer, "200 or 400")
        after = await app.claim(one.intent, SUCCESS)
        stage.equal(name, "the answer after it", after.status, 200)
    for depth in DEPTHS:
        more = f'"x": {"[" * depth}1{"]" * depth}'
        answer = await app.send(app.route(), _frame(one.intent, more))
        expected = 200 if depth <= DEEPEST else 400
        stage.equal(f"depth {depth}", "the answer", answer.status, expected)
