"""What is kept in the repository of every combination, and how it is made.

`tests/snapshots/<framework>-sqlite/` is a combination's rendered tree; with another database it is
what differs from that one. A language and a module system that are not the framework's usual ones
are a part of the name. `examples/<framework>/` is a whole project as `init` leaves it, with its lock
and bases. All are plain copies, not links: they can be read and searched on any system and on
the web, and a diff shows what users get.
"""

from __future__ import annotations

import os
from pathlib import Path

from kgscaffold import stacks
from kgscaffold.answers import Answers, Database, LanguageName
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.digest import with_digest
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import render
from tests.forms import name_of_form

REPOSITORY = Path(__file__).parents[2]
SNAPSHOTS = REPOSITORY / "tests/snapshots"
EXAMPLES = REPOSITORY / "examples"
# The folder that a project is planned for; it never exists, so everything is new.
_NOWHERE = Path(os.devnull) / "shop"
# The file that says which files of the usual tree a combination does not have.
LACKING = "LACKING.txt"
# What other tools leave in a folder that was looked at or tried out.
_FOREIGN = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".venv", "node_modules")

Tree = dict[str, bytes]

SUPPORTED = [
    stacks.answers_for(
        "shop", stack.framework.name, stack.database.name, stack.language.name, stack.system
    )
    for stack in stacks.supported_stacks()
]
PYTHON = [answers for answers in SUPPORTED if answers.language is LanguageName.PYTHON]


def name_of(answers: Answers) -> str:
    """Give a combination's name, `fastapi-sqlite` or `express-js-cjs-sqlite`."""
    return f"{name_of_form(stacks.stack_of(answers))}-{answers.database}"


def rendered(answers: Answers) -> Tree:
    """Give a combination's rendered files by path."""
    return {file.path: file.content for file in render(answers).values()}


def write(tree: Tree, folder: Path) -> None:
    """Write files by path into a folder."""
    for path, content in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def whole_project(answers: Answers) -> Tree:
    """Give every file that `init` leaves, state included, by path."""
    rendering = render(answers)
    changes = prepare(with_digest(plan_init(answers, rendering), rendering), _NOWHERE).changes
    return {change.path: change.after for change in changes if change.after is not None}


def expected() -> dict[Path, Tree]:
    """Give every tree that is kept, by its folder."""
    trees: dict[Path, Tree] = {}
    for answers in SUPPORTED:
        tree, folder = rendered(answers), SNAPSHOTS / name_of(answers)
        if answers.database is Database.SQLITE:
            trees[folder] = tree
            if name_of_form(stacks.stack_of(answers)) == answers.framework:
                trees[EXAMPLES / str(answers.framework)] = whole_project(answers)
        else:
            trees[folder] = difference(rendered(answers._replace(database=Database.SQLITE)), tree)
    return trees


def difference(usual: Tree, tree: Tree) -> Tree:
    """Give the files of a tree that are not in another, and in one more which of that it lacks."""
    differing = {path: text for path, text in tree.items() if usual.get(path) != text}
    lacking = sorted(usual.keys() - tree.keys())
    return differing | ({LACKING: "\n".join([*lacking, ""]).encode()} if lacking else {})


def kept(folder: Path) -> Tree:
    """Give the files that are in a folder now, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(_FOREIGN) & set(path.relative_to(folder).parts)
    }
