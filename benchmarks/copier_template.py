"""Our templates as a user of copier would have them: one folder to copy or update from."""

from __future__ import annotations

import json
from pathlib import Path

from kgscaffold.answers import Answers
from kgscaffold.render.data import template_data
from kgscaffold.render.engine import SETTINGS
from kgscaffold.render.layers import MACROS, SUFFIX, read_layers
from kgscaffold.stacks import stack_of


def write_template(folder: Path, templates: Path, answers: Answers) -> None:
    """Write a template that asks what we have answers for, with these answers as defaults."""
    stack = stack_of(answers)
    questions = "".join(
        f"{name}: {{type: yaml, default: {json.dumps(value)}}}\n"
        for name, value in template_data(answers, stack).items()
    )
    _write(folder / "copier.yml", (SETTINGS + questions).encode())
    layers = read_layers(templates, stack.layers)
    for template in layers.templates:
        _write(folder / f"{template.path}{SUFFIX * template.rendered}", template.content)
    for name, content in layers.macros.items():
        _write(folder / MACROS / name, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
