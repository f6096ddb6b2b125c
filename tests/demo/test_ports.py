"""The port of a demo is nobody else's, from when it is chosen on."""

from __future__ import annotations

import subprocess
import sys

from kgscaffold.demo.ports import take_port
from kgscaffold.ports import free_port

TAKE = "import sys; from kgscaffold.demo.ports import take_port; print(take_port(int(sys.argv[1])))"


def taken_by_another(port: int) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", TAKE, str(port)], capture_output=True, text=True, check=True
    )
    return int(ran.stdout)


def test_a_port_that_another_demo_has_chosen_is_not_taken_though_nothing_listens_yet() -> None:
    port = free_port()
    assert taken_by_another(port) == port  # that demo has ended
    assert take_port(port) == port
    assert taken_by_another(port) != port
