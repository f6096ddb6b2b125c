"""Soundness and markers."""

from __future__ import annotations

import pytest

from kgscaffold.merge.parse import has_markers, parses


@pytest.mark.parametrize(
    ("path", "content", "sound"),
    [
        ("a.py", b"x = 1\n", True),
        ("a.py", b"\xef\xbb\xbfx = 1\r\n", True),
        ("a.py", b"x = (\n", False),
        ("a.py", b"x = '\xe9'\n", False),
        ("a.py", b"f(a=1, a=2)\n", False),
        ("a.py", b"def f(a, a): pass\n", False),
        ("a.py", b"return 1\n", False),
        ("a.py", b"raise SystemExit\n", True),
        ("a.py", b"x = 1 is 1\n", True),
        ("a.toml", b"a = 1\n", True),
        ("a.toml", b"a = \n", False),
        ("a.json", b"{}", True),
        ("a.json", b"{", False),
        ("package.json", b"{ // a\n}", False),
        ("tsconfig.build.json", b'// a\n{ "a": "//", /* b */ "b": [1, /* c */], // d\n}\n', True),
        ("tsconfig.json", b'{ "a": [1,,] }', False),
        ("tsconfig.json", b"{ a: 1 }", False),
        ("a.ts", b"const a: string = '';\n", True),
        ("a.ts", b"const a: = '';\n", False),
        ("a.cjs", b"const a: string = '';\n", False),
        ("alembic.ini", b"[a]\nb = %(c)s\n", True),
        ("alembic.ini", b"b = 1\n", False),
        ("README.md", b"<", None),
        (".env.example", b"<", None),
    ],
)
def test_soundness(path: str, content: bytes, sound: bool | None) -> None:
    assert parses(path, content) is sound


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a\n<<<<<<< yours\n", True),
        (b"a\r\n>>>>>>> theirs\r\n", True),
        (b"|||||||\n", True),
        (b"Title\n=======\n", False),
        (b"a <<<<<<< b\n", False),
        (b"<<<<<<<< eight\n", False),
    ],
)
def test_markers(content: bytes, found: bool) -> None:
    assert has_markers(content) is found
