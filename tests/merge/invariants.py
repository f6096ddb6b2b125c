"""What has to hold after every update, whatever the user and the templates did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kgscaffold.errors import ExitCode
from kgscaffold.merge.formatters import Formatter, FormatterError
from kgscaffold.merge.parse import has_markers, parses
from tests.merge import lines as texts
from tests.merge.lines import Line
from tests.merge.template_changes import Release
from tests.merge.user_edits import Mine, User, is_merged_as_text
from tests.merge.worlds import Tree, Updated, tree, update

SETTINGS = (".ini", ".example", ".toml", ".json")
BOM = b"\xef\xbb\xbf"


class Trial:
    """One update of one user's project to one release, run and looked at."""

    def __init__(
        self,
        root: Path,
        user: User,
        release: Release,
        base: Mapping[str, list[Line]],
        formatter: Formatter | None,
    ) -> None:
        self.user, self.base = user, base
        self.theirs = {item.id: item for item in release.files}
        self.before = tree(root)
        self.formatter = formatter and self._as_it_was(formatter)
        whole = tree(root, state=True)
        rendering = {item.id: item.file for item in release.files}
        self.result = update(root, rendering)
        self.after = tree(root)
        if self.result.code == ExitCode.PRECONDITION:
            assert tree(root, state=True) == whole, "a refused update has written"
        if user.deletes_sidecars:
            for path in self.after.keys() - self.before.keys():
                if path.endswith(".kg-new"):
                    (root / path).unlink()
        once = tree(root, state=True)
        self.second = update(root, rendering)
        self.settled = tree(root, state=True) == once
        moved = {str(item.get("moved_from") or ""): item["path"] for item in self.result.actions}
        self.moved = {old: str(new) for old, new in moved.items() if old}
        self.conflicted = {path for path, data in self.after.items() if has_markers(data)}

    def _as_it_was(self, formatter: Formatter) -> Formatter:
        """Give the formatter with the settings from before the update, which may change them."""
        folder = formatter.root.with_name("before")
        folder.mkdir()
        (folder / "pyproject.toml").write_bytes(self.before["pyproject.toml"])
        return replace(formatter, root=folder)

    def check(self) -> None:
        """Raise AssertionError for anything that must not be."""
        assert self.result.code in (0, 3), self.result.errors
        self._words_stay()
        self._files_stay()
        self._success_is_sound()
        for mine in self.user.files:
            path = self._now(mine.path)
            if path not in self.after or self._is_now_another(mine, path):
                unedited = texts.write(mine.lines) == texts.write(self.base[mine.file.id])
                assert mine.deleted or unedited, f"{mine.path} was edited and has disappeared"
            elif mine.overwritten:
                self._is_named(mine)
            elif not mine.deleted:
                if self._is_managed(mine):
                    self._settings_are_there_once(mine)
                self._is_merged_truly(mine)
                self._keeps_its_manner(mine)
                if self._is_managed(mine):
                    self._counts_are_somebodys(mine)
        assert self.settled, f"the second update wrote: {self.second.kinds()}"
        assert self.second.code == (5 if self.conflicted else self.second.code), self.second.errors
        assert self.conflicted or self.second.code in (0, 3), self.second.errors

    def _is_now_another(self, mine: Mine, path: str) -> bool:
        """Tell whether the templates dropped the file and put another one where it was."""
        return any(
            (item["action"], item["path"]) == ("create", path) and item["id"] != mine.file.id
            for item in self.result.actions
        )

    def _now(self, path: str) -> str:
        return self.moved.get(path, path)

    def _words_stay(self) -> None:
        """Every line that the user added is in the file and function where they put it."""
        for word in self.user.marks:
            data = word.encode()
            before, after = _places(self.before, data), _places(self.after, data)
            assert after == {self._now(path): count for path, count in before.items()}, word
            for path in before:
                old, new = self.before[path], self.after[self._now(path)]
                if texts.is_program(path) and self._now(path) not in self.conflicted:
                    scopes = _scope(path, old, word), _scope(path, new, word)
                    assert None in scopes or scopes[0] == scopes[1], (word, scopes)

    def _files_stay(self) -> None:
        """No file disappears without being listed, and nobody's own file is touched."""
        removed = {item["path"] for item in self.result.actions if item["action"] == "remove"}
        for path in self.before.keys() - self.after.keys():
            assert path in removed | self.moved.keys(), f"{path} has disappeared"
        managed = {mine.path for mine in self.user.files} | {
            mine.file.path for mine in self.user.files
        }
        for mine in self.user.files:
            header = f"kgscaffold:id={mine.file.id}\n".encode()
            gone = mine.deleted and mine.path not in self.user.extra
            assert not (gone and _places(self.after, header)), f"{mine.path} is there again"
        for path, content in self.user.extra.items():
            assert path in managed or self.after[path] == content, f"{path} was touched"

    def _success_is_sound(self) -> None:
        for path, content in self.after.items():
            if self.result.code == 0:
                assert path not in self.conflicted, f"exit 0 with markers in {path}"
            before = self.before.get(next((a for a, b in self.moved.items() if b == path), path))
            was_sound = before is None or parses(path, before) is not False
            if self.result.code == 0 and was_sound:
                assert parses(path, content) is not False, f"exit 0, but {path} does not parse"

    def _is_merged_truly(self, mine: Mine) -> None:
        """Where the merge is clean, it is the one that knows which line is which."""
        theirs = self.theirs.get(mine.file.id)
        path = self._now(mine.path)
        content = self.after[path]
        if theirs is None or content == self.before[mine.path] or path in self.conflicted:
            return
        assert not mine.latin, f"{path} is not UTF-8 and was touched"
        result, rest = _words(content), iter(_words(content))
        old = {"", *(_plain(line.text) for line in self.base[mine.file.id])}
        for line in mine.lines:
            if _plain(line.text) not in old:
                assert line.text in rest, f"{line.text!r} is lost in {path}"
        if is_merged_as_text(mine.file):
            # None: their places touch, as far as the numbers go; what touches may read the same.
            base, new = self.base[mine.file.id], list(theirs.lines)
            if path.endswith(".ini"):
                new = texts.without_settings_of_both(base, mine.lines, new)
            true = texts.true_merge(base, mine.lines, new)
            if true is not None and not mine.last_end:
                true, result = _without_last_blanks(true), _without_last_blanks(result)
            if true is not None and self._is_formatted(mine):
                true, result = self._format(mine, true), self._format(mine, result)
            assert true is None or result == true, f"{path} is not merged truly"

    def _is_named(self, mine: Mine) -> None:
        """A file that another was copied over is as it was, and its own is not called deleted."""
        assert self.after[mine.path] == self.before[mine.path], f"{mine.path} was touched"
        said = [item for item in self.result.actions if item["id"] == mine.file.id]
        assert said, f"nothing is said of {mine.path}"
        for item in said:
            assert "deleted by you" not in item["reason"], item
            assert item["needs_person"] or mine.file.id not in self.theirs, item

    def _is_managed(self, mine: Mine) -> bool:
        """Tell whether it is known for what it is: not one that was moved without its header."""
        places = {self._now(mine.path), f"{mine.path}.kg-new"}
        return any(
            item["id"] == mine.file.id and item["path"] in places for item in self.result.actions
        )

    def _needs_person(self, mine: Mine) -> bool:
        return any(
            item["needs_person"] for item in self.result.actions if item["id"] == mine.file.id
        )

    def _counts_are_somebodys(self, mine: Mine) -> None:
        """No name is there twice, is back, or still stands without a word."""
        theirs, content = self.theirs.get(mine.file.id), self.after[self._now(mine.path)]
        if theirs is None or not texts.is_program(mine.path) or self._needs_person(mine):
            return
        if self.base[mine.file.id] in (mine.lines, theirs.lines):
            return
        base = texts.write(self.base[mine.file.id])
        sides = (base, self.before[mine.path], texts.write(theirs.lines), content)
        old, own, new, result = (texts.names(mine.path, side) for side in sides)
        if old is None or own is None or new is None or result is None:
            return
        for name, count in result.items():
            assert count <= max(own[name], new[name]), f"{name} is there twice"
            back = own[name] < old[name] >= new[name]
            assert not back or count <= own[name], f"{name} was deleted by the user and is back"
            gone = new[name] < old[name] >= own[name]
            assert not gone or count <= new[name], f"{name} was deleted and still stands"

    def _settings_are_there_once(self, mine: Mine) -> None:
        """A setting that both added is the user's, once, and another value is told."""
        theirs, path = self.theirs.get(mine.file.id), self._now(mine.path)
        if theirs is None or path in self.conflicted or not path.endswith(SETTINGS):
            return
        base = texts.write(self.base[mine.file.id])
        sides = (base, self.before[mine.path], texts.write(theirs.lines), self.after[path])
        old, own, new, result = map(texts.keys, sides)
        for name, values in result.items():
            both = own.get(name, []), new.get(name, [])
            assert len(values) <= max(map(len, both)), f"{name} is there twice"
            if name not in old and all(both):
                assert values == both[0], f"{name} is not the user's"
                assert both[0] == both[1] or self._needs_person(mine), f"{name} hides another"

    def _is_formatted(self, mine: Mine) -> bool:
        """Tell whether the user's file is as the project's formatter has it."""
        if not self.formatter or not self.formatter.handles(mine.path):
            return False
        text = texts.write(mine.lines).decode()
        try:
            return self.formatter.format(mine.path, text) == text
        except FormatterError:
            return False

    def _format(self, mine: Mine, lines: list[str]) -> list[str]:
        """Give lines as the formatter has them, without the blank ones: it adds and keeps those."""
        assert self.formatter is not None
        text = self.formatter.format(mine.path, "\n".join([*lines, ""]))
        return [line for line in text.split("\n") if line]

    def _keeps_its_manner(self, mine: Mine) -> None:
        content = self.after[self._now(mine.path)]
        assert content.startswith(BOM) == mine.bom
        assert mine.end == "\n" or content.count(b"\n") == content.count(b"\r\n")
        assert mine.end == "\r\n" or b"\r" not in content


def _places(files: Tree, word: bytes) -> dict[str, int]:
    return {path: data.count(word) for path, data in files.items() if word in data}


def _words(content: bytes) -> list[str]:
    text = content.removeprefix(BOM).replace(b"\r\n", b"\n").decode()
    return text.removesuffix("\n").split("\n")


def _plain(text: str) -> str:
    """Give a line whatever its quotes, indent and comment; the user's own words are marked."""
    return re.split(r"  (?:#|//) ", text)[0].strip().replace("'", '"')


def _without_last_blanks(lines: list[str]) -> list[str]:
    text = "\n".join(lines)
    return text.rstrip("\n").split("\n")


def _scope(path: str, content: bytes, word: str) -> str | None:
    try:
        return texts.scope_of(path, content, word)
    except UnicodeDecodeError:
        return None


def outcome(result: Updated) -> str:
    """Give one word for an update, to count."""
    kinds = {item["action"] for item in result.actions}
    for kind in ("conflict", "sidecar", "merge", "patch"):
        if kind in kinds:
            return kind
    return "other"
