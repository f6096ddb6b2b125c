"""The table of HTTP answers, row by row; what is refused is not stored."""

from __future__ import annotations

import asyncio
import re
from asyncio import to_thread
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from kgscaffold.verify.app import ROUTE, TOKEN
from kgscaffold.verify.http import dumped
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, PENDING, STATUSES, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kgscaffold.verify.app import App
    from kgscaffold.verify.http import Answer
    from kgscaffold.verify.stage import Stage

RECEIVED = {"received": True}
LIMIT = 64 * 1024
CHUNK = 1000
BAD_IDS: list[Any] = ["", " ", "a b", "a/b", "../a", "a\n", "a\0", "é", "a" * 65]
BAD_IDS += [12, 1.5, True, None, []]
BAD_STATUSES: list[Any] = ["", 1, True, None, [], {}]
BAD_CLIENTS: list[Any] = [1, True, [], {}, 1.5]
OTHER_CLIENTS = ["another_client", "", "SIM_CLIENT", "sim_client ", "\ud800"]
OTHER_TOKENS = [None, "", "wrong", TOKEN[:-1], TOKEN + " ", "é\0"]
OTHER_METHODS = ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
UNKNOWN_STATUSES = ["refunded", "cancelled", "SUCCESS", "未知", "\0", "\ud800", "x" * 60_000]
CONTENT_TYPES: list[dict[str, str]] = [
    {},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": ";;;"},
    {"Content-Type": "application/octet-stream", "Accept": "text/html"},
]


@dataclass(frozen=True)
class Refusal:
    """One request that must be refused; `{intent}` in the body is a registered one."""

    case: str
    status: int
    body: bytes
    named: str = ""
    """What the answer must name."""
    target: str = f"{ROUTE}?token={TOKEN}"
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


def _said(**changes: Any) -> bytes:
    document: dict[str, Any] = {"payment_intent_id": "{intent}", "status": SUCCESS, **changes}
    return dumped({name: value for name, value in document.items() if value is not ...})


def _refusals() -> Iterator[Refusal]:
    for intent in BAD_IDS:
        body = _said(payment_intent_id=intent)
        yield Refusal(f"payment_intent_id {intent!r}", 400, body, "payment_intent_id")
    for status in BAD_STATUSES:
        yield Refusal(f"status {status!r}", 400, _said(status=status), "status")
    for name in ("payment_intent_id", "status"):
        yield Refusal(f"without {name}", 400, _said(**{name: ...}), name)
    for client in BAD_CLIENTS:
        yield Refusal(f"client_id {client!r}", 400, _said(client_id=client), "client_id")
    for client in OTHER_CLIENTS:
        yield Refusal(f"client_id {client!r}", 403, _said(client_id=client))
    for method in OTHER_METHODS:
        yield Refusal(f"method {method}", 405, _said(), method=method)
    yield Refusal("a token that is not UTF-8", 404, _said(), target=f"{ROUTE}?token=%ff%fe")
    yield Refusal("an id and no status", 400, _said(status=..., client_id="another"), "status")
    for size in (LIMIT + 1, LIMIT + CHUNK * 3, LIMIT * 40):
        for chunked in (False, True):
            sent = "chunked" if chunked else "with its length"
            yield Refusal(f"{size} bytes {sent}", 413, b"%d" % size, chunked=chunked)
    wrong = f"{ROUTE}?token=wrong"
    yield Refusal("a wrong token and no JSON", 404, b"not json", target=wrong)
    yield Refusal("a wrong token and too much", 404, b"x" * (LIMIT + 1), target=wrong)
    yield Refusal("too much that is no JSON", 413, b"x" * (LIMIT + 1))
    yield Refusal("a bad status of another client", 400, b'{"status": 1, "client_id": "another"}')


def _chunks(body: bytes) -> Iterable[bytes]:
    return [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]


def sized(intent: str, size: int) -> bytes:
    """Give a callback of exactly so many bytes."""
    frame = dumped({"payment_intent_id": intent, "status": PENDING, "group_key": ""})
    return frame[:-2] + b"x" * (size - len(frame)) + frame[-2:]


async def _refuse(app: App, refusal: Refusal, intent: str) -> Answer:
    body = refusal.body.replace(b"{intent}", intent.encode())
    if refusal.body.isdigit():
        body = sized(intent, int(refusal.body))
    sent = _chunks(body) if refusal.chunked else body
    headers = {"Content-Type": "application/json", **refusal.headers}
    return await app.send(refusal.target, sent, headers, refusal.method)


@rule("What is wrong is refused by its own status, naming the field, and is not stored.", Need.ROWS)
async def refused(stage: Stage) -> None:
    """Every refusal of the table, about a registered intent for each status."""
    app = stage.app
    cases = [*_refusals()]
    cases += [
        Refusal(f"token {token!r}", 404, _said(), target=app.route(token)) for token in OTHER_TOKENS
    ]
    statuses = sorted({case.status for case in cases})
    bought = dict(zip(statuses, await app.buy_many(len(statuses)), strict=True))
    answers = await asyncio.gather(
        *(_refuse(app, case, bought[case.status].intent) for case in cases)
    )
    for case, answer in zip(cases, answers, strict=True):
        stage.equal(case.case, "the answer", answer.status, case.status)
        stage.true(case.case, "names the field", case.named.encode() in answer.body, answer)
    shown = await app.show(*(one.intent for one in bought.values()))
    for status, one in bought.items():
        stage.equal(f"refused with {status}", "stored", list(shown[one.intent].callbacks), [])
    stored = await to_thread(app.rows.find, "kryptogo_callbacks")
    odd = [row["payment_intent_id"] for row in stored if not _is_id(row["payment_intent_id"])]
    stage.equal("every refusal", "stored under an odd id", odd, [])


def _is_id(value: object) -> bool:
    return re.fullmatch("[A-Za-z0-9_-]{1,64}", str(value)) is not None


@rule("A length beyond the limit is refused as soon as it is announced.")
async def announced_length(stage: Stage) -> None:
    """Ten gigabytes are announced, and two bytes sent."""
    headers = {"Content-Type": "application/json", "Content-Length": str(10**10)}
    answer = await stage.app.send(stage.app.route(), b"{}", headers)
    stage.equal("10 GB announced", "the answer", answer.status, 413)
    stage.true("10 GB announced", "is refused at once", answer.seconds < 20, answer.seconds)


@rule("New, duplicate, stale and final callbacks are received with the same answer, and counted.")
async def received(stage: Stage) -> None:
    """One intent, four deliveries."""
    app = stage.app
    bought = await app.buy()
    await app.truth(bought.intent, SUCCESS)
    answers = {name: await app.claim(bought.intent, SUCCESS) for name in ("new", "duplicate")}
    await app.settled({bought.intent: has_status(SUCCESS)})
    answers["stale"] = await app.claim(bought.intent, PENDING)
    answers["final"] = await app.claim(bought.intent, SUCCESS)
    for name, answer in answers.items():
        _is_received(stage, name, answer)
        kind = answer.headers["content-type"]
        stage.true(name, "content type", kind.startswith("application/json"), kind)
    (shown,) = (await app.show(bought.intent)).values()
    stage.equal("final", "deliveries", shown.callback(SUCCESS)["deliveries"], 3)
    stage.equal("stale", "deliveries", shown.callback(PENDING)["deliveries"], 1)


def _is_received(stage: Stage, case: object, answer: Answer) -> None:
    seen = (answer.status, answer.json if answer.status == 200 else answer.body)
    stage.equal(case, "the answer", seen, (200, RECEIVED))


@rule("A status that nobody knows is received, warned of, and stored as recheck.")
async def unknown_status(stage: Stage) -> None:
    """Each about an intent of its own, which KryptoGO says has expired."""
    app = stage.app
    bought = await app.buy_many(len(UNKNOWN_STATUSES))
    for one, status in zip(bought, UNKNOWN_STATUSES, strict=True):
        await app.truth(one.intent, EXPIRED)
        _is_received(stage, f"{status:.20}", await app.claim(one.intent, status))
    wanted = {one.intent: has_status(EXPIRED) for one in bought}
    found = await app.settled(wanted)
    for one, status in zip(bought, UNKNOWN_STATUSES, strict=True):
        case, shown = f"{status:.20}", found[one.intent]
        stage.equal(case, "the payment", shown.status, EXPIRED)
        stage.equal(case, "stored as", list(shown.callbacks), ["recheck"])
        stage.true(case, "is in the log", app.logs.lines(one.intent), "no line")


@rule("Any Content-Type whose body parses, our client id, and none at all are received.")
async def accepted(stage: Stage) -> None:
    """Each about an intent of its own, confirmed as pending; and the largest body."""
    app = stage.app
    bought = await app.buy_many(len(CONTENT_TYPES) + 5)
    rest = iter(bought)
    for headers in CONTENT_TYPES:
        intent = next(rest).intent
        body = dumped({"payment_intent_id": intent, "status": PENDING})
        _is_received(stage, headers, await app.send(app.route(), body, headers))
    for client in (None, "sim_client"):
        answer = await app.claim(next(rest).intent, PENDING, client_id=client)
        _is_received(stage, f"client_id {client}", answer)
    for chunked in (False, True):
        body = sized(next(rest).intent, LIMIT)
        answer = await app.send(app.route(), _chunks(body) if chunked else body)
        _is_received(stage, f"{LIMIT} bytes, chunked: {chunked}", answer)
    secret = {"callback_url": "https://shop.example/cb?token=secret", "signature": "abc"}
    intent = next(rest).intent
    await app.claim(intent, PENDING, **secret, group_key="kept")
    found = await app.show(*(one.intent for one in bought))
    for one in bought:
        stage.equal(one.intent, "stored", list(found[one.intent].callbacks), [PENDING])
    expected = {"payment_intent_id": intent, "status": PENDING, "group_key": "kept"}
    payload = found[intent].callback(PENDING)["payload"]
    stage.equal("secrets and addresses", "the payload stored", payload, expected)


@rule("A flood about one intent takes six rows.")
async def six_rows(stage: Stage) -> None:
    """Every status, and four that nobody knows."""
    bought = await stage.app.buy()
    for status in [*STATUSES, "refunded", "cancelled", "x", "y", *STATUSES]:
        answer = await stage.app.claim(bought.intent, status)
        stage.equal(status, "the answer", answer.status, 200)
    told = (await to_thread(stage.app.ops, "show", bought.intent, "--json")).data
    stage.equal("the flood", "rows", len(told["callbacks"]), 6)


@rule("Without a token an intent that nobody registered is not found, and others are received.")
async def tokenless(stage: Stage) -> None:
    """On an app without a token; with one it is kept as unregistered."""
    kept = await stage.app.claim("nobody-registered-this-one", SUCCESS)
    _is_received(stage, "unregistered, with a token", kept)
    shown = await stage.app.show("nobody-registered-this-one")
    state = shown["nobody-registered-this-one"].state(SUCCESS)
    stage.equal("unregistered, with a token", "state", state, "unregistered")
    async with stage.open(KRYPTOGO_CALLBACK_TOKEN=None) as app:
        document = {"payment_intent_id": "nobody", "status": SUCCESS}
        answer = await app.post(app.route(None), document)
        stage.equal("unregistered", "the answer", answer.status, 404)
        bought = await app.buy()
        await app.truth(bought.intent, SUCCESS)
        for token in (None, "whatever"):
            document = {"payment_intent_id": bought.intent, "status": SUCCESS}
            answer = await app.post(app.route(token), document)
            stage.equal(f"token {token}", "the answer", answer.status, 200)
        looks = app.closed(bought.intent, SUCCESS), app.show("nobody")
        closed, stored = await asyncio.gather(*looks)
        stage.equal("registered", "status", closed.status, SUCCESS)
        stage.equal("unregistered", "stored", list(stored), [])


_SHARED_WORD = "the-word-that-signs"
OFFSETS = (0, -3600, 3600)
SIGNATURES: list[Any] = [..., None, "", "wrong", "é", "0" * 64, 1, ["x"]]


@rule(
    "Where a secret is set a signature that is missing or wrong is refused; an old one is not.",
    place=Place.OWN,
)
async def signed(stage: Stage) -> None:
    """On an app with a secret; right signatures come from the simulator."""
    async with stage.open(KRYPTOGO_CALLBACK_SECRET=_SHARED_WORD) as app:
        bought = await app.buy_many(len(SIGNATURES) + 1)
        for one, signature in zip(bought, SIGNATURES, strict=False):
            fields = {} if signature is ... else {"signature": signature}
            answer = await app.claim(one.intent, SUCCESS, **fields)
            stage.equal(f"signature {signature!r}", "the answer", answer.status, 401)
        other = await app.claim(bought[-1].intent, SUCCESS, client_id="another", signature="wrong")
        stage.equal("another client", "the answer", other.status, 403)
        signed = {offset: await _simulator_signs(stage, app, offset) for offset in OFFSETS}
        wanted = {intent: is_closed(SUCCESS) for intent in signed.values()}
        looks = app.settled(wanted), app.show(*(one.intent for one in bought))
        found, unsigned = await asyncio.gather(*looks)
        for one in bought:
            stage.equal(one.intent, "stored", list(unsigned[one.intent].callbacks), [])
        for offset, intent in signed.items():
            case = f"signed, {offset} s off"
            stage.equal(case, "the payment", found[intent].status, SUCCESS)
            if offset:
                is_logged = await until(partial(app.logs.lines, intent, "timestamp"), 5)
                stage.true(case, "is logged", is_logged)


async def _simulator_signs(stage: Stage, app: App, offset: int) -> str:
    case = f"signed, {offset} s off"
    switches = {"signature_secret": _SHARED_WORD, "timestamp": True, "timestamp_offset": offset}
    await to_thread(app.simulator.set_switches, **switches)
    bought = await app.buy()
    await to_thread(app.simulator.set_status, bought.intent, SUCCESS)
    await to_thread(app.simulator.drain)
    delivery = (await to_thread(app.simulator.deliveries))[-1]
    seen = (delivery["payment_intent_id"], delivery["http_status"])
    stage.equal(case, "the answer", seen, (bought.intent, 200))
    return bought.intent
