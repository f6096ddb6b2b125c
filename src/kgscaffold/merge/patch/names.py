"""The names of requirements, as pip compares them."""

from __future__ import annotations

import re

_BESIDE = re.compile(r"\s(?:#|--).*")  # a comment, pip's options
_COMPARED = re.compile(r"[<>=!~]")


def requirement_name(text: str) -> str | None:
    """Give the normalised name in a requirement (PEP 503), None for what is not one.

    One whose version is none has a name all the same: it is the user's, and not to be had twice.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    plain = _BESIDE.sub("", text.strip())
    for candidate in (plain, _COMPARED.split(plain, maxsplit=1)[0]):
        try:
            return canonicalize_name(Requirement(candidate).name)
        except InvalidRequirement:
            continue
    return None
