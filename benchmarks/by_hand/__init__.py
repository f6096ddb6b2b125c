"""What is written by hand in a cell's own stack, in files of its language, to measure beside ours.

`measured` serves the generated route, and beside it `/bare`, which does one INSERT. `settle_by_hand
PREFIX COUNT` settles the callbacks of the intents PREFIX1 to PREFIX<COUNT>: it asks KryptoGO, eight
at once, and then updates the payment, its order and its callback in one locked transaction.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from derive_node import converted

from tests.editing import edit

if TYPE_CHECKING:
    from tests.conformance.harness.stacks import Stack

SERVER, SETTLING = "measured", "settle_by_hand"
_HERE = Path(__file__).parent
_EDITS = {
    "flask": ("gunicorn.conf.py", 'accesslog = "-"\n', "accesslog = None\n"),
    "nestjs": (
        "src/database.options.ts",
        "entities: [Order],\n",
        'entities: [Order, "dist/entities_by_hand.js"],\n',
    ),
}
"""By framework: a file of the project, a line of it, and what stands there instead."""


def add(stack: Stack, project: Path) -> None:
    """Put it into a project. Raises RuntimeError where that is not as it used to be."""
    texts = _HERE / stack.framework
    if stack.in_python:
        for path in texts.glob("*.py"):
            shutil.copy(path, project)
    else:
        _add_to_node(stack, texts, project / "src")
    if stack.framework in _EDITS:
        name, line, instead = _EDITS[stack.framework]
        edit(project / name, line, instead)


def _add_to_node(stack: Stack, texts: Path, sources: Path) -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in texts.glob("*.ts")}
    if stack.form:
        found = {name: forms[stack.form] for name, forms in converted(found).items()}
    suffix = ".js" if stack.form.startswith("javascript") else ".ts"
    for name, text in found.items():
        (sources / name).with_suffix(suffix).write_text(text, encoding="utf-8")


def command(stack: Stack, start: list[str], name: str) -> list[str]:
    """Give the command of SERVER or SETTLING; `start` is that of the project's own server."""
    if not stack.in_python:
        *node, server = start
        return [*node, str(Path(server).with_name(f"{name}.js"))]
    if (stack.framework, name) == ("flask", SERVER):
        return [*start[:-1], f"{SERVER}:app"]
    return ["python", "-m", name]
