"""A throwaway PostgreSQL: made in a temporary folder, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psycopg
from psycopg import sql

from kgscaffold.ports import free_port
from tests.servers.binaries import ServerUnavailableError, find_postgresql, readable_by

if TYPE_CHECKING:
    from tests.servers.reaper import Reaper

URL_VARIABLE = "KGSCAFFOLD_TEST_POSTGRESQL_URL"
_STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Cluster:
    """One server with its own data folder; `stop` and `start` may follow each other."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper
        self._user = "nobody" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="kgscaffold-postgresql-"))
        reaper.remove(self.folder)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = readable_by(self._user, find_postgresql(), self.folder)
        self._data = self.folder / "data"
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._make()
        self.start()

    @property
    def url(self) -> str:
        """The address of the maintenance database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start the server and return when it accepts connections."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "300",
            "log_min_messages": "fatal",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._data), *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
                user=self._user,
                extra_groups=None if self._user is None else [],
            )
        self._reaper.watch(self._process.pid, signal.SIGQUIT)
        self._await_connection()

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server; `immediate` drops connections as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(_STOP_SIGNALS[mode])
        self._process.wait(30)
        self._reaper.forget(self._process.pid)
        self._process = None

    def freeze(self) -> None:
        """Stop every process of the server where it is, as a hanging disk does."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)  # first: it makes no further ones
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, what)

    def _processes(self) -> list[int]:
        if self._process is None:
            return []
        asked = ["ps", "-e", "-o", "pid=,ppid="]
        listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
        server = self._process.pid
        return [server, *(pid for pid, parent in pairs if parent == server)]

    def close(self) -> None:
        """Stop the server and remove its data."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        command = [str(self._programs / "initdb"), "-D", str(self._data)]
        made = subprocess.run(
            [*command, *"-E UTF8 --locale=C -U postgres -A trust --no-sync".split()],
            capture_output=True,
            text=True,
            cwd=self.folder,
            user=self._user,
            extra_groups=None if self._user is None else [],
            check=False,
        )
        if made.returncode != 0:
            raise ServerUnavailableError(f"initdb failed:\n{made.stderr}")

    def _await_connection(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text()
                    raise ServerUnavailableError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return


class Databases:
    """Fresh databases on one server, whose address is that of its maintenance database."""

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self, name: str, template: str | None = None) -> str:
        """Make the database, as a copy of `template` if given; gives its address."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._run(statement)
        return self.address(name)

    def drop(self, name: str) -> None:
        """Remove the database, whoever is connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def address(self, name: str) -> str:
        """The address of the database `name`."""
        base, _, query = self._url.partition("?")
        head, _, _ = base.rpartition("/")
        return f"{head}/{name}" + (f"?{query}" if query else "")

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)


def server_url(reaper: Reaper) -> tuple[str, Cluster | None]:
    """The address in KGSCAFFOLD_TEST_POSTGRESQL_URL, else that of a new cluster (given too)."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        return given, None
    cluster = Cluster(reaper)
    return cluster.url, cluster
