"""What users and templates do to whole functions, methods and settings, as steps of random tests.

Both sides take the names of what they add from a few, so that they often mean the same one.
"""

from __future__ import annotations

from collections.abc import Callable

from kgscaffold.render.rules import find_id
from tests.merge import lines as texts
from tests.merge.lines import Line
from tests.merge.template_changes import Release, Theirs
from tests.merge.user_edits import Dice, Mine, User

_NAMES = ("after_commit", "added", "health")
_SETTINGS = {
    "project/alembic-ini": ("[alembic]", "{name} = {value}"),
    "project/env-example": ("", "{name}={value}"),
    "project/pyproject": ("[tool.ruff]", '{name} = "{value}"'),
    "project/package": ('  "scripts": {', '    "{name}": "{value}",'),
}


def add_block(user: User, dice: Dice) -> None:
    """Add a function or a method beside another one."""
    mine = user.pick(dice[0])
    mine.lines = _with_new(mine.path, mine.lines, user.mark(mine), dice)


def move_block(user: User, dice: Dice) -> None:
    """Move a function or a method."""
    _of_a_block(user.pick(dice[0]), dice, _moved)


def delete_block(user: User, dice: Dice) -> None:
    """Delete a function or a method."""
    _of_a_block(user.pick(dice[0]), dice, _deleted)


def add_setting(user: User, dice: Dice) -> None:
    """Add a setting to an ini, env or toml file."""
    file_id = _settings_file([mine.file.id for mine in user.files], dice)
    for mine in user.files:
        if mine.file.id == file_id:
            value = user.mark(mine) if dice[2] % 3 else "same"
            mine.lines = _with_setting(file_id, mine.lines, value, dice)


def copy_over(user: User, dice: Dice) -> None:
    """Copy a file over another one, with its id, once all else is done."""
    user.copies.append(dice)


def delete_sidecars(user: User, dice: Dice) -> None:
    """Delete what an update puts beside files, before the next one."""
    user.deletes_sidecars = True


def make_copies(user: User) -> None:
    """Copy the files that are to be copied, those whose id and place are as they were.

    One that was copied stays: else its copy is the file, moved.
    """
    origins: list[Mine] = []
    for first, second, _ in user.copies:
        fit = [mine for mine in user.files if _is_in_place(mine)]
        origin, target = (fit[number % len(fit)] for number in (first, second))
        alike = origin.path.rpartition(".")[2] == target.path.rpartition(".")[2]
        if alike and all(target is not other for other in (origin, *origins)):
            origins.append(origin)
            target.lines, target.overwritten = texts.renew(origin.lines), True
            target.end, target.bom, target.last_end = origin.end, origin.bom, origin.last_end


def _is_in_place(mine: Mine) -> bool:
    own = mine.path == mine.file.path and not (mine.deleted or mine.latin or mine.overwritten)
    return own and find_id(mine.content.decode()) == mine.file.id


def templates_add_block(release: Release, dice: Dice) -> None:
    """Add a function or a method beside another one."""
    item = release.pick(dice[0])
    item.lines = _with_new(item.path, item.lines, release.word(), dice)


def templates_move_block(release: Release, dice: Dice) -> None:
    """Move a function or a method."""
    _of_a_block(release.pick(dice[0]), dice, _moved)


def templates_delete_block(release: Release, dice: Dice) -> None:
    """Delete a function or a method."""
    _of_a_block(release.pick(dice[0]), dice, _deleted)


def templates_add_setting(release: Release, dice: Dice) -> None:
    """Add a setting to an ini, env or toml file."""
    file_id = _settings_file([item.id for item in release.files], dice)
    for item in release.files:
        if item.id == file_id:
            value = release.word() if dice[2] % 3 else "same"
            item.lines = _with_setting(file_id, item.lines, value, dice)


def _settings_file(ids: list[str], dice: Dice) -> str:
    """Give one of the files of settings that there are, if any is left."""
    found = sorted(_SETTINGS.keys() & set(ids)) or [""]
    return found[dice[0] % len(found)]


def _with_new(path: str, lines: list[Line], word: str, dice: Dice) -> list[Line]:
    blocks = texts.blocks(path, lines)
    if not blocks:
        return lines
    target = blocks[dice[1] % len(blocks)]
    block = texts.own_block(path, target, _NAMES[dice[2] % 3], word)
    return texts.with_block(lines, block, target, above=dice[2] // 3 % 2 == 0)


def _moved(path: str, lines: list[Line], spot: texts.Spot, number: int) -> list[Line]:
    return texts.moved_block(path, lines, spot, number)


def _deleted(path: str, lines: list[Line], spot: texts.Spot, number: int) -> list[Line]:
    return texts.without_block(lines, spot)


def _of_a_block(
    item: Mine | Theirs,
    dice: Dice,
    done: Callable[[str, list[Line], texts.Spot, int], list[Line]],
) -> None:
    blocks = texts.blocks(item.path, item.lines)
    if blocks:
        lines = done(item.path, item.lines, blocks[dice[1] % len(blocks)], dice[2])
        same = texts.write(lines) == texts.write(item.lines)
        if texts.parses(item.path, lines) and not same:
            item.lines = lines


def _with_setting(file_id: str, lines: list[Line], value: str, dice: Dice) -> list[Line]:
    section, manner = _SETTINGS[file_id]
    text = manner.format(name=f"SHARED{dice[1] % 2}", value=value)
    name = text.partition("=")[0].partition(":")[0]
    if any(line.text.startswith(name) for line in lines):
        return lines
    starts = [place for place, line in enumerate(lines, 1) if line.text == section]
    in_place = dice[2] % 2 or section.endswith("{")
    place = starts[0] if starts and in_place else len(lines)
    return [*lines[:place], texts.new(text), *lines[place:]]


EDITS = [
    *[add_block] * 2,
    *[move_block] * 3,
    *[delete_block] * 2,
    *[add_setting] * 2,
    copy_over,
    delete_sidecars,
]
CHANGES = [
    *[templates_add_block] * 2,
    *[templates_move_block] * 3,
    *[templates_delete_block] * 2,
    *[templates_add_setting] * 2,
]
