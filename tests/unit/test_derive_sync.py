"""The sync form of the generated code: how a text is derived, and that the committed one is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sync_tokens import to_sync

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("given", "derived"),
    [
        ("async def f() -> None:\n", "def f() -> None:\n"),
        ("async with begin() as tx:\n", "with begin() as tx:\n"),
        ("async for part in body.aiter_bytes():\n", "for part in body.iter_bytes():\n"),
        ("x = await f(await g())\n", "x = f(g())\n"),
        ("xs = [x async for x in await f()]\n", "xs = [x for x in f()]\n"),
        ("tx: AsyncSession\n", "tx: Session\n"),
        ('x = f"/orders/{await new()}"\n', 'x = f"/orders/{new()}"\n'),
    ],
)
def test_keywords_and_names_are_those_of_sync_code(given: str, derived: str) -> None:
    assert to_sync(given, {}) == derived


@pytest.mark.parametrize(
    ("given", "derived"),
    [
        ("f: Callable[[A], Awaitable[T]]\n", "f: Callable[[A], T]\n"),
        ("f: Callable[..., Awaitable[str | None]]\n", "f: Callable[..., str | None]\n"),
        ("f: Callable[..., Awaitable[dict[str, int]]]\n", "f: Callable[..., dict[str, int]]\n"),
        ("f: Coroutine[Any, Any, dict[str, int]]\n", "f: dict[str, int]\n"),
    ],
)
def test_what_was_awaited_is_given_at_once(given: str, derived: str) -> None:
    assert to_sync(given, {}) == derived


@pytest.mark.parametrize(
    ("given", "derived"),
    [
        ("x = (await f(a)).one()\n", "x = f(a).one()\n"),
        ("return (await f(a[0]))[1]\n", "return f(a[0])[1]\n"),
        ("if (await f()).y is None:\n", "if f().y is None:\n"),
        ("x = f(await g())\n", "x = f(g())\n"),
        ("x = f((await g()).y)\n", "x = f(g().y)\n"),
        ("x = (await f() or g()).y\n", "x = (f() or g()).y\n"),
        ("x = (await f(), 1)\n", "x = (f(), 1)\n"),
        ("x = a + (await f()) + b[(await g()).y]\n", "x = a + f() + b[g().y]\n"),
    ],
)
def test_parentheses_go_where_only_await_needed_them(given: str, derived: str) -> None:
    assert to_sync(given, {}) == derived


def test_code_in_a_string_or_a_comment_is_left_alone_but_for_the_words_given() -> None:
    text = '"""await of the event loop"""\nx = "await"  # in this event loop\n'
    told = '"""await of the process"""\nx = "await"  # in this process\n'
    assert to_sync(text, {"event loop": "process"}) == told


def test_lines_and_their_order_stay() -> None:
    text = "async def f() -> None:\n    # why\n    a = await (\n        g()\n    )\n\n\nx = 1\n"
    assert to_sync(text, {}) == text.replace("async ", "").replace("await ", "")


def test_the_committed_sync_form_is_what_is_derived_now() -> None:
    command = [sys.executable, "scripts/derive_sync.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.stderr}\nDerive again: python scripts/derive_sync.py"
