"""`git merge-file`, the second opinion on every merge."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_CONFLICTS_AT_MOST = 127


class GitMissingError(Exception):
    """There is no git on PATH, or it cannot be run."""


def merge_file(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]
) -> tuple[str, ...] | None:
    """Give the lines that `git merge-file --diff3` merges to; None for a conflict.

    Nothing of the user's git configuration counts. Raises GitMissingError.
    """
    environment = os.environ | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    with tempfile.TemporaryDirectory(prefix="kgscaffold-") as folder:
        for name, lines in (("base", base), ("ours", ours), ("theirs", theirs)):
            with (Path(folder) / name).open("xb") as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
        environment["GIT_CEILING_DIRECTORIES"] = str(Path(folder).parent)
        try:
            done = subprocess.run(
                ["git", "merge-file", "-p", "-q", "--diff3", "ours", "base", "theirs"],
                cwd=folder,
                env=environment,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise GitMissingError("it is not on PATH") from None
        except OSError as error:
            raise GitMissingError(f"it cannot be run: {error.strerror}") from error
    if done.returncode == 0:
        return tuple(done.stdout.decode().split("\n")[:-1])
    if 0 < done.returncode <= _CONFLICTS_AT_MOST and done.stdout:
        return None
    raise GitMissingError(done.stderr.decode("utf-8", "replace").strip())
