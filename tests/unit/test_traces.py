"""Stack traces are counted whatever language prints them."""

from __future__ import annotations

import pytest

from kgscaffold.verify.traces import traces

NODE = """\
2026-01-01T00:00:00Z ERROR a handler failed
Error: ordered to fail
    at suffer (file:///shop/dist/effects.js:61:15)
    at async Object.apply (file:///shop/dist/effects.js:30:13)
"""
PYTHON = """\
ERROR a handler failed
Traceback (most recent call last):
  File "effects.py", line 3, in apply
RuntimeError: ordered to fail
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("a word\n    about it\n  at last: 3\n", 0),
        ("the shop listens on\n at http://127.0.0.1\n", 0),
        (NODE, 1),
        (PYTHON, 1),
        (NODE + PYTHON + NODE, 3),
    ],
)
def test_a_trace_is_counted_once(text: str, number: int) -> None:
    assert traces(text) == number
