"""Decimal strings: the only form in which an amount enters or leaves the simulator."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal

from kgscaffold.simulator.errors import BadInputError

_PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,18})?", re.ASCII)


def parse_amount(value: object, name: str) -> Decimal:
    """Give the amount of a plain decimal string such as "300.0".

    Raises BadInputError, which names the field, for all else: numbers, signs, exponents, NaN.
    """
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        raise BadInputError(f'{name}: a decimal string such as "300.0" expected')
    return Decimal(value)


def format_amount(amount: Decimal) -> str:
    """Give the shortest plain notation that keeps two decimal places, as KryptoGO writes it."""
    plain = format(amount.normalize(), "f")
    whole, _, fraction = plain.partition(".")
    return f"{whole}.{fraction:0<2}"


def truncate(amount: Decimal, places: int) -> Decimal:
    """Cut `amount` to `places` decimal places, never rounding in the receiver's favour."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
