"""Tell, without rendering, whether a lock is what this version's templates would make."""

from __future__ import annotations

from kgscaffold.render import fingerprint
from kgscaffold.state.lock import Lock
from kgscaffold.state.paths import digest


def is_current(lock: Lock) -> bool:
    """Tell whether this version's templates would render exactly what the lock has as bases.

    Raises PreconditionError where the templates cannot be read.
    """
    return lock.digest is not None and lock.digest == digest_of(lock)


def digest_of(lock: Lock) -> str:
    """Give what identifies the templates, the answers, and the lock's files without their places.

    With the files in it, a lock that was put together from two branches is no current one.
    """
    files = "".join(
        f"{file.id}\n{file.template_path}\n{file.policy}\n{file.base}\n"
        for file in sorted(lock.files, key=lambda file: file.id)
    )
    return digest(f"{fingerprint(lock.answers)}\n{files}".encode())
