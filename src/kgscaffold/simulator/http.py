"""What the API and the controls share: reading requests, writing JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response

from kgscaffold.simulator.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from kgscaffold.simulator.intents import JsonObject
    from kgscaffold.simulator.simulation import Simulation


def simulation_of(request: Request) -> Simulation:
    """Give the simulation that this request is about."""
    simulation: Simulation = request.app.state.simulation
    return simulation


async def json_object(request: Request) -> JsonObject:
    """Give the body, which must be a JSON object; an empty one counts as `{}`."""
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"body: not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadInputError("body: a JSON object expected")
    return body


def _no_constant(name: str) -> None:
    raise BadInputError(f"{name} is no JSON")


def json_response(content: Mapping[str, object], status: int = 200) -> Response:
    """Give a JSON answer, in UTF-8 like KryptoGO's."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(errors="replace"), status, media_type="application/json")
