"""What `init` tells a person to do next: lines to paste into a shell, one after another."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from kgscaffold.program import own_program

if TYPE_CHECKING:
    from pathlib import Path

    from kgscaffold.answers import Answers
    from kgscaffold.stacks.model import Commands, Stack

_ORDINALS = ("second", "third", "fourth")


def next_steps(answers: Answers, directory: str, root: Path, *, installed: bool) -> list[str]:
    """Give the lines, each a command or a remark that begins with `#`.

    No command is followed by a remark, and no remark has a character that means something to a
    shell: at a prompt, zsh takes `#` for a word like any other.
    """
    from kgscaffold.project.locate import names_in
    from kgscaffold.stacks import stack_of

    stack = stack_of(answers)
    commands = stack.commands(answers, names_in(root))
    folder = f"./{directory}" if directory.startswith("-") else directory
    enter = [] if directory == "." else [shlex.join(["cd", folder])]
    activate = [stack.language.activate] if stack.language.activate else []
    beside = [
        ("a local KryptoGO with which no money moves", [*enter, f"{own_program()} simulate"]),
        ("order something and pay, as README.md shows", []),
    ]
    if commands.work:
        work = [*enter, *activate, shlex.join(commands.work)]
        beside.insert(0, ("the worker, which settles the payments", work))
    steps = [*enter, *_installing(stack, commands, activate, installed=installed)]
    steps.append("cp .env.example .env")
    remarks = (stack.database.prepare, stack.driver.remark)
    steps += [f"# {remark}" for remark in remarks if remark]
    steps += [shlex.join(commands.migrate), shlex.join(commands.start)]
    for ordinal, (what, lines) in zip(_ORDINALS, beside, strict=False):
        steps += [f"# in a {ordinal} terminal, {what}", *lines]
    return steps


def _installing(
    stack: Stack, commands: Commands, activate: list[str], *, installed: bool
) -> list[str]:
    make = [shlex.join(stack.language.environment)] if stack.language.environment else []
    build = [shlex.join(commands.build)] if commands.build else []
    if installed:
        return [*activate, *build]
    return [*make, *activate, shlex.join(commands.install), *build]
