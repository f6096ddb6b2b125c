"""The contract, sentence by sentence: each module of this package declares rules."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from kgscaffold.verify.rule import DECLARED

if TYPE_CHECKING:
    from kgscaffold.verify.rule import Rule


def all_rules() -> dict[str, Rule]:
    """Give every rule by its name, in the order of the modules' names."""
    for module in iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
    return DECLARED
