"""What `init` says comes next, pasted line by line into fresh shells."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pexpect
import pytest

from kgscaffold.ports import free_port
from kgscaffold.program import own_program
from kgscaffold.stacks import combinations
from tests.cli.running import Cli
from tests.servers import mariadb
from tests.servers.postgresql import Databases, server_url
from tests.servers.reaper import Reaper

PROMPT = "pasted> "
INSTALLS_WITHIN = 240
FURTHER_TERMINAL = re.compile("# in a (second|third|fourth) terminal, ")


@contextmanager
def fresh_shell(folder: Path) -> Iterator[pexpect.spawn[str]]:
    """Open a shell without an active environment, with kgscaffold and Node on its path."""
    scripts = folder.parent / "scripts"
    scripts.mkdir(exist_ok=True)
    for name in ("kgscaffold", "node", "npm"):
        if not (scripts / name).exists():
            (scripts / name).symlink_to(Path(sys.executable).with_name(name))
    inherited = ("HOME", "LANG", "NODE_EXTRA_CA_CERTS", "npm_config_cache")
    kept = {name: os.environ[name] for name in inherited if name in os.environ}
    shell = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile"],
        cwd=str(folder),
        env={**kept, "PATH": f"{scripts}:{_without_environment()}", "PS1": PROMPT, "TERM": "dumb"},
        encoding="utf-8",
        timeout=INSTALLS_WITHIN,
        echo=False,
    )
    shell.expect_exact(PROMPT)
    try:
        yield shell
    finally:
        shell.sendintr()
        shell.close(force=True)


def _without_environment() -> str:
    """Give the PATH of this process without the programs of the environment that tests run in."""
    own = str(Path(sys.executable).parent)
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(
        [*(name for name in folders if name != own), str(Path(sys.base_prefix, "bin"))]
    )


def paste(shell: pexpect.spawn[str], line: str) -> None:
    """Paste a line that ends; it must succeed."""
    shell.sendline(line)
    shell.expect_exact(PROMPT)
    shell.sendline("echo status=$?")
    shell.expect(r"status=(\d+)")
    assert str(shell.after) == "status=0", f"{line}: {shell.before}"
    shell.expect_exact(PROMPT)


def set_variables(file: Path, **values: str) -> None:
    """Do what a person does in an editor: give variables of `.env` other values."""
    lines = file.read_text().splitlines()
    for name, value in values.items():
        lines = [line for line in lines if not line.startswith(f"{name}=")]
        lines.append(f"{name}={value}")
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of an empty database, as the shop takes it."""
    reaper = Reaper()
    url, cluster = server_url(reaper)
    databases = Databases(url)
    name = f"next_steps_{os.getpid()}"
    yield databases.create(name)
    databases.drop(name)
    if cluster:
        cluster.close()
    reaper.close()


@pytest.fixture
def mysql() -> Iterator[str]:
    """The address of an empty database, as the shop takes it."""
    reaper = Reaper()
    url, cluster = mariadb.server_url(reaper)
    databases = mariadb.Databases(url)
    name = f"next_steps_{os.getpid()}"
    yield databases.create(name)
    databases.drop(name)
    if cluster:
        cluster.close()
    reaper.close()


@pytest.mark.parametrize(
    ("framework", "database"),
    [(first.name, second.name) for first, second, supported in combinations() if supported],
)
def test_pasted_one_after_another_they_lead_to_a_paid_order(
    cli: Cli, work: Path, framework: str, database: str, request: pytest.FixtureRequest
) -> None:
    lines = steps_of(cli("init", "shop", "-f", framework, "-d", database, "--yes").err)
    first, *further = terminals(lines)
    shop_port, simulator_port = free_port(), free_port()  # the usual ones may be others'
    with ExitStack() as stack:
        shells = [shell := stack.enter_context(fresh_shell(work))]
        for line in first[:-1]:
            paste(shell, line)
            if line == "cp .env.example .env":
                own = {
                    "PORT": str(shop_port),
                    "KRYPTOGO_API_BASE_URL": f"http://127.0.0.1:{simulator_port}",
                    "KRYPTOGO_CALLBACK_URL": f"http://127.0.0.1:{shop_port}/api/payment/callback",
                }
                set_variables(work / "shop/.env", **own)
            if "DATABASE_URL" in line:
                set_variables(work / "shop/.env", DATABASE_URL=request.getfixturevalue(database))
        shell.sendline(first[-1])
        for commands in further:
            shells.append(beside := stack.enter_context(fresh_shell(work)))
            for line in commands[:-1]:
                paste(beside, line)
            simulates = commands[-1].endswith("simulate")
            beside.sendline(commands[-1] + (f" --port {simulator_port}" if simulates else ""))
            if simulates:
                beside.expect_exact(f"127.0.0.1:{simulator_port}")
        assert pay(f"http://127.0.0.1:{shop_port}", simulator_port, shells) == "paid"


@pytest.mark.parametrize(("framework", "number"), [("fastapi", 2), ("flask", 3)])
def test_a_worker_that_runs_beside_the_server_has_a_terminal(
    cli: Cli, framework: str, number: int
) -> None:
    lines = steps_of(cli("init", "shop", "-f", framework, "-d", "sqlite", "--yes").err)
    assert len(terminals(lines)) == number
    assert ("python -m flask kryptogo work" in lines) == (framework == "flask")


def steps_of(told: str) -> list[str]:
    """Give the lines below "Next:"."""
    return [line.strip() for line in told.partition("Next:\n")[2].splitlines()]


def terminals(lines: list[str]) -> list[list[str]]:
    """Give the lines for each terminal, of which the last is a program that goes on."""
    found: list[list[str]] = [[]]
    for line in lines:
        if FURTHER_TERMINAL.match(line):
            found.append([])
        else:
            found[-1].append(line)
    return [commands for commands in found if commands]


def pay(shop: str, simulator_port: int, shells: list[pexpect.spawn[str]]) -> str:
    """Order, check out, pay; give the order's status as soon as it is not new any more.

    What is printed meanwhile is read, as a terminal does: else a server would wait to print more.
    """
    deadline = time.monotonic() + 60
    with httpx.Client(base_url=shop, trust_env=False, timeout=10) as client:
        while True:
            try:
                client.get("/healthz")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        order = client.post("/orders", json={"amount": "300.0", "currency": "TWD"}).json()["id"]
        intent = client.post(f"/orders/{order}/checkout").json()["payment_intent_id"]
        control = f"http://127.0.0.1:{simulator_port}/_simulator/intents/{intent}/status"
        httpx.post(control, json={"status": "success"}, trust_env=False).raise_for_status()
        while True:
            status: str = client.get(f"/orders/{order}").json()["status"]
            if status != "new" or time.monotonic() > deadline:
                return status
            for shell in shells:
                shell.expect(pexpect.TIMEOUT, timeout=0.1)


def test_an_installed_shop_starts_with_its_environment(
    cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgscaffold.install.install", lambda *_, **__: None)
    lines = steps_of(cli("init", "shop", "-f", "fastapi", "-d", "sqlite", "--yes", "--install").err)
    assert lines[:3] == ["cd shop", ". .venv/bin/activate", "cp .env.example .env"]


def test_no_line_needs_more_of_a_shell_than_a_command(cli: Cli) -> None:
    """Zsh takes no comment after a command, and globs, quotes and semicolons within one."""
    lines = steps_of(cli("init", "shop", "-f", "fastapi", "-d", "postgresql", "--yes").err)
    comments = [line for line in lines if line.startswith("#")]
    assert comments
    assert max(map(len, comments)) <= 76
    assert not [line for line in comments if set(line[1:]) & set("'\"`;&|<>()[]{}*?!$\\#~")]
    for line in set(lines) - set(comments):
        assert "#" not in line
        assert shlex.split(line)


def test_a_program_that_only_an_active_environment_has_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = Path(sys.executable).parent
    monkeypatch.setenv("VIRTUAL_ENV", str(scripts.parent))
    monkeypatch.setenv("PATH", str(scripts))
    assert own_program() == str(scripts / "kgscaffold")
    (tmp_path / "kgscaffold").symlink_to(scripts / "kgscaffold")
    monkeypatch.setenv("PATH", f"{scripts}:{tmp_path}")
    assert own_program() == "kgscaffold"
