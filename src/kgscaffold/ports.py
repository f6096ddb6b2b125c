"""TCP ports of this machine that a server can listen on, and again after a restart."""

from __future__ import annotations

import secrets
import socket
from itertools import count, islice

HOST = "127.0.0.1"
# Below what Linux, macOS and Windows hand to outgoing connections: one of those would hold the port
# of a server that has ended and is to come back.
_CHOICE = range(20_000, 32_768)
_TRIES = 200
_turn = count(secrets.randbelow(len(_CHOICE)))


def free_port() -> int:
    """Give a port of the loopback address that nothing listened on a moment ago.

    This process gives none twice: who asked first may listen only later. Raises OSError when none
    is found.
    """
    for number in islice(_turn, _TRIES):
        port = _CHOICE[number % len(_CHOICE)]
        if is_free(port):
            return port
    raise OSError(f"no free port between {_CHOICE.start} and {_CHOICE.stop - 1}")


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True
