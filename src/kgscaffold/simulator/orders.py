"""What a shop sends to create a payment intent, and KryptoGO's rules for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kgscaffold.simulator.amounts import parse_amount
from kgscaffold.simulator.errors import BadInputError
from kgscaffold.simulator.settings import http_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kgscaffold.simulator.intents import JsonObject

CURRENCIES = ("TWD", "USD")
SMALLEST_AMOUNT = Decimal("0.01")
ORDER_DATA_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRequest:
    """A request that KryptoGO accepts."""

    fiat_amount: str
    fiat_currency: str
    order_data: JsonObject | None = None
    callback_url: str | None = None
    group_key: str | None = None

    @property
    def fiat(self) -> Decimal:
        """Give the amount as a number."""
        return Decimal(self.fiat_amount)

    @classmethod
    def parsed(cls, body: Mapping[str, object]) -> IntentRequest:
        """Give the request of a JSON body; BadInputError names the field that breaks a rule."""
        amount, currency = body.get("fiat_amount"), body.get("fiat_currency")
        order_data, group_key = body.get("order_data"), body.get("group_key")
        url = body.get("callback_url")
        if currency not in CURRENCIES:
            raise BadInputError(f"fiat_currency: one of {', '.join(CURRENCIES)} expected")
        if group_key is not None and not isinstance(group_key, str):
            raise BadInputError("group_key: a string expected")
        return cls(
            fiat_amount=_fiat_amount(amount),
            fiat_currency=str(currency),
            order_data=None if order_data is None else _order_data(order_data),
            callback_url=None if url is None else _callback_url(url),
            group_key=group_key,
        )


def _fiat_amount(value: object) -> str:
    if parse_amount(value, "fiat_amount") < SMALLEST_AMOUNT:
        raise BadInputError(f"fiat_amount: at least {SMALLEST_AMOUNT} expected")
    return str(value)


def _order_data(value: object) -> JsonObject:
    if not isinstance(value, dict):
        raise BadInputError("order_data: an object expected")
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadInputError("order_data: unpaired surrogates cannot be sent")
    if len(text) > ORDER_DATA_LIMIT:
        raise BadInputError(f"order_data: at most {ORDER_DATA_LIMIT} characters as JSON expected")
    return value


def _callback_url(value: object) -> str:
    try:
        return http_url(value)
    except BadInputError as error:
        raise BadInputError(f"callback_url: {error}") from error
