"""Deliberate faults: remedies taken away, each with the rule that must notice.

`pytest tests/conformance/test_mutations.py --depth thorough --stack fastapi-sqlite -k no-wal`
plays the named rule on a fresh project without the remedy, and expects violations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.mutations.node import NODE
from tests.conformance.mutations.python import PYTHON

if TYPE_CHECKING:
    from tests.conformance.harness.stacks import Stack
    from tests.conformance.mutations.edits import Mutation


def mutations_of(stack: Stack) -> dict[str, Mutation]:
    """The faults that a stack could have, by name.

    A form that is not its framework's usual one is derived from that, and has none of its own.
    """
    ours = PYTHON if stack.in_python else NODE
    return {name: one for name, one in ours.items() if one.concerns(stack) and not stack.form}
