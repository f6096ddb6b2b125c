"""A layer's manifest: what each of its files is, whatever it is called and written in.

A file's identity cannot be in the file alone: JSON has no comments.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from kgscaffold.answers import Policy
from kgscaffold.render.layers import MANIFEST, Layers, Template, unreadable
from kgscaffold.render.rules import ID, policy_of


class Identity(NamedTuple):
    """What a file is across versions, and who owns it."""

    id: str
    policy: Policy


def identities(layers: Layers, root: Path) -> dict[Template, Identity]:
    """Give what each template of some layers below `root` is.

    Raises PreconditionError where a manifest is not sound, or does not name a file of its layer.
    """
    known = {layer: _read(text, root / layer) for layer, text in layers.manifests.items()}
    found = {}
    for template in layers.templates:
        identity = known.get(template.layer, {}).get(template.path)
        if identity is None:
            raise unreadable(
                root / template.layer / MANIFEST, f"the manifest does not name {template.path}"
            )
        found[template] = identity
    return found


def _read(content: bytes, layer: Path) -> dict[str, Identity]:
    import tomllib

    try:
        document = tomllib.loads(content.decode("utf-8"))
        return {path: _identity(value) for path, value in document.items()}
    except (ValueError, TypeError, KeyError) as error:
        raise unreadable(layer / MANIFEST, f"the manifest is not sound ({error})") from error


def _identity(value: Any) -> Identity:
    """Read an entry: an id, or a table of one and the policy that it would not have by itself."""
    entry: dict[str, str] = value if isinstance(value, dict) else {"id": value}
    file_id = entry["id"]
    if not (isinstance(file_id, str) and ID.fullmatch(file_id)):
        raise ValueError(f"{file_id!r} is not an id")
    return Identity(file_id, Policy(entry.get("policy", policy_of(file_id))))
