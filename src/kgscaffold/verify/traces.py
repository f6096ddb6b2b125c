"""Stack traces in what an app prints, in whatever language it is written."""

from __future__ import annotations

import re

_TRACE = re.compile(
    r"^Traceback \(most recent call last\)|^(?!\s+at ).*\n\s+at .+:\d+", re.MULTILINE
)


def traces(text: str) -> int:
    """Count the stack traces, as Python and as Node print them."""
    return len(_TRACE.findall(text))
