"""Write what is missing into the layers' manifests: `python scripts/manifests.py [--check]`.

A template's id is taken from its header line; of a format that has no comments, it has to be
written into the manifest by hand, and stays as it is there.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from kgscaffold import stacks
from kgscaffold.render.layers import MANIFEST, SUFFIX, Template, read_layers, templates_root
from kgscaffold.render.rules import find_id
from kgscaffold.stacks.hosts import HOST_STACKS

_HEAD = "# What each file of this layer is, by its path in the layer, without .jinja.\n"


def wanted(root: Path) -> dict[Path, str]:
    """Give the text that the manifest of each layer of a combination should have."""
    stacks_of_all = (*stacks.supported_stacks(), *HOST_STACKS)
    layers = {layer for stack in stacks_of_all for layer in stack.layers}
    texts = {root / layer / MANIFEST: _manifest(root, layer) for layer in sorted(layers)}
    return {path: text for path, text in texts.items() if text != _HEAD}


def _manifest(root: Path, layer: str) -> str:
    read = read_layers(root, (layer,))
    text = read.manifests.get(layer, b"").decode("utf-8")
    before = tomllib.loads(text)
    lines = {line.partition(" = ")[0]: line for line in text.splitlines()}
    entries = []
    for template in sorted(read.templates, key=lambda template: template.path):
        key, found = json.dumps(template.path), find_id(template.content.decode("utf-8"))
        known = before.get(template.path)
        if known is not None and found in {None, known if isinstance(known, str) else known["id"]}:
            entries.append(lines[key])
        elif found is not None:
            entries.append(f"{key} = {json.dumps(found)}")
        else:
            raise SystemExit(f"{_source(layer, template)}: write its id into {layer}/{MANIFEST}")
    return "".join(f"{line}\n" for line in [_HEAD.strip(), *entries])


def _source(layer: str, template: Template) -> str:
    return f"{layer}/{template.path}{SUFFIX if template.rendered else ''}"


def main() -> None:
    """Write the manifests, or with `--check` name those that are not as they should be."""
    differing = [
        (path, text)
        for path, text in wanted(templates_root()).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in differing:
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(templates_root())}\n")
    if "--check" in sys.argv and differing:
        raise SystemExit("run: python scripts/manifests.py")


if __name__ == "__main__":
    main()
