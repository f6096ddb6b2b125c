"""Ports that a server can be given, and given again."""

from __future__ import annotations

import socket

from kgscaffold.ports import HOST, free_port, is_free


def _ports_of_outgoing_connections(number: int) -> set[int]:
    """Connect so many times to one listener; gives the ports that the system chose for it."""
    chosen = set()
    with socket.create_server((HOST, 0), backlog=number) as server:
        for _ in range(number):
            with socket.create_connection(server.getsockname()) as connection:
                chosen.add(connection.getsockname()[1])
    return chosen


def test_a_server_that_is_to_come_back_does_not_find_its_port_at_an_outgoing_connection() -> None:
    ports = {free_port() for _ in range(50)}
    assert max(ports) < min(_ports_of_outgoing_connections(200))


def test_two_that_listen_later_are_not_given_one_port() -> None:
    ports = [free_port() for _ in range(1000)]
    assert len(set(ports)) == len(ports)


def test_a_port_is_free_until_something_listens() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server((HOST, port)):
        assert not is_free(port)
    assert not is_free(70_000)
