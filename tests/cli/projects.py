"""A project to update: its files, edits of them, and what of it is committed."""

from __future__ import annotations

from pathlib import Path

from tests.unit.trees import Tree, read_tree

HANDLERS = "app/kryptogo/handlers"
SUCCESS = f"{HANDLERS}/success.py"
DOC = "The order is paid."


def committed(shop: Path) -> Tree:
    """Give everything but the journals."""
    return {
        path: entry
        for path, entry in read_tree(shop).items()
        if not path.startswith(".kgscaffold/undo")
    }
