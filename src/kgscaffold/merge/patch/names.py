"""The names of requirements, as pip compares them."""

from __future__ import annotations

import re

_REQUIREMENT = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*"
    r"(?:(?:[<>=!~]=?|===|@)[^;#]*)?(?:;[^#]*)?(?:\s#.*)?"
)


def requirement_name(text: str) -> str | None:
    """Give the normalised name in a requirement (PEP 503), None for what is not one."""
    match = _REQUIREMENT.fullmatch(text.strip())
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else None
