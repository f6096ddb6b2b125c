"""Stop a process abruptly before, in or after one operation on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from kgscaffold.apply import disk

OPERATIONS = (
    *("make_folder", "write_new", "move", "remove_file", "remove_folder"),
    *("settle", "settle_all"),
)
MOMENTS = ("before", "midway", "after")
KILLED, COMPLETE = 9, 0


def killed_at(step: int, moment: str, work: Callable[[], object]) -> bool:
    """Do the work in a process that ends abruptly at one operation; False if it has fewer."""
    child = os.fork()
    if child == 0:
        count = 0

        def stopping(real: Callable[..., None]) -> Callable[..., None]:
            def operation(*arguments: Any) -> None:
                nonlocal count
                count += 1
                if count == step and moment == "before":
                    os._exit(KILLED)
                if count == step and moment == "midway" and real.__name__ == "write_new":
                    path, content = arguments[0], arguments[1]
                    path.write_bytes(content[: len(content) // 2])
                    os._exit(KILLED)
                real(*arguments)
                if count == step:
                    os._exit(KILLED)

            return operation

        for name in OPERATIONS:
            setattr(disk, name, stopping(getattr(disk, name)))
        work()
        os._exit(COMPLETE)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def every_kill(moments: tuple[str, ...] = MOMENTS) -> Iterator[tuple[int, str]]:
    """Give every operation that work may have, and the moments to stop at it."""
    yield from ((step, moment) for step in range(1, 2000) for moment in moments)
