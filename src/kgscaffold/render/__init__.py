"""Render a combination's templates with a user's answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kgscaffold.answers import Answers, Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.render.data import template_data
from kgscaffold.render.engine import SETTINGS, fill
from kgscaffold.render.layers import read_layers, templates_root
from kgscaffold.render.rules import find_ids
from kgscaffold.stacks import stack_of
from kgscaffold.state.paths import digest, is_inside

if TYPE_CHECKING:
    from kgscaffold.migrations.model import MigrationTool
    from kgscaffold.render.manifest import Identity
    from kgscaffold.stacks.model import Stack

# Raised whenever the same templates and answers give other files than before: the code in this
# folder is part of what makes them.
RENDERING = 1


class RenderedFile(NamedTuple):
    """One file as the templates would have it; `path` is relative, with `/`.

    `parent` is the revision a migration follows, None for the first one and for other files.
    """

    id: str
    path: str
    policy: Policy
    content: bytes
    parent: str | None = None


Rendering = Mapping[str, RenderedFile]


def render(
    answers: Answers, templates: Path | None = None, stack: Stack | None = None
) -> Rendering:
    """Give what the templates make of the answers, by logical id; the same every time.

    `stack` is another one than a new project of these answers has. Raises PreconditionError where
    the templates cannot be read or rendered.
    """
    from kgscaffold.render.manifest import identities

    stack = stack or stack_of(answers)
    root = templates or templates_root()
    layers = read_layers(root, stack.layers)
    known = identities(layers, root)
    files: dict[str, RenderedFile] = {}
    filled = fill(layers.templates, layers.macros, template_data(answers, stack))
    for template, path, content in sorted(filled, key=lambda one: one[1]):
        file = _rendered(known[template], path, content, stack.library.migrations)
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
    stack = stack_of(answers)
    settings = {
        "rendering": RENDERING,
        "settings": SETTINGS,
        "migrations": stack.library.migrations.settings,
        "data": template_data(answers, stack),
    }
    parts = [json.dumps(settings, sort_keys=True).encode()]
    layers = read_layers(templates or templates_root(), stack.layers)
    for template in layers.templates:
        parts += [template.path.encode(), b"%d" % template.rendered, template.content]
    for named in (layers.macros, layers.manifests):
        for name, content in named.items():
            parts += [name.encode(), content]
    # Each part is hashed, so that no two lists of parts give one text.
    return digest("".join(digest(part) for part in parts).encode())


def _rendered(
    identity: Identity, path: str, content: bytes, migrations: MigrationTool
) -> RenderedFile:
    if not is_inside(path):
        raise _template_error("a file outside the project", path)
    content = content.replace(b"\r\n", b"\n")
    text = content.decode("utf-8")
    if find_ids(text) not in ([], [identity.id]):
        raise _template_error(f"its kgscaffold:id line is not that of {identity.id}", path)
    parent = migrations.parent_of(text) if identity.policy is Policy.ONCE else None
    return RenderedFile(identity.id, path, identity.policy, content, parent)


def _template_error(message: str, *paths: str) -> PreconditionError:
    return PreconditionError(
        f"the templates are broken: {message}",
        paths=paths,
        hint="Install kgscaffold again; if that does not help, please report it.",
    )
