"""What templates do from one release to the next, as steps that a random test can choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kgscaffold.answers import Policy
from kgscaffold.merge.parse import parses
from kgscaffold.render import RenderedFile
from kgscaffold.render.rules import policy_of
from tests.merge import lines as texts
from tests.merge.lines import Line
from tests.merge.user_edits import Dice, Mine, handlers_of


@dataclass
class Theirs:
    """One template as it becomes."""

    id: str
    path: str
    lines: list[Line]

    @property
    def file(self) -> RenderedFile:
        return RenderedFile(self.id, self.path, policy_of(self.id), texts.write(self.lines))


@dataclass
class Release:
    """The templates of the next release, which is about a few of the files."""

    files: list[Theirs]
    focus: list[str]
    handlers: tuple[str, str]
    serial: int = 0

    def word(self) -> str:
        """Give words that only the templates can have written."""
        self.serial += 1
        return f"theirs{self.serial}_"

    def pick(self, number: int, *, programs: bool = False) -> Theirs:
        """Give one of the templates that are merged line by line; the release's own first."""
        merged = [
            item
            for item in self.files
            if item.file.policy in {Policy.OWNED, Policy.SEEDED}
            and (texts.is_program(item.path) or not programs)
        ]
        chosen = [item for item in merged if item.id in self.focus] or merged
        return chosen[number % len(chosen)]

    def free(self, path: str) -> bool:
        """Tell whether no template has a path."""
        return all(item.path != path for item in self.files)


def insert(release: Release, dice: Dice) -> None:
    """Add a line before or after a statement."""
    item = release.pick(dice[0])
    spot = _spot(item, dice[1])
    if spot is not None:
        word = release.word()
        program = texts.is_program(item.path)
        own = texts.own_line(item.path, spot, word) if program else f"# {word}"
        _try(item, spot.stop if dice[2] % 2 else spot.start, 0, [texts.new(own)])


def change(release: Release, dice: Dice) -> None:
    """Change a line."""
    item = release.pick(dice[0])
    spot = _spot(item, dice[1])
    if spot is not None:
        place = spot.start + dice[2] % (spot.stop - spot.start)
        _try(item, place, 1, [texts.new(_remarked(item, item.lines[place], release.word()))])


def _remarked(item: Theirs, line: Line, word: str) -> str:
    return f"{line.text}  {texts.remark(item.path, word)}"


def delete(release: Release, dice: Dice) -> None:
    """Delete a statement."""
    item = release.pick(dice[0])
    spot = _spot(item, dice[1])
    if spot is not None:
        _try(item, spot.start, spot.stop - spot.start, [])


def near_identical_function(release: Release, dice: Dice) -> None:
    """Insert a copy of a function under another name, before or after any function."""
    item = release.pick(dice[0])
    functions = texts.definitions(item.path, item.lines)
    if not functions:
        return
    origin, target = functions[dice[1] % len(functions)], functions[dice[2] % len(functions)]
    name = f"{origin.name}_{release.word()}"
    copy = [
        texts.new(line.text.replace(origin.name, name))
        for line in item.lines[origin.start : origin.stop]
    ]
    gap = [texts.new(""), texts.new("")]
    if dice[1] % 2:
        _try(item, target.stop, 0, [*gap, *copy])
    else:
        _try(item, target.start, 0, [*copy, *gap])


def near_identical_statement(release: Release, dice: Dice) -> None:
    """Insert a copy of a statement beside one of the same depth, with a word changed or none."""
    item = release.pick(dice[0])
    spot = _spot(item, dice[1])
    if spot is None:
        return
    alike = [other for other in texts.spots(item.path, item.lines) if other.indent == spot.indent]
    target = alike[dice[2] % len(alike)]
    copy = texts.renew(item.lines[spot.start : spot.stop])
    if dice[1] % 2:
        copy[-1] = texts.new(_remarked(item, copy[-1], release.word()))
    _try(item, target.start if dice[2] % 3 else target.stop, 0, copy)


def reorder(release: Release, dice: Dice) -> None:
    """Move a function above or below another one."""
    item = release.pick(dice[0])
    functions = texts.definitions(item.path, item.lines)
    if len(functions) < 2:
        return
    origin, target = functions[dice[1] % len(functions)], functions[dice[2] % len(functions)]
    if origin is target:
        return
    moved = texts.renew(item.lines[origin.start : origin.stop])
    lines = list(item.lines)
    place = target.start
    gap = [texts.new(""), texts.new("")]
    if place > origin.start:
        place -= origin.stop - origin.start
    del lines[origin.start : origin.stop]
    lines[place:place] = [*moved, *gap]
    if texts.parses(item.path, lines):
        item.lines = lines


def rename(release: Release, dice: Dice) -> None:
    """Rename a file, sometimes to where another one was."""
    item = release.pick(dice[0])
    folder, _, name = item.path.rpartition("/")
    path = f"{folder or 'app'}/new{dice[1] % 4}_{name}"
    if dice[2] % 4 == 0:
        suffix = item.path.rpartition(".")[2]
        alike = [
            other
            for other in release.files
            if other.path.endswith(suffix) and other.file.policy in {Policy.OWNED, Policy.SEEDED}
        ]
        other = alike[dice[1] % len(alike)]
        item.path, other.path = other.path, item.path
    elif release.free(path):
        item.path = path


def drop(release: Release, dice: Dice) -> None:
    """Drop a file."""
    if len(release.files) > 3:
        release.files.remove(release.pick(dice[0]))


def add_file(release: Release, dice: Dice) -> None:
    """Add a file that is nearly another one."""
    origin, name = release.pick(dice[0], programs=True), f"added_{dice[1] % 3}"
    path = _handler(release, name)
    if release.free(path):
        _add(release, origin, f"handlers/{name}", path)


def replace_by_similar(release: Release, dice: Dice) -> None:
    """Drop a file, and add nearly the same under another id, at the same path or another one."""
    origin, name = release.pick(dice[0], programs=True), f"instead_{dice[1] % 3}"
    path = origin.path if dice[2] % 2 else _handler(release, name)
    if all(item.id != f"handlers/{name}" for item in release.files):
        release.files.remove(origin)
        if release.free(path):
            _add(release, origin, f"handlers/{name}", path)
        else:
            release.files.append(origin)


def _handler(release: Release, name: str) -> str:
    """Give the path of another handler."""
    return f"{release.handlers[0]}/{name}{release.handlers[1]}"


def _add(release: Release, origin: Theirs, file_id: str, path: str) -> None:
    lines = texts.renew(
        [replace(line, text=line.text.replace(origin.id, file_id)) for line in origin.lines]
    )
    release.files.append(
        Theirs(file_id, path, [*lines, texts.new(texts.remark(path, release.word()))])
    )


def patch_manifest(release: Release, dice: Dice) -> None:
    """Raise a dependency, add one, or add a table or a script."""
    for item in release.files:
        if item.id == "project/pyproject":
            word = release.word()
            if dice[0] % 3 == 0:
                _replace(item, '    "uvicorn>=0.30",', f'    "uvicorn>=0.3{1 + dice[1] % 8}",')
            elif dice[0] % 3 == 1:
                old = '    "uvicorn>=0.30",'
                _replace(item, old, f'    "{word.rstrip("_")}>=1",', keep=True)
            else:
                item.lines += [texts.new(""), texts.new(f"[tool.{word}]"), texts.new("a = 1")]
        elif item.id == "project/package":
            _patch_package(item, release.word(), dice)


def _patch_package(item: Theirs, word: str, dice: Dice) -> None:
    old = '    "express": "^5.1.0",'
    if dice[0] % 3 == 0:
        _replace(item, old, f'    "express": "^5.{2 + dice[1] % 8}.0",')
    elif dice[0] % 3 == 1:
        _replace(item, old, f'    "{word.rstrip("_")}": "^1.0.0",', keep=True)
    else:
        _replace(item, '  "scripts": {', f'    "{word}": "node a.js",', keep=True)


def patch_variables(release: Release, dice: Dice) -> None:
    """Add a variable with its comment, or change a default."""
    for item in release.files:
        if item.id == "project/env-example":
            word = release.word()
            if dice[0] % 2:
                _replace(item, "KRYPTOGO_CALLBACK_TOKEN=change-me", f"KRYPTOGO_{word}=1", keep=True)
            else:
                _replace(
                    item,
                    "KRYPTOGO_CALLBACK_TOKEN=change-me",
                    f"KRYPTOGO_CALLBACK_TOKEN={word}",
                )


def patch_entry(release: Release, dice: Dice) -> None:
    """Include one more router, or set something up otherwise."""
    for item in release.files:
        if item.id == "app/main":
            word = release.word()
            if item.path.endswith(texts.SCRIPTS):
                _patch_script(item, word, dice)
            elif dice[0] % 2:
                _replace(item, "from app import shop", f"from app import {word}", keep=True)
                _replace(
                    item, "app.include_router(kryptogo)", f"app.include_router({word})", keep=True
                )
            else:
                _replace(item, 'app = FastAPI(title="shop")', f'app = FastAPI(title="{word}")')


def _patch_script(item: Theirs, word: str, dice: Dice) -> None:
    if dice[0] % 2:
        _replace(item, "  app.use(payments);", f"  app.use({word});", keep=True)
    else:
        _replace(item, "  app.use(tellError);", f"  app.use({word});")


def _replace(item: Theirs, old: str, text: str, *, keep: bool = False) -> None:
    for place, line in enumerate(item.lines):
        if line.text == old:
            item.lines[place : place + 1] = [*([line] if keep else []), texts.new(text)]
            return


def _try(item: Theirs, place: int, count: int, added: list[Line]) -> None:
    """Change some lines, unless the text would not be sound any more."""
    lines = [*item.lines[:place], *added, *item.lines[place + count :]]
    if parses(item.path, texts.write(lines)) is not False:
        item.lines = lines


def _spot(item: Theirs, number: int) -> texts.Spot | None:
    found = texts.spots(item.path, item.lines)
    return found[number % len(found)] if found else None


CHANGES: list[Callable[[Release, Dice], None]] = [
    *[insert] * 2,
    *[change] * 3,
    delete,
    *[near_identical_function] * 4,
    *[near_identical_statement] * 3,
    *[reorder] * 2,
    *[rename] * 2,
    drop,
    add_file,
    replace_by_similar,
    *[patch_manifest] * 2,
    *[patch_variables] * 2,
    *[patch_entry] * 2,
]


def next_release(
    files: list[RenderedFile], numbered: dict[str, list[Line]], focus: list[str]
) -> Release:
    """Give templates as they were."""
    theirs = [Theirs(file.id, file.path, list(numbered[file.id])) for file in files]
    handlers = handlers_of([Mine(file, file.path, []) for file in files])
    return Release(theirs, focus, handlers)
