"""Bring the snapshots and examples up to date: `python -m tests.snapshots.refresh`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.snapshots.trees import EXAMPLES, REPOSITORY, SNAPSHOTS, Tree, expected, kept


def refresh(folder: Path, tree: Tree) -> list[str]:
    """Make a folder hold exactly a tree; give what changed."""
    before = kept(folder)
    changed = [path for path in sorted(before | tree) if before.get(path) != tree.get(path)]
    for path in changed:
        target = folder / path
        if path in tree:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(tree[path])
        else:
            target.unlink()
    return changed


def main() -> None:
    """Refresh everything, and name every file that changed."""
    trees = expected()
    gone = [
        folder
        for parent, pattern in ((SNAPSHOTS, "*-*"), (EXAMPLES, "*"))
        for folder in parent.glob(pattern)
        if folder.is_dir() and folder not in trees
    ]
    for folder, tree in [*trees.items(), *((folder, {}) for folder in gone)]:
        for path in refresh(folder, tree):
            sys.stdout.write(f"{(folder / path).relative_to(REPOSITORY)}\n")


if __name__ == "__main__":
    main()
