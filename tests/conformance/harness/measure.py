"""Figures: percentiles, and the lines shown at the end of the run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FIGURE = "figure"


def percentile(seconds: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def described(seconds: Sequence[float]) -> str:
    """Number, median, 99th percentile and maximum, in milliseconds."""
    parts = {
        "p50": percentile(seconds, 0.5),
        "p99": percentile(seconds, 0.99),
        "max": max(seconds),
    }
    shown = ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in parts.items())
    return f"{len(seconds)} acknowledgements: {shown}"
