"""What `init` tells a person to do next: lines to paste into a shell, one after another."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from kgscaffold.program import own_program

if TYPE_CHECKING:
    from kgscaffold.answers import Answers


def next_steps(answers: Answers, directory: str, *, installed: bool) -> list[str]:
    """Give the lines, each a command or a remark that begins with `#`.

    No command is followed by a remark, and no remark has a character that means something to a
    shell: at a prompt, zsh takes `#` for a word like any other.
    """
    from kgscaffold.stacks import stack_of

    stack = stack_of(answers.framework, answers.database)
    commands = stack.commands(answers)
    folder = f"./{directory}" if directory.startswith("-") else directory
    enter = [] if directory == "." else [shlex.join(["cd", folder])]
    steps = list(enter)
    language = stack.language
    made = "" if installed else shlex.join(language.environment)
    steps += [line for line in (made, language.activate) if line]
    if not installed:
        steps.append(shlex.join(commands.install))
    if commands.build:
        steps.append(shlex.join(commands.build))
    steps.append("cp .env.example .env")
    if stack.database.prepare:
        steps.append(f"# {stack.database.prepare}")
    return [
        *steps,
        shlex.join(commands.migrate),
        shlex.join(commands.start),
        "# in a second terminal, a local KryptoGO with which no money moves",
        *enter,
        f"{own_program()} simulate",
        "# in a third terminal, order something and pay, as README.md shows",
    ]
