"""Ports of this machine for the shop and the local KryptoGO."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kgscaffold.ports import free_port, is_free


def take_port(preferred: int) -> int:
    """Give `preferred` if nobody has it, else a port that is free at this moment.

    A shop listens seconds after its port was chosen. Until this process ends, no other demo of the
    same user takes the port: it would mistake this shop for its own.
    """
    return preferred if is_free(preferred) and _is_mine(preferred) else free_port()


def _is_mine(port: int) -> bool:
    """Lock the port's file; the lock goes with the process, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return True
    mark = Path(tempfile.gettempdir(), f"kgscaffold-{os.getuid()}-port-{port}")
    descriptor = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    return True
