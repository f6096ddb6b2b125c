"""The switches for what KryptoGO does not document, and the provider's faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import httpx

from kgscaffold.simulator.errors import BadInputError
from kgscaffold.simulator.intents import JsonObject, Naming

_Parser = Callable[[object], object]


class Mode(StrEnum):
    """How KryptoGO's API behaves; the control calls always work."""

    UP = "up"
    DOWN = "down"
    ERROR = "error"
    HANG = "hang"
    SLOW = "slow"
    MALFORMED = "malformed"
    REDIRECT = "redirect"
    HUGE = "huge"
    BOMB = "bomb"


class CallbackFields(StrEnum):
    """Which fields a callback carries: the whole intent, or those of the documented sample."""

    ALL = "all"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Switches:
    """How callbacks are sent; times are seconds."""

    naming: Naming = Naming.CRYPTO_AMOUNT  # in the API's answers too
    callback_fields: CallbackFields = CallbackFields.ALL
    send_pending: bool = False
    signature_secret: str | None = None
    timestamp: bool = False
    timestamp_offset: int = 0
    duplicates: int = 0  # further copies of every callback of a status change
    reorder: bool = False
    reorder_window: float = 0.5  # callbacks that come due together are shuffled together
    hold: bool = False  # send nothing until released or drained
    delay: float = 0
    jitter: float = 0
    retries: int = 0
    retry_delay: float = 1
    loss: float = 0
    timeout: float = 10
    senders: int = 16
    targets: tuple[str, ...] = ()  # base URLs used in turn instead of the callback URL's own

    def updated(self, changes: Mapping[str, object]) -> Switches:
        """Give the switches with `changes`; BadInputError names what is wrong with them."""
        return replace(self, **_parsed(changes, _SWITCHES))

    def wire(self) -> JsonObject:
        """Give all switches as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Provider:
    """How KryptoGO's API answers; times are seconds."""

    mode: Mode = Mode.UP
    latency: float = 1  # of mode slow
    lag: float = 0  # reads show intents as they were this long ago, in every mode
    error_status: int = 500  # HTTP status of mode error
    layers: int = 2  # of gzip, one in the other, in mode bomb
    refusal_status: int | None = None  # of every documented error; null: a fitting 4xx

    def updated(self, changes: Mapping[str, object]) -> Provider:
        """Give the provider with `changes`; BadInputError names what is wrong with them."""
        return replace(self, **_parsed(changes, _PROVIDER))

    def wire(self) -> JsonObject:
        """Give all settings as a JSON object."""
        return asdict(self)


def _parsed(changes: Mapping[str, object], parsers: Mapping[str, _Parser]) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in parsers:
            raise BadInputError(f"{name}: no such setting; there are {', '.join(parsers)}")
        try:
            parsed[name] = parsers[name](value)
        except BadInputError as error:
            raise BadInputError(f"{name}: {error}") from error
    return parsed


def _one_of(choices: type[StrEnum]) -> _Parser:
    def parse(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in set(choices):
            raise BadInputError(f"one of {', '.join(choices)} expected")
        return choices(value)

    return parse


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadInputError("true or false expected")
    return value


def _whole(low: int, high: int) -> _Parser:
    def parse(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadInputError(f"a whole number from {low} to {high} expected")
        return value

    return parse


def _number(high: float) -> _Parser:
    def parse(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
            raise BadInputError(f"a number from 0 to {high:g} expected")
        return value

    return parse


def _or_null(parser: _Parser) -> _Parser:
    return lambda value: None if value is None else parser(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadInputError("a text that is not empty expected")
    return value


def _urls(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise BadInputError("a list of base URLs expected")
    return tuple(http_url(item) for item in value)


def http_url(value: object) -> str:
    """Give `value` if it is an http or https URL, else raise BadInputError."""
    try:
        url = httpx.URL(value if isinstance(value, str) else "")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise BadInputError("an http or https URL expected")
    return str(value)


_HOUR = 3600
_HTTP_STATUS = _whole(200, 599)
_SWITCHES: Mapping[str, _Parser] = {
    "naming": _one_of(Naming),
    "callback_fields": _one_of(CallbackFields),
    "send_pending": _flag,
    "signature_secret": _or_null(_text),
    "timestamp": _flag,
    "timestamp_offset": _whole(-(10**9), 10**9),
    "duplicates": _whole(0, 1000),
    "reorder": _flag,
    "reorder_window": _number(_HOUR),
    "hold": _flag,
    "delay": _number(_HOUR),
    "jitter": _number(_HOUR),
    "retries": _whole(0, 100),
    "retry_delay": _number(_HOUR),
    "loss": _number(1),
    "timeout": _number(_HOUR),
    "senders": _whole(1, 256),
    "targets": _urls,
}
_PROVIDER: Mapping[str, _Parser] = {
    "mode": _one_of(Mode),
    "latency": _number(_HOUR),
    "lag": _number(_HOUR),
    "error_status": _whole(400, 599),
    "layers": _whole(1, 3),
    "refusal_status": _or_null(_HTTP_STATUS),
}
