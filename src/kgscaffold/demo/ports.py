"""Ports of this machine for the shop and the local KryptoGO."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(preferred: int) -> int:
    """Give `preferred` if nothing listens on it, else a port that is free at this moment."""
    return preferred if _is_free(preferred) else _any_port()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
