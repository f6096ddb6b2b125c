from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.servers.binaries import ServerUnavailableError
from tests.servers.mariadb import (
    URL_VARIABLE,
    Cluster,
    Databases,
    connect,
    find_mariadb,
    server_url,
)
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


def ask(url: str, statement: str) -> tuple[tuple[object, ...], ...]:
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
        connection.commit()
    return rows


def test_the_server_keeps_every_character(cluster: Cluster) -> None:
    url = Databases(cluster.url).create("characters")
    ask(url, "CREATE TABLE t (x varchar(9))")
    ask(url, "INSERT INTO t VALUES ('付款🙂')")
    assert ask(url, "SELECT x FROM t") == (("付款🙂",),)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_committed_rows_survive_a_stop_and_a_start(cluster: Cluster, mode: str) -> None:
    url = Databases(cluster.url).create(f"kept_{mode}")
    ask(url, "CREATE TABLE t (x int)")
    ask(url, "INSERT INTO t VALUES (1)")
    cluster.stop("fast" if mode == "fast" else "immediate")
    with pytest.raises(pymysql.OperationalError):
        connect(url, connect_timeout=2)
    cluster.start()
    assert ask(url, "SELECT x FROM t") == ((1,),)


def test_a_frozen_server_answers_nothing_until_it_is_thawed(cluster: Cluster) -> None:
    cluster.freeze()
    try:
        with pytest.raises(pymysql.OperationalError):
            connect(cluster.url, connect_timeout=1, read_timeout=1)
    finally:
        cluster.thaw()
    assert ask(cluster.url, "SELECT 1") == ((1,),)


def test_a_copy_has_the_foreign_keys_of_its_template(cluster: Cluster) -> None:
    databases = Databases(cluster.url)
    first = databases.create("referring")
    ask(first, "CREATE TABLE parents (id int PRIMARY KEY)")
    ask(first, "CREATE TABLE children (id int REFERENCES parents (id))")
    second = databases.create("referring_copy", template="referring")
    with pytest.raises(pymysql.IntegrityError, match="foreign key"):
        ask(second, "INSERT INTO children VALUES (1)")


def test_a_database_is_copied_from_a_template_and_dropped(cluster: Cluster) -> None:
    databases = Databases(cluster.url)
    first = databases.create("first")
    ask(first, "CREATE TABLE t (x int CHECK (x > 0), UNIQUE KEY one (x))")
    ask(first, "INSERT INTO t VALUES (1)")
    second = databases.create("second", template="first")
    assert ask(second, "SELECT x FROM t") == ((1,),)
    with pytest.raises(pymysql.IntegrityError):
        ask(second, "INSERT INTO t VALUES (1)")
    with pytest.raises(pymysql.OperationalError, match="CONSTRAINT"):
        ask(second, "INSERT INTO t VALUES (-1)")
    with closing(connect(second)):
        databases.drop("second")
    with pytest.raises(pymysql.OperationalError):
        connect(databases.address("second"))


def test_several_are_made_at_once(reaper: Reaper) -> None:
    with ThreadPoolExecutor(4) as pool:
        clusters = [made.result() for made in [pool.submit(Cluster, reaper) for _ in range(4)]]
    for cluster in clusters:
        assert ask(cluster.url, "SELECT 1") == ((1,),)
        cluster.close()


def test_a_given_address_takes_precedence(monkeypatch: pytest.MonkeyPatch, reaper: Reaper) -> None:
    monkeypatch.setenv(URL_VARIABLE, "mysql://someone@example.invalid/test")
    assert server_url(reaper) == ("mysql://someone@example.invalid/test", None)


def test_missing_programs_are_reported_with_the_command_that_provides_them(tmp_path: Path) -> None:
    with pytest.raises(
        ServerUnavailableError, match="apt-get install --no-install-recommends mariadb-server-core"
    ):
        find_mariadb(search=str(tmp_path))


def test_a_killed_run_leaves_no_server_and_no_folder() -> None:
    program = (
        "import time\n"
        "from tests.servers.mariadb import Cluster\n"
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
