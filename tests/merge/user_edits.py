"""What users do to generated files, as steps that a random test can choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kgscaffold.answers import Policy
from kgscaffold.render import RenderedFile
from tests.merge import lines as texts
from tests.merge.lines import Line

Dice = tuple[int, int, int]


@dataclass
class Mine:
    """One generated file as its user has it."""

    file: RenderedFile
    path: str
    lines: list[Line]
    end: str = "\n"
    bom: bool = False
    last_end: bool = True
    latin: bool = False
    deleted: bool = False
    overwritten: bool = False

    @property
    def content(self) -> bytes:
        text = self.end.join([*(line.text for line in self.lines), ""])
        if not self.last_end:
            text = text.removesuffix(self.end)
        data = text.encode("latin-1", "replace") if self.latin else text.encode()
        return (b"\xef\xbb\xbf" if self.bom else b"") + data


@dataclass
class User:
    """A project as its user has it, who works in a few of the files.

    `marks` are the words that only the user can have written.
    """

    files: list[Mine]
    focus: list[str]
    extra: dict[str, bytes] = field(default_factory=dict)
    marks: dict[str, Mine] = field(default_factory=dict)
    copies: list[Dice] = field(default_factory=list)
    deletes_sidecars: bool = False

    @property
    def handlers(self) -> str:
        """The folder of the handlers."""
        return handlers_of(self.files)[0]

    @property
    def suffix(self) -> str:
        """That of the programs."""
        return handlers_of(self.files)[1]

    def mark(self, mine: Mine) -> str:
        """Give words that nobody else writes, for a file."""
        word = f"mine{len(self.marks)}_"
        self.marks[word] = mine
        return word

    def pick(self, number: int) -> Mine:
        """Give one of the files that the user works in."""
        chosen = [mine for mine in self.files if mine.file.id in self.focus]
        return chosen[number % len(chosen)]

    def taken(self, path: str) -> bool:
        """Tell whether there is a file at a path."""
        return path in self.extra or any(
            mine.path == path and not mine.deleted for mine in self.files
        )


def handlers_of(files: Sequence[Mine]) -> tuple[str, str]:
    """Give the folder of the generated handlers, and the suffix of programs."""
    paths = [mine.file.path for mine in files if mine.file.id.startswith("handlers/")]
    return paths[0].rpartition("/")[0], f".{paths[0].rpartition('.')[2]}"


def insert(user: User, dice: Dice) -> None:
    """Add a line of one's own before or after a statement."""
    _insert(user, user.pick(dice[0]), dice)


def insert_alike(user: User, dice: Dice) -> None:
    """Add the same kind of line at the same place of two handlers."""
    handlers = [mine for mine in user.files if mine.file.id.startswith("handlers/")]
    for offset in (0, 1):
        _insert(user, handlers[(dice[0] + offset) % len(handlers)], dice)


def _insert(user: User, mine: Mine, dice: Dice) -> None:
    spot = _spot(mine, dice[1])
    if spot is not None:
        place = spot.stop if dice[2] % 2 else spot.start
        mine.lines.insert(place, texts.new(_own(mine, spot, user.mark(mine), dice[2])))


def _own(mine: Mine, spot: texts.Spot, word: str, number: int) -> str:
    if texts.is_program(mine.path) and number % 4 < 3:
        return texts.own_line(mine.path, spot, word)
    return spot.indent + texts.remark(mine.path, word)


def delete(user: User, dice: Dice) -> None:
    """Delete a statement."""
    mine = user.pick(dice[0])
    spot = _spot(mine, dice[1])
    if spot is not None:
        del mine.lines[spot.start : spot.stop]


def change(user: User, dice: Dice) -> None:
    """Change a line."""
    mine = user.pick(dice[0])
    spot = _spot(mine, dice[1])
    if spot is not None:
        place = spot.start + dice[2] % (spot.stop - spot.start)
        text = mine.lines[place].text
        mine.lines[place] = texts.new(f"{text}  {texts.remark(mine.path, user.mark(mine))}")


def move(user: User, dice: Dice) -> None:
    """Move a statement before another one of the same depth."""
    mine = user.pick(dice[0])
    spot = _spot(mine, dice[1])
    if spot is None:
        return
    alike = [
        other
        for other in texts.spots(mine.path, mine.lines)
        if other.indent == spot.indent and (other.stop <= spot.start or other.start >= spot.stop)
    ]
    if alike:
        target = alike[dice[2] % len(alike)].start
        moved = texts.renew(mine.lines[spot.start : spot.stop])
        rest = [*mine.lines[: spot.start], *mine.lines[spot.stop :]]
        place = target - len(moved) if target > spot.start else target
        lines = [*rest[:place], *moved, *rest[place:]]
        if texts.write(lines) != texts.write(mine.lines):
            mine.lines = lines


def duplicate(user: User, dice: Dice) -> None:
    """Copy a statement or function to where it is, as it is or under another name."""
    mine = user.pick(dice[0])
    spot = _spot(mine, dice[1], definitions=dice[2] % 2 == 0)
    if spot is None:
        return
    copy = texts.renew(mine.lines[spot.start : spot.stop])
    if spot.name and dice[2] % 4 < 2:
        word = user.mark(mine)
        copy = [texts.new(line.text.replace(spot.name, f"{spot.name}_{word}")) for line in copy]
    gap = [texts.new(""), texts.new("")] if spot.top and spot.name else []
    if dice[2] % 8 < 4:
        mine.lines[spot.start : spot.start] = [*copy, *gap]
    else:
        mine.lines[spot.stop : spot.stop] = [*gap, *copy]


def reformat(user: User, dice: Dice) -> None:
    """Have every line in another manner: other quotes, other indents, or fewer blank lines."""
    mine = user.pick(dice[0])
    manner = dice[1] % 3
    if manner == 2:
        mine.lines = [
            line
            for former, line in zip([texts.new("x"), *mine.lines], mine.lines, strict=False)
            if line.text or former.text
        ]
        return
    for place, line in enumerate(mine.lines[1:], 1):
        text = line.text
        if manner == 0 and '"""' not in text and "'" not in text:
            text = text.replace('"', "'")
        elif manner == 1:
            text = "\t" * ((len(text) - len(text.lstrip())) // 4) + text.lstrip()
        if text != line.text:
            mine.lines[place] = texts.new(text)


def rename(user: User, dice: Dice) -> None:
    """Rename a file, in its folder or into another one."""
    mine = user.pick(dice[0])
    folder, _, name = mine.path.rpartition("/")
    path = f"{folder or 'app'}/own_{dice[1] % 5}_{name}" if dice[2] % 2 else f"moved/{name}"
    if not mine.deleted and not user.taken(path) and not name.startswith("."):
        mine.path = path


def remove(user: User, dice: Dice) -> None:
    """Delete a file."""
    user.pick(dice[0]).deleted = True


def replace_by_similar(user: User, dice: Dice) -> None:
    """Delete a file and write a similar one, without a header, elsewhere or in its place."""
    mine = user.pick(dice[0])
    path = mine.path if dice[1] % 2 else f"app/similar_{dice[2] % 3}{user.suffix}"
    if mine.path == path or not user.taken(path):
        mine.deleted = True
        user.extra[path] = texts.write([*mine.lines[1:], texts.new(texts.remark(path, "similar"))])


def restyle(user: User, dice: Dice) -> None:
    """Save a file with other line endings, a byte order mark, no final newline, or not in UTF-8."""
    mine = user.pick(dice[0])
    if dice[1] % 8 == 0:
        mine.latin = True
        mine.lines.append(texts.new(texts.remark(mine.path, "caf\u00e9")))
    elif dice[1] % 8 == 1:
        mine.bom = True
    elif dice[1] % 8 == 2:
        mine.last_end = False
    else:
        mine.end = "\r\n"


def drop_header(user: User, dice: Dice) -> None:
    """Delete the line with the id."""
    mine = user.pick(dice[0])
    mine.lines = [line for line in mine.lines if "kgscaffold:id=" not in line.text]


def write_new(user: User, dice: Dice) -> None:
    """Write a file of one's own, perhaps where the templates will want to put one."""
    path = f"{user.handlers}/added_{dice[0] % 3}{user.suffix}"
    user.extra[path] = f"{texts.remark(path, f'my own {dice[1]}')}\n".encode()


def _spot(mine: Mine, number: int, *, definitions: bool = False) -> texts.Spot | None:
    found = (texts.definitions if definitions else texts.spots)(mine.path, mine.lines)
    return found[number % len(found)] if found else None


EDITS: list[Callable[[User, Dice], None]] = [
    *[insert] * 6,
    *[insert_alike] * 2,
    *[delete] * 2,
    *[change] * 3,
    *[move] * 2,
    *[duplicate] * 3,
    reformat,
    rename,
    remove,
    replace_by_similar,
    restyle,
    drop_header,
    write_new,
]


def fresh(files: list[RenderedFile], numbered: dict[str, list[Line]], focus: list[str]) -> User:
    """Give a project as it was generated."""
    return User([Mine(file, file.path, list(numbered[file.id])) for file in files], focus)


def is_merged_as_text(file: RenderedFile) -> bool:
    """Tell whether a file is merged line by line."""
    return file.policy in {Policy.OWNED, Policy.SEEDED}
