"""The controls under `/_simulator`: what a test or the demo tells the simulator to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Route

from kgscaffold.simulator.amounts import parse_amount
from kgscaffold.simulator.errors import BadInputError, UnknownIntentError
from kgscaffold.simulator.http import json_object, json_response, simulation_of
from kgscaffold.simulator.intents import JsonObject, Status
from kgscaffold.simulator.orders import IntentRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

PREFIX = "/_simulator"
MOST_COPIES = 100_000
_BATCH = 100


def _text(body: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or not value:
        raise BadInputError(f"{name}: a text that is not empty expected")
    return value


def _optional_text(body: Mapping[str, object], name: str) -> str | None:
    return None if body.get(name) is None else _text(body, name)


def _fields(body: Mapping[str, object]) -> JsonObject:
    value = body.get("fields") or {}
    if not isinstance(value, dict):
        raise BadInputError("fields: an object expected")
    return value


def _whole(value: object, name: str, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise BadInputError(f"{name}: a whole number from 0 to {high} expected")
    return value


async def health(request: Request) -> Response:
    """Say that the simulator answers."""
    return json_response({"status": "ok"})


async def create_intent(request: Request) -> Response:
    """Create an intent without credentials, with an id, client or status of one's own choice."""
    simulation, body = simulation_of(request), await json_object(request)
    intent = simulation.create(
        IntentRequest.parsed(body),
        _text(body, "client_id", simulation.credentials.client_id),
        intent_id=_optional_text(body, "payment_intent_id"),
        status=_text(body, "status", Status.PENDING),
    )
    return json_response(intent.wire(), 201)


async def show_intent(request: Request) -> Response:
    """Give the true intent, whatever the API shows."""
    return json_response(simulation_of(request).ledger.intent(request.path_params["id"]).wire())


async def change_status(request: Request) -> Response:
    """Change an intent's status and send its callbacks."""
    body = await json_object(request)
    deliver = body.get("deliver", True)
    if not isinstance(deliver, bool):
        raise BadInputError("deliver: true or false expected")
    intent, scheduled = simulation_of(request).change(
        request.path_params["id"], _text(body, "status"), _fields(body), deliver=deliver
    )
    return json_response({"intent": intent.wire(), "scheduled": scheduled})


async def override(request: Request) -> Response:
    """Replace fields in what the API and the callbacks show."""
    simulation, body = simulation_of(request), await json_object(request)
    replaced = simulation.ledger.override(request.path_params["id"], body)
    return json_response({"overrides": replaced})


async def clear_overrides(request: Request) -> Response:
    """Show an intent's own fields again."""
    simulation_of(request).ledger.clear_overrides(request.path_params["id"])
    return json_response({"overrides": {}})


def _deliver(request: Request, intent_id: str, body: Mapping[str, object]) -> int:
    return simulation_of(request).deliver(
        intent_id,
        _optional_text(body, "status"),
        _whole(body.get("count", 1), "count", MOST_COPIES),
        _fields(body),
        _optional_text(body, "callback_url"),
    )


async def deliver(request: Request) -> Response:
    """Send callbacks about one intent that claim anything."""
    body = await json_object(request)
    return json_response({"scheduled": _deliver(request, request.path_params["id"], body)}, 202)


async def deliver_many(request: Request) -> Response:
    """Send callbacks about many intents: `{"deliveries": [{"payment_intent_id": …, …}]}`."""
    deliveries = (await json_object(request)).get("deliveries")
    if not isinstance(deliveries, list) or not all(isinstance(one, dict) for one in deliveries):
        raise BadInputError("deliveries: a list of objects expected")
    scheduled = 0
    for number, one in enumerate(deliveries, start=1):
        scheduled += _deliver(request, _text(one, "payment_intent_id"), one)
        if number % _BATCH == 0:
            await asyncio.sleep(0)
    return json_response({"scheduled": scheduled}, 202)


async def show_switches(request: Request) -> Response:
    """Give the delivery switches."""
    return json_response(simulation_of(request).switches.wire())


async def set_switches(request: Request) -> Response:
    """Change the switches that are named; the others stay."""
    simulation = simulation_of(request)
    simulation.switches = simulation.switches.updated(await json_object(request))
    return json_response(simulation.switches.wire())


async def show_provider(request: Request) -> Response:
    """Give the provider's settings."""
    return json_response(simulation_of(request).provider.wire())


async def set_provider(request: Request) -> Response:
    """Change the provider's settings that are named; the others stay."""
    simulation = simulation_of(request)
    simulation.provider = simulation.provider.updated(await json_object(request))
    return json_response(simulation.provider.wire())


async def set_provider_of(request: Request) -> Response:
    """Change the provider's settings for calls about one intent; it need not exist."""
    changes = await json_object(request)
    changed = simulation_of(request).set_provider_of(request.path_params["id"], changes)
    return json_response(changed.wire())


async def show_wallet(request: Request) -> Response:
    """Give the balance and the transfers made."""
    return json_response(simulation_of(request).wallet.wire())


async def set_wallet(request: Request) -> Response:
    """Set the balance, a decimal string."""
    wallet, body = simulation_of(request).wallet, await json_object(request)
    wallet.balance = parse_amount(body.get("balance"), "balance")
    return json_response(wallet.wire())


async def deliveries(request: Request) -> Response:
    """Give every attempt to deliver, oldest first; `?since=` leaves that many out."""
    attempts = simulation_of(request).courier.attempts
    return _log(request, "deliveries", [attempt.wire() for attempt in attempts[_since(request) :]])


async def requests(request: Request) -> Response:
    """Give every call of KryptoGO's API, oldest first; `?since=` leaves that many out."""
    received = simulation_of(request).requests
    return _log(request, "requests", [call.wire() for call in received[_since(request) :]])


def _since(request: Request) -> int:
    text = request.query_params.get("since", "0")
    if not text.isdecimal():
        raise BadInputError("since: a whole number expected")
    return int(text)


def _log(request: Request, name: str, entries: list[JsonObject]) -> Response:
    return json_response({name: entries, "next": _since(request) + len(entries)})


async def release(request: Request) -> Response:
    """Let the callbacks go that the switches `hold` and `reorder` keep back."""
    courier = simulation_of(request).courier
    courier.release()
    return json_response({"outstanding": courier.outstanding})


async def drain(request: Request) -> Response:
    """Release everything and answer when nothing is outstanding, or after `timeout` seconds."""
    courier, body = simulation_of(request).courier, await json_object(request)
    seconds = body.get("timeout", 60)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise BadInputError("timeout: seconds expected")
    try:
        async with asyncio.timeout(seconds):
            await courier.drained()
    except TimeoutError:
        return json_response({"drained": False, "outstanding": courier.outstanding})
    return json_response({"drained": True, "outstanding": 0})


async def reset(request: Request) -> Response:
    """Forget everything and set all switches to their defaults."""
    simulation_of(request).reset()
    return json_response({"status": "ok"})


def refusal(error: Exception) -> Response:
    """Give the answer to a command that was wrong."""
    if isinstance(error, UnknownIntentError):
        return json_response({"error": f"unknown intent {error}"}, 404)
    return json_response({"error": str(error)}, 400)


_INTENT = f"{PREFIX}/intents/{{id}}"
ROUTES = [
    Route(f"{PREFIX}/health", health, methods=["GET"]),
    Route(f"{PREFIX}/intents", create_intent, methods=["POST"]),
    Route(_INTENT, show_intent, methods=["GET"]),
    Route(f"{_INTENT}/status", change_status, methods=["POST"]),
    Route(f"{_INTENT}/overrides", override, methods=["POST"]),
    Route(f"{_INTENT}/overrides", clear_overrides, methods=["DELETE"]),
    Route(f"{_INTENT}/provider", set_provider_of, methods=["PUT"]),
    Route(f"{_INTENT}/deliver", deliver, methods=["POST"]),
    Route(f"{PREFIX}/deliver", deliver_many, methods=["POST"]),
    Route(f"{PREFIX}/switches", show_switches, methods=["GET"]),
    Route(f"{PREFIX}/switches", set_switches, methods=["PUT"]),
    Route(f"{PREFIX}/provider", show_provider, methods=["GET"]),
    Route(f"{PREFIX}/provider", set_provider, methods=["PUT"]),
    Route(f"{PREFIX}/wallet", show_wallet, methods=["GET"]),
    Route(f"{PREFIX}/wallet", set_wallet, methods=["PUT"]),
    Route(f"{PREFIX}/deliveries", deliveries, methods=["GET"]),
    Route(f"{PREFIX}/requests", requests, methods=["GET"]),
    Route(f"{PREFIX}/release", release, methods=["POST"]),
    Route(f"{PREFIX}/drain", drain, methods=["POST"]),
    Route(f"{PREFIX}/reset", reset, methods=["POST"]),
]
