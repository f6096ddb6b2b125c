"""The simulation as an ASGI application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from kgscaffold.simulator import api, control
from kgscaffold.simulator.errors import BadInputError, KryptoGOError, UnknownIntentError
from kgscaffold.simulator.faults import ProviderFaults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from kgscaffold.simulator.simulation import Simulation


def create_app(simulation: Simulation) -> Starlette:
    """Give the application that serves KryptoGO's API and the controls of `simulation`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await simulation.courier.aclose()

    errors = (BadInputError, KryptoGOError, UnknownIntentError)
    app = Starlette(
        routes=[*api.ROUTES, *control.ROUTES],
        middleware=[Middleware(ProviderFaults, simulation=simulation)],
        exception_handlers=dict.fromkeys(errors, _refuse),
        lifespan=lifespan,
    )
    app.state.simulation = simulation
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(control.PREFIX):
        return control.refusal(error)
    return api.refusal(request, api.as_kryptogo_error(error))
