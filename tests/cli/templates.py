"""Other templates than those of this version, for the commands to find."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kgscaffold.answers import Database, Framework
from kgscaffold.render.layers import MANIFEST, SUFFIX, templates_root
from kgscaffold.render.rules import find_id
from kgscaffold.stacks import find_stack

LOG = """
[["{version}".change]]
class = "{kind}"
why = "{why}"
ids = [{ids}]
"""


class Templates:
    """A copy of the templates, changed at will, as if this were a later version of kgscaffold."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = folder
        shutil.copytree(templates_root(), folder)
        for module in ("kgscaffold.render", "kgscaffold.render.changelog"):
            monkeypatch.setattr(f"{module}.templates_root", lambda: folder)

    def path(self, name: str) -> Path:
        """Give the template of the tests' usual shop whose path ends like that."""
        layers = find_stack(Framework.FASTAPI, Database.SQLITE).layers
        paths = (path for layer in layers for path in (self.root / layer).rglob("*"))
        (found,) = [path for path in paths if path.as_posix().endswith(name)]
        return found

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace a text in a template, once."""
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")

    def require(self, requirement: str, instead_of: str = "") -> None:
        """Let projects need something more, or `instead_of` something."""
        name, loop = "shop/python/pyproject.toml.jinja", "    {% for one in requirements %}\n"
        if instead_of:
            changed = f"{{{{ one.text | replace({instead_of!r}, {requirement!r}) }}}}"
            self.edit(name, "{{ one.text }}", changed)
        else:
            self.edit(name, loop, f'    "{requirement}",\n{loop}')

    def rename(self, name: str, new: str) -> None:
        """Give a template another file name."""
        path = self.path(name)
        self._name(path.with_name(new), path.read_text(encoding="utf-8"))
        path.rename(path.with_name(new))

    def add(self, folder: str, name: str, text: str) -> None:
        """Add a template beside the one whose path ends like `folder`."""
        path = self.path(folder).parent / name
        self._name(path, text)
        path.write_text(text, encoding="utf-8")

    def _name(self, path: Path, text: str) -> None:
        """Add a template to its layer's manifest, with the id in its header."""
        manifests = (folder / MANIFEST for folder in path.parents)
        manifest = next(found for found in manifests if found.is_file())
        key = path.relative_to(manifest.parent).as_posix().removesuffix(SUFFIX)
        with manifest.open("a", encoding="utf-8") as file:
            file.write(f'"{key}" = "{find_id(text)}"\n')

    def explain(self, kind: str, why: str, *ids: str, version: str = "99.0.0") -> None:
        """Add an entry to the changelog."""
        entry = LOG.format(
            version=version, kind=kind, why=why, ids=", ".join(f'"{name}"' for name in ids)
        )
        with (self.root / "changelog.toml").open("a", encoding="utf-8") as file:
            file.write(entry)
