"""Compare whole folders: every file's bytes and permission bits, every folder, every link."""

from __future__ import annotations

from pathlib import Path

Tree = dict[str, tuple[str, object]]


def read_tree(folder: Path) -> Tree:
    """Give everything below a folder, by relative path."""
    tree: Tree = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            tree[name] = ("link", str(path.readlink()))
        elif path.is_dir():
            tree[name] = ("folder", None)
        else:
            tree[name] = ("file", (path.read_bytes(), path.stat().st_mode & 0o7777))
    return tree
