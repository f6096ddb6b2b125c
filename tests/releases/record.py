"""Record a release, once and for good: `python -m tests.releases.record 0.1.0`."""

from __future__ import annotations

import sys

from kgscaffold import __version__
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import render
from kgscaffold.state.lock import read_lock, write_lock
from tests.releases.trees import BASES, FOLDER, base_file, lock_path
from tests.snapshots.trees import SUPPORTED


def record(version: str) -> list[str]:
    """Keep what this version renders for every combination; give the files written or removed."""
    written = []
    for answers in SUPPORTED:
        plan = plan_init(answers, render(answers))
        texts = {
            base_file(file.base): text
            for file, text in zip(plan.lock.files, plan.bases, strict=True)
        }
        for path, content in {**texts, lock_path(version, answers): write_lock(plan.lock)}.items():
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                written.append(path)
    locks = [read_lock(path.read_bytes()) for path in FOLDER.glob("*/*.json")]
    wanted = {base_file(file.base) for lock in locks for file in lock.files}
    orphans = sorted(set(BASES.iterdir()) - wanted)
    for path in orphans:
        path.unlink()
    return [path.relative_to(FOLDER).as_posix() for path in [*written, *orphans]]


def main() -> None:
    """Record the present version; its name must be given, so that it is not done by accident."""
    if sys.argv[1:] != [__version__]:
        sys.exit(f"name the present version: python -m tests.releases.record {__version__}")
    for name in record(__version__):
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
