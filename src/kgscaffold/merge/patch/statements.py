"""Edit a program by its top-level statements: what the templates add, replace or drop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher

from kgscaffold.languages.model import Language
from kgscaffold.languages.source import Statement
from kgscaffold.merge.clashes import clashes
from kgscaffold.merge.patch.edits import Edited, Edits, News, UnclearError, relined
from kgscaffold.merge.source import Source

Statements = Sequence[Statement]


def patch_statements(news: News, ours: Source, language: Language) -> Edited:
    """Make the templates' edits to statements where the user kept their surroundings.

    These are the top-level ones, and those of a function that both sides changed. Raises
    UnclearError where the user changed a statement that the templates change, or what an added one
    stands beside, and where the result would not mean what it should.
    """
    within, mine, changes = _with_bodies(news, ours, language)
    edited = _patched(within, mine, language)
    result = [line for line, _ in edited.lines]
    texts = (news.base.splitlines(), ours.lines, news.theirs.splitlines())
    if found := clashes(f"main{language.suffixes[0]}", *texts, result):
        message = "; ".join(dict.fromkeys(clash.note for clash in found))
        raise UnclearError(message, _added(news, language))
    lines = relined(ours, result) if changes else edited.lines
    return Edited(lines, (*changes, *edited.changes), edited.notes)


def _with_bodies(
    news: News, ours: Source, language: Language
) -> tuple[News, Source, tuple[str, ...]]:
    """Give the texts once the bodies of functions that both sides changed are edited.

    Such a function is then the same in all three, as the user's becomes. One whose edit is not
    clear stays as it is, and so does one of which not only the body was changed.
    """
    try:
        sides = [language.statements(text) for text in (news.base, ours.text, news.theirs)]
    except SyntaxError:
        return news, ours, ()
    for name in dict.fromkeys(item.name for item in sides[0] if item.body is not None):
        found = [[item for item in side if item.name == name] for side in sides]
        if any(len(items) != 1 for items in found):
            continue
        old, own, new = (items[0] for items in found)
        if new.meaning in (old.meaning, own.meaning) or own.lines == old.lines:
            continue
        edited = _body_edited((old, own, new), (news.base, ours.text, news.theirs), language)
        if edited is not None:
            lines, changes = edited
            texts = [
                _replaced(text, item.places, lines)
                for text, item in ((news.base, old), (ours.text, own), (news.theirs, new))
            ]
            rest = _with_bodies(News(texts[0], texts[2]), Source.of(texts[1]), language)
            return rest[0], rest[1], (*changes, *rest[2])
    return news, ours, ()


def _body_edited(
    functions: tuple[Statement, Statement, Statement],
    texts: tuple[str, str, str],
    language: Language,
) -> tuple[list[str], tuple[str, ...]] | None:
    """Give the user's function with the templates' edits of its body, and what these are."""
    sides = [text.split("\n") for text in texts]
    bodies: list[str] = []
    around = set()
    for item, lines in zip(functions, sides, strict=True):
        if item.body is None:
            return None
        head = tuple(lines[item.places.start : item.body.start])
        tail = tuple(lines[item.body.stop : item.places.stop])
        around.add((head, tail))
        bodies.append("".join(f"{line}\n" for line in lines[item.body.start : item.body.stop]))
    if len(around) > 1:
        return None
    try:
        edited = patch_statements(News(bodies[0], bodies[2]), Source.of(bodies[1]), language)
    except UnclearError:
        return None
    head, tail = around.pop()
    return [*head, *(line for line, _ in edited.lines), *tail], edited.changes


def _replaced(text: str, places: range, lines: Sequence[str]) -> str:
    own = text.split("\n")
    return "\n".join([*own[: places.start], *lines, *own[places.stop :]])


def _added(news: News, language: Language) -> list[str]:
    """Give the lines of the statements that the templates add or change."""
    base, theirs = language.statements(news.base), language.statements(news.theirs)
    return [line for item in _without(theirs, base) for line in item.lines]


def _patched(news: News, ours: Source, language: Language) -> Edited:
    """Make the edits to the top-level statements."""
    base, theirs = language.statements(news.base), language.statements(news.theirs)
    leaving, coming = _without(base, theirs), _without(theirs, base)
    added = [line for item in coming for line in item.lines]
    try:
        mine = language.statements(ours.text)
    except SyntaxError as error:
        raise UnclearError(f"line {error.lineno}: {error.msg}", added) from error
    edits = Edits(ours)
    patch = _Patch(edits, mine, base, theirs)
    matcher = SequenceMatcher(None, _meanings(base), _meanings(theirs), autojunk=False)
    try:
        for _, first, last, start, stop in matcher.get_opcodes():
            old = [item for item in base[first:last] if item in leaving]
            new = [item for item in theirs[start:stop] if item in coming]
            patch.put(old, new, theirs[:start], theirs[stop:])
    except _LostError as error:
        raise UnclearError(str(error), added) from error
    edited = edits.done()
    try:
        result = language.statements("".join(f"{line}\n" for line, _ in edited.lines))
    except SyntaxError as error:
        raise UnclearError(f"the result would not parse ({error.msg})", added) from error
    if not _is_sound(result, mine, base, theirs):
        raise UnclearError("the result would not be what it should", added)
    only_moved = sorted(_meanings(result)) == sorted(_meanings(mine))
    return Edits(ours).done() if only_moved else edited


class _LostError(Exception):
    """What an edit needs is not in the user's file."""


class _Patch:
    """The edits of one file, as they are found.

    `base` and `theirs` are the statements that the templates had and have.
    """

    def __init__(
        self, edits: Edits, mine: Statements, base: Statements, theirs: Statements
    ) -> None:
        self._edits = edits
        self._gone = _imports(base) - _imports(theirs)
        self._mine = mine
        self._calls = {item.call for item in _without(mine, [*base, *theirs]) if item.call}
        stays = _without(mine, _without(base, theirs))
        self._meanings = set(_meanings(stays))
        self._imports = _imports(stays)

    def put(self, old: Statements, new: Statements, earlier: Statements, later: Statements) -> None:
        """Put new statements in the place of old ones, which is between `earlier` and `later`."""
        missing = [item for item in new if not self._has(item)]
        pairs = [(item, mine) for item in old if (mine := self._find(item)) is not None]
        found = [item for item, _ in pairs]
        self._check_gone([item for item in old if item not in found], missing)
        for item, mine in pairs:
            if item.lines != mine.lines:
                raise _LostError(f"you changed the layout of `{item.title}`")
            self._edits.replace(mine.places, ())
            self._edits.changes.append(f"`{item.title}` is gone")
        in_place = bool(pairs) and len(pairs) == len(old)
        lines = [line for item in missing for line in self._lines(item, missing[0], in_place)]
        if in_place:
            self._edits.replace(pairs[0][1].places, lines)
        elif missing:
            place = self._place(missing, [*old[-1:], *earlier[-1:]], later)
            self._edits.insert(place, lines)

    def _check_gone(self, old: Statements, missing: Statements) -> None:
        """Raise _LostError if what is to be replaced, or to go, is there, changed."""
        replaced = any(not item.imports for item in missing)
        for item in old:
            remains = self._imports & self._gone & set(item.imports) or item.call in self._calls
            if remains or (replaced and not item.imports):
                raise _LostError(f"you changed `{item.title}`, and so did kgscaffold")

    def _place(self, new: Statements, earlier: Statements, later: Statements) -> int:
        for item in earlier:
            if (anchor := self._beside(item)) is not None:
                return anchor.places.stop
        if later and (anchor := self._beside(later[0])) is not None:
            return anchor.places.start - len(anchor.comments)
        imports = [item for item in self._mine if item.imports]
        if imports and all(item.imports for item in new):
            return imports[-1].places.stop
        raise _LostError("what stood beside the new lines is not there any more")

    def _lines(self, item: Statement, first: Statement, in_place: bool) -> list[str]:
        """Give the lines to add; the first statement in the place of another has its comments."""
        self._edits.changes.append(f"added `{item.title}`")
        present = self._imports.intersection(item.imports)
        self._imports.update(item.imports)
        if present:
            return [line for line in item.imports if line not in present]
        if in_place and item is first:
            return list(item.lines)
        return [*[""] * item.blanks, *item.comments, *item.lines]

    def _has(self, item: Statement) -> bool:
        if item.imports:
            return self._imports.issuperset(item.imports)
        return item.meaning in self._meanings

    def _find(self, item: Statement) -> Statement | None:
        found = [mine for mine in self._mine if mine.meaning == item.meaning]
        return found[0] if len(found) == 1 else None

    def _beside(self, item: Statement) -> Statement | None:
        """Give the user's statement that is the same, or that defines the same name."""
        same = self._find(item)
        named = [mine for mine in self._mine if item.name and mine.name == item.name]
        return same or (named[0] if len(named) == 1 else None)


def _is_sound(result: Statements, mine: Statements, base: Statements, theirs: Statements) -> bool:
    """Tell whether the result is what the user wrote, with what the templates changed."""
    gone = _imports(base) - _imports(theirs)
    imports = (_imports(mine) - gone) | (_imports(theirs) - _imports(base))
    kept = _others(_without(mine, _without(base, theirs)))
    wanted = {*kept, *_others(_without(theirs, base))}
    rest = iter(_others(result))
    return (
        _imports(result) == imports
        and all(meaning in rest for meaning in kept)
        and set(_others(result)) == wanted
    )


def _meanings(statements: Iterable[Statement]) -> list[str]:
    return [item.meaning for item in statements]


def _others(statements: Iterable[Statement]) -> list[str]:
    return [item.meaning for item in statements if not item.imports]


def _imports(statements: Iterable[Statement]) -> set[str]:
    return {line for item in statements for line in item.imports}


def _without(statements: Iterable[Statement], others: Collection[Statement]) -> list[Statement]:
    """Give the statements that mean something that none of the others does."""
    known = set(_meanings(others))
    return [item for item in statements if item.meaning not in known]
