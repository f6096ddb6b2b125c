"""What can be wrong with a request, to KryptoGO's API or to the simulator's own controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INVALID_PARAMETER = 4000  # not documented: KryptoGO names no code for a malformed request
INVALID_CLIENT_ID = 4001
INVALID_API_KEY = 4002
INVALID_INTENT_ID = 4006
BALANCE_NOT_ENOUGH = 4015
INTERNAL = 5000  # not documented: what an outage answers

_HTTP_STATUS = {INVALID_CLIENT_ID: 401, INVALID_API_KEY: 401, INVALID_INTENT_ID: 404, INTERNAL: 500}


class BadInputError(ValueError):
    """A value that the simulator refuses; the message says which and why."""


class UnknownIntentError(LookupError):
    """No intent has this id."""


class KryptoGOError(Exception):
    """An error of KryptoGO's API: its `code`, its message, and the `data` some codes carry."""

    def __init__(self, code: int, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    @property
    def http_status(self) -> int:
        """Give the status an HTTP API would choose; KryptoGO documents none."""
        return _HTTP_STATUS.get(self.code, 400)

    def envelope(self) -> dict[str, object]:
        """Give the documented error object."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        return body if self.data is None else {**body, "data": dict(self.data)}
