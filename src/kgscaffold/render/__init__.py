"""Render a combination's templates with a user's answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kgscaffold.answers import Answers, Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.render.engine import SETTINGS, fill
from kgscaffold.render.layers import read_layers, read_macros, templates_root
from kgscaffold.render.rules import find_id, policy_of
from kgscaffold.stacks import stack_of
from kgscaffold.state.paths import digest, is_inside

# Raised whenever the same templates and answers give other files than before: the code in this
# folder is part of what makes them.
RENDERING = 1


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file as the templates would have it; `path` is relative, with `/`.

    `parent` is the revision a migration follows, None for the first one and for other files.
    """

    id: str
    path: str
    policy: Policy
    content: bytes
    parent: str | None = None


Rendering = Mapping[str, RenderedFile]


def render(answers: Answers, templates: Path | None = None) -> Rendering:
    """Give what the templates make of the answers, by logical id; the same every time.

    Raises PreconditionError where the templates cannot be read or rendered.
    """
    stack = stack_of(answers.framework, answers.database)
    root = templates or templates_root()
    layers, macros = read_layers(root, stack.layers), read_macros(root)
    files: dict[str, RenderedFile] = {}
    for path, content in sorted(fill(layers, macros, template_data(answers))):
        file = _rendered(path, content, stack.store.parent_pattern)
        if file.id in files:
            raise _template_error(
                f"two files have the id {file.id}", files[file.id].path, file.path
            )
        files[file.id] = file
    return files


def fingerprint(answers: Answers, templates: Path | None = None) -> str:
    """Give a SHA-256 of all that the rendering of the answers is made from, without rendering.

    Raises PreconditionError where the templates cannot be read.
    """
    stack = stack_of(answers.framework, answers.database)
    root = templates or templates_root()
    settings = {
        "rendering": RENDERING,
        "settings": SETTINGS,
        "parent_pattern": stack.store.parent_pattern,
        "data": template_data(answers),
    }
    parts = [json.dumps(settings, sort_keys=True).encode()]
    for template in read_layers(root, stack.layers):
        parts += [template.path.encode(), b"%d" % template.rendered, template.content]
    for name, content in read_macros(root).items():
        parts += [name.encode(), content]
    # Each part is hashed, so that no two lists of parts give one text.
    return digest("".join(digest(part) for part in parts).encode())


def template_data(answers: Answers) -> dict[str, str]:
    """Give the variables that templates may use."""
    return {
        "framework": str(answers.framework),
        "database": str(answers.database),
        "project_name": answers.project_name,
        "app_path": answers.app_path,
        "app_import": answers.app_path,
        "module_path": answers.module,
        "module_import": answers.module_import,
        "route": answers.route,
        "orders_table": answers.orders_table,
        "order_data_key": answers.order_data_key,
    }


def _rendered(path: str, content: bytes, parent_pattern: str) -> RenderedFile:
    if not is_inside(path):
        raise _template_error("a file outside the project", path)
    content = content.replace(b"\r\n", b"\n")
    text = content.decode("utf-8")
    file_id = find_id(text)
    if file_id is None:
        raise _template_error("a template without a kgscaffold:id line renders", path)
    policy = policy_of(file_id)
    found = re.search(parent_pattern, text, re.MULTILINE) if policy is Policy.ONCE else None
    return RenderedFile(file_id, path, policy, content, found.group(1) if found else None)


def _template_error(message: str, *paths: str) -> PreconditionError:
    return PreconditionError(
        f"the templates are broken: {message}",
        paths=paths,
        hint="Install kgscaffold again; if that does not help, please report it.",
    )
