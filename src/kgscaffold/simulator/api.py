"""KryptoGO's four endpoints, with the documented headers, envelope and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from kgscaffold.simulator.errors import (
    INVALID_API_KEY,
    INVALID_CLIENT_ID,
    INVALID_INTENT_ID,
    INVALID_PARAMETER,
    BadInputError,
    KryptoGOError,
    UnknownIntentError,
)
from kgscaffold.simulator.http import json_object, json_response, simulation_of
from kgscaffold.simulator.orders import IntentRequest

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PREFIX = "/v1/"
_INTENT = "/v1/studio/api/payment/intent/"


def intent_in(path: str) -> str | None:
    """Give the id of the intent that a call is about, None where it is about none."""
    return path.removeprefix(_INTENT) if path.startswith(_INTENT) else None


def _check_key(request: Request) -> None:
    if request.headers.get("X-STUDIO-API-KEY") != simulation_of(request).credentials.api_key:
        raise KryptoGOError(INVALID_API_KEY, "Invalid API key")


def _check_client(request: Request) -> str:
    _check_key(request)
    client_id = simulation_of(request).credentials.client_id
    if request.headers.get("X-Client-ID") != client_id:
        raise KryptoGOError(INVALID_CLIENT_ID, "Invalid client_id")
    if not request.headers.get("Origin"):
        raise BadInputError("Origin: header required")
    return client_id


def _success(request: Request, data: object) -> Response:
    request.state.code = 0
    return json_response({"code": 0, "data": data})


async def create_intent(request: Request) -> Response:
    """Create a payment intent."""
    client_id = _check_client(request)
    wanted = IntentRequest.parsed(await json_object(request))
    simulation = simulation_of(request)
    intent = simulation.create(wanted, client_id)
    shown = simulation.ledger.shown(intent.payment_intent_id, simulation.switches.naming)
    return _success(request, shown)


async def get_intent(request: Request) -> Response:
    """Give one payment intent, whoever's it is: tests want the wrong client's answered too."""
    _check_client(request)
    simulation = simulation_of(request)
    intent_id = request.path_params["id"]
    lag, naming = simulation.provider_of(intent_id).lag, simulation.switches.naming
    return _success(request, simulation.ledger.shown(intent_id, naming, lag))


async def list_intents(request: Request) -> Response:
    """Give all payment intents; filters and paging are not documented, so there are none."""
    _check_client(request)
    simulation = simulation_of(request)
    ledger, lag = simulation.ledger, simulation.provider.lag
    shown = [ledger.shown(intent_id, simulation.switches.naming, lag) for intent_id in ledger.ids()]
    return _success(request, {"payment_intents": shown})


async def transfer(request: Request) -> Response:
    """Spend the wallet's balance."""
    _check_key(request)
    made = simulation_of(request).wallet.transfer(await json_object(request))
    answer = {"id": made.id, "tx_hash": made.tx_hash, "transfer_time": made.transfer_time}
    return _success(request, answer)


def refusal(request: Request, error: KryptoGOError) -> Response:
    """Give the error envelope, with the HTTP status that the provider's settings choose."""
    request.state.code = error.code
    provider = simulation_of(request).provider_of(intent_in(request.url.path))
    chosen = provider.refusal_status
    return json_response(error.envelope(), error.http_status if chosen is None else chosen)


def as_kryptogo_error(error: Exception) -> KryptoGOError:
    """Give the error of KryptoGO's API for one of the simulator's own."""
    match error:
        case KryptoGOError():
            return error
        case UnknownIntentError():
            return KryptoGOError(INVALID_INTENT_ID, "Invalid payment_intent_id")
    return KryptoGOError(INVALID_PARAMETER, f"Invalid parameter: {error}")


ROUTES = [
    Route("/v1/studio/api/payment/intent", create_intent, methods=["POST"]),
    Route("/v1/studio/api/payment/intent/{id}", get_intent, methods=["GET"]),
    Route("/v1/studio/api/payment/intents", list_intents, methods=["GET"]),
    Route("/v1/studio/api/asset_pro/transfer", transfer, methods=["POST"]),
]
