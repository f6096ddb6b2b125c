"""One file's three texts, merged."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgscaffold.merge import Labels, Merge, Reason, Refusal, merge_text
from kgscaffold.merge import engine as engine_module
from kgscaffold.merge.chunks import three_way
from kgscaffold.merge.formatters import Formatter
from kgscaffold.merge.git import merge_file
from tests.merge.shop import PythonShop

SHOP = PythonShop()
BASE = b"one\ntwo\nthree\nfour\nfive\nsix\n"
THEIRS = BASE.replace(b"six", b"SIX")


def merged(base: bytes, ours: bytes, theirs: bytes, path: str = "a.txt") -> Merge:
    result = merge_text(base, ours, theirs, path=path)
    assert isinstance(result, Merge)
    return result


def test_one_sided_changes_need_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert merged(BASE, BASE, THEIRS).content == THEIRS
    assert merged(BASE, b"mine\n", BASE).content == b"mine\n"
    assert merged(BASE, THEIRS, THEIRS).content == THEIRS


def test_without_git_both_sides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = merge_text(BASE, BASE.replace(b"one", b"ONE"), THEIRS, path="a.txt")
    assert isinstance(result, Refusal)
    assert result.reason is Reason.NO_GIT


def test_mixed_line_endings_are_kept() -> None:
    ours = b"ONE\r\ntwo\nthree\r\nfour\r\nfive\nsix\r\n"
    expected = b"ONE\r\ntwo\nthree\r\nfour\r\nfive\nSIX\r\n"
    assert merged(BASE, ours, THEIRS).content == expected


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_the_manner_of_the_file_is_kept(end: bytes, bom: bytes, last: bool) -> None:
    def manner(text: bytes) -> bytes:
        text = text.replace(b"\n", end)
        return bom + (text if last else text.removesuffix(end))

    ours = BASE.replace(b"one", b"ONE")
    result = merged(BASE, manner(ours), THEIRS)
    assert result.content == manner(THEIRS.replace(b"one", b"ONE"))
    assert merged(BASE, manner(BASE), THEIRS).content == manner(THEIRS)


def test_a_conflict_shows_the_three_sides_in_the_endings_of_the_file() -> None:
    ours = BASE.replace(b"six", b"mine").replace(b"\n", b"\r\n")
    result = merge_text(BASE, ours, THEIRS, path="a.txt", labels=Labels("a", "b", "c"))
    assert isinstance(result, Merge)
    assert (result.conflicts, result.parses) == (1, None)
    expected = (
        b"one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n"
        b"<<<<<<< a\r\nmine\r\n||||||| b\r\nsix\r\n=======\r\nSIX\r\n>>>>>>> c\r\n"
    )
    assert result.content == expected


def test_a_clean_merge_that_does_not_parse_says_so() -> None:
    base = b"def f(a):\n    x = 1\n    y = 2\n    z = 3\n    return a\n"
    ours = base.replace(b"x = 1", b"x = (")
    result = merge_text(base, ours, base.replace(b"return a", b"return x"), path="a.py")
    assert isinstance(result, Merge)
    assert result.parses is False


@pytest.mark.parametrize(
    ("ours", "reason"),
    [
        (b"\0\n", Reason.BINARY),
        (b"\xe9\n", Reason.NOT_UTF8),
        (b"<<<<<<< a\n=======\n>>>>>>> b\n", Reason.MARKERS),
    ],
)
def test_what_is_no_text_to_merge_is_refused(ours: bytes, reason: Reason) -> None:
    result = merge_text(BASE, ours, THEIRS, path="a.txt")
    assert isinstance(result, Refusal)
    assert result.reason is reason


def test_git_is_not_asked_for_the_users_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / ".gitconfig"
    config.write_text("[merge]\n\tconflictstyle = nonsense\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert merged(BASE, BASE.replace(b"one", b"ONE"), THEIRS).conflicts == 0


def test_where_git_would_have_it_otherwise_there_is_a_conflict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "merge_file", lambda *sides: ("0", "0"))
    result = merged(BASE, BASE.replace(b"one", b"ONE"), THEIRS)
    assert result.conflicts == 1
    assert b"ONE" in result.content
    assert b"SIX" in result.content


def test_a_line_that_would_change_its_function_is_a_conflict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engines are made blind here, so that only the last check is left."""
    base = SHOP.handlers("pending", "success").encode()
    ours = SHOP.ship_on_success(base.decode()).encode()
    theirs = SHOP.handlers("pending", "insufficient", "success").encode()

    def blind(*sides: list[str]) -> object:
        chunks = three_way(*sides[:3])
        moved = [chunk for chunk in chunks if chunk.side.value == "ours"]
        rest = [chunk for chunk in chunks if chunk.side.value != "ours"]
        return [*rest[:8], *moved, *rest[8:]]

    monkeypatch.setattr(engine_module, "three_way", blind)
    monkeypatch.setattr(engine_module, "_git_agrees", lambda *chunks: True)
    assert merged(base, ours, theirs, "a.py").conflicts == 1


def test_blank_lines_do_not_decide_which_of_two_copies_is_the_generated_one() -> None:
    """The user copied a function and took blank lines out; the templates mend the original.

    Random edits found it: the only longest common subsequence had the copy, for a blank line more.
    """
    mend = ("    await tx.flush()\n", "    await tx.flush(order)\n")
    base = SHOP.handlers("success") + "\n\ndef last():\n    pass\n"
    copy, rest = SHOP.handler("success"), base.index("\n\ndef last")
    ours = base[:rest] + "\n" + copy + "\n" + base[rest:].lstrip("\n")
    assert "\n\n\ndef last" in base
    assert "\n\n\n" not in ours[rest:]
    result = merged(base.encode(), ours.encode(), base.replace(*mend).encode(), "a.py")
    assert result.conflicts == 1


def test_a_formatter_that_is_missing_is_reported(tmp_path: Path) -> None:
    formatter = Formatter("no-such-formatter", tmp_path, (".py",), ())
    base = b"a = 1\nb = 2\nc = 3\n"
    ours, theirs = base.replace(b"1", b"10"), base.replace(b"3", b"30")
    result = merge_text(base, ours, theirs, path="a.py", formatter=formatter)
    assert isinstance(result, Merge)
    assert result.content == b"a = 10\nb = 2\nc = 30\n"
    assert result.notes == ("merged without no-such-formatter: it is not installed",)


def decorated(*names: str) -> str:
    """Give near-identical functions with the same decorator."""
    functions = [
        f"@handles\nasync def on_{name}(order):\n    await settle(order)\n    return order\n"
        for name in names
    ]
    return "\n\n".join(functions)


def test_git_alone_gives_a_decorator_to_the_function_that_was_inserted() -> None:
    base, theirs = decorated("pending", "success"), decorated("pending", "late", "success")
    before, start, rest = base.rpartition("@handles")
    ours = f"{before}@audited\n{start}{rest}"
    alone = merge_file(base.splitlines(), ours.splitlines(), theirs.splitlines())
    assert alone is not None
    assert "@audited\n@handles\nasync def on_late" in "\n".join(alone)
    result = merged(base.encode(), ours.encode(), theirs.encode(), "a.py")
    assert b"@audited\n@handles\nasync def on_late" not in result.content
    assert result.conflicts == 1
