"""Waiting for what must become true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def until(
    what: Callable[[], T | None], within: float = 20, every: float = 0.1, why: object = ""
) -> T:
    """The first truthy value of `what`, asked again and again for `within` seconds.

    It is asked after `every` seconds, and more and more rarely, down to a tenth as often.
    Raises AssertionError that says what was waited for (`why`) and the last value.
    """
    deadline, pause = time.monotonic() + within, every
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            reason = why() if callable(why) else why
            raise AssertionError(f"not within {within} s: {reason or what}; last: {value!r}")
        time.sleep(pause)
        pause = min(1.2 * pause, 10 * every)
