"""Where in a folder's files a traceback went through, as each language prints it."""

from __future__ import annotations

from kgscaffold.languages.node import JAVASCRIPT, TYPESCRIPT
from kgscaffold.languages.python import PYTHON

OF_PYTHON = """\
Traceback (most recent call last):
  File "/shop/app/kryptogo/core/settle.py", line 9, in change_to
    await handler.apply(tx, changed, event)
  File "/shop/app/kryptogo/handlers/success.py", line 12, in apply
    raise ValueError("no")
ValueError: no
"""
OF_NODE = """\
Error: no
    at Object.apply (file:///shop/dist/kryptogo/handlers/success.js:12:11)
    at handle (file:///shop/dist/kryptogo/core/change.js:90:5)
"""


def test_python_tells_the_function_and_the_line_of_source() -> None:
    place = 'app/kryptogo/handlers/success.py:12, in apply\n    raise ValueError("no")'
    assert PYTHON.places("app/kryptogo/handlers", OF_PYTHON) == [place]


def test_node_tells_the_file_and_the_line() -> None:
    for language in (JAVASCRIPT, TYPESCRIPT):
        found = language.places("dist/kryptogo/handlers", OF_NODE)
        assert found == ["dist/kryptogo/handlers/success.js:12"]


def test_a_log_without_such_a_place_has_none() -> None:
    assert PYTHON.places("app/kryptogo/handlers", OF_NODE) == []
    assert JAVASCRIPT.places("src/kryptogo/handlers", OF_NODE) == []
