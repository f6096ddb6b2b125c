"""`kgscaffold simulate`: a local KryptoGO for a person, as an installed command."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from kgscaffold.simulator.client import SimulatorClient
from tests.cli.running import Cli

PROGRAM = str(Path(sys.executable).with_name("kgscaffold"))


@contextmanager
def simulator(work: Path, *arguments: str) -> Iterator[tuple[pexpect.spawn[str], SimulatorClient]]:
    """Start it on a terminal of its own, on a free port, and give a client of it."""
    child = pexpect.spawn(
        PROGRAM,
        ["simulate", "--port", "0", *arguments],
        cwd=str(work),
        encoding="utf-8",
        codec_errors="replace",  # the terminal's ^C can land inside a character
        timeout=30,
        dimensions=(24, 80),
    )
    try:
        child.expect(r"http://127\.0\.0\.1:\d+")
        with SimulatorClient(str(child.after)) as client:
            yield child, client
    finally:
        child.close(force=True)


def first_intent(work: Path, *arguments: str) -> str:
    with simulator(work, *arguments) as (_, client):
        return str(client.create_intent()["payment_intent_id"])


def test_it_says_where_it_is_and_ctrl_c_is_its_regular_end(work: Path) -> None:
    with simulator(work) as (child, client):
        assert client.health()
        child.expect_exact("Ctrl-C ends it")
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        assert "Traceback" not in str(child.before)
        assert not client.health()


def test_the_command_it_names_settles_a_payment(work: Path) -> None:
    with simulator(work) as (child, client):
        child.expect(r"curl [^\r]*INTENT[^\r]*")
        made = client.create_intent()
        command = str(child.after).replace("INTENT", made["payment_intent_id"])
        subprocess.run(["bash", "-c", command], check=True, capture_output=True)
        assert client.intent(made["payment_intent_id"])["status"] == "success"


def test_started_again_it_gives_other_payment_ids(work: Path) -> None:
    assert first_intent(work) != first_intent(work)


def test_a_seed_gives_the_same_payment_ids_again(work: Path) -> None:
    assert first_intent(work, "--seed", "7") == first_intent(work, "--seed", "7")


def test_json_is_one_line_with_the_url_and_the_seed(work: Path) -> None:
    started = subprocess.Popen(
        [PROGRAM, "simulate", "--port", "0", "--json"],
        cwd=work,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    document = json.loads(started.stdout.readline())
    started.terminate()
    assert started.communicate()[0] == ""
    assert started.returncode == 0
    assert set(document) == {"schema", "command", "url", "seed", "client_id"}
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", document["url"])


def test_a_port_in_use_is_said_with_the_option_for_another(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = cli("simulate", "--port", str(port))
    assert (result.code, result.out) == (5, "")
    assert f"cannot listen on 127.0.0.1:{port}" in result.err
    assert "--port" in result.err


def test_an_address_that_is_not_this_machines_is_said_with_its_option(cli: Cli) -> None:
    result = cli("simulate", "--host", "192.0.2.1", "--port", "0")
    assert result.code == 5
    assert "--host" in result.err


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_cannot_be_is_a_usage_error(cli: Cli, port: str) -> None:
    result = cli("simulate", "--port", port)
    assert result.code == 2
    assert "--port" in result.err


def test_the_package_runs_as_a_module_too(work: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kgscaffold", "simulate", "--help"],
        cwd=work,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Usage: kgscaffold simulate")
    assert "8900" in done.stdout


def test_the_port_is_that_of_the_shops_example_configuration(cli: Cli, work: Path) -> None:
    assert cli("init", "-f", "fastapi", "-d", "sqlite", "--no-input").code == 0
    assert "http://127.0.0.1:8900\n" in (work / ".env.example").read_text()
