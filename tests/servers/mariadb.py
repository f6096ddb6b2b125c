"""A throwaway MariaDB: made in a temporary folder, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

import pymysql

from kgscaffold.ports import free_port
from tests.servers.binaries import ServerUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

    from tests.servers.reaper import Reaper

URL_VARIABLE = "KGSCAFFOLD_TEST_MYSQL_URL"
HOW_TO_GET = (
    "MariaDB's programs were not found. Provide them with\n"
    "    apt-get install --no-install-recommends mariadb-server-core mariadb-client-core\n"
    f"or point {URL_VARIABLE} at a server of your own, as a user who may create databases."
)
_PROGRAMS = ("mariadbd", "mariadb-install-db")
_STOP_SIGNALS = {"fast": signal.SIGTERM, "immediate": signal.SIGKILL}
_OPTIONS = {
    "bind-address": "127.0.0.1",
    "skip-name-resolve": "ON",
    "character-set-server": "utf8mb4",
    "collation-server": "utf8mb4_general_ci",
    "max-connections": "300",
    "loose-innodb-log-file-size": "8M",
    "loose-innodb-buffer-pool-size": "64M",
}


def find_mariadb(search: str | None = None) -> dict[str, str]:
    """Where `mariadbd` and `mariadb-install-db` are, by name.

    `search` replaces the places looked at (a PATH-like string); raises ServerUnavailableError.
    """
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"]
    path = os.pathsep.join(places) if search is None else search
    found = {name: shutil.which(name, path=path) for name in _PROGRAMS}
    programs = {name: program for name, program in found.items() if program is not None}
    if len(programs) != len(_PROGRAMS):
        raise ServerUnavailableError(HOW_TO_GET)
    return programs


class Cluster:
    """One server with its own data folder; `stop` and `start` may follow each other.

    `options` are mariadbd's, by their names, beside the usual ones or instead of them.
    """

    def __init__(self, reaper: Reaper, options: Mapping[str, str] | None = None) -> None:
        self._reaper = reaper
        self._options = {**_OPTIONS, **(options or {})}
        self._programs = find_mariadb()
        self._user = "nobody" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="kgscaffold-mariadb-"))
        reaper.remove(self.folder)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._make()
        self.start()

    @property
    def url(self) -> str:
        """The address of the server, as a user who may do everything."""
        return f"mysql://root@127.0.0.1:{self.port}/mysql"

    def start(self) -> None:
        """Start the server and return when it accepts connections."""
        options = {
            **self._options,
            "datadir": str(self.folder / "data"),
            "tmpdir": str(self.folder),  # one that starts removes what others left in theirs
            "port": str(self.port),
            "socket": str(self.folder / "socket"),
            "pid-file": str(self.folder / "pid"),
        }
        # `--no-defaults` counts only as the first one.
        arguments = ["--no-defaults", *(f"--{name}={value}" for name, value in options.items())]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs["mariadbd"], *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
                user=self._user,
                extra_groups=None if self._user is None else [],
            )
        self._reaper.watch(self._process.pid, signal.SIGKILL)
        self._await_connection()

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server; `immediate` ends it as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(_STOP_SIGNALS[mode])
        self._process.wait(30)
        self._reaper.forget(self._process.pid)
        self._process = None

    def freeze(self) -> None:
        """Stop the server where it is, as a hanging disk does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop the server and remove its data."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        options = (
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            f"--datadir={self.folder / 'data'}",
            f"--tmpdir={self.folder}",
            "--innodb-log-file-size=8M",
        )
        made = subprocess.run(
            [self._programs["mariadb-install-db"], "--no-defaults", *options],
            capture_output=True,
            text=True,
            cwd=self.folder,
            user=self._user,
            extra_groups=None if self._user is None else [],
            check=False,
        )
        if made.returncode != 0:
            raise ServerUnavailableError(f"mariadb-install-db failed:\n{made.stdout}{made.stderr}")

    def _await_connection(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                connect(self.url, connect_timeout=5).close()
            except pymysql.MySQLError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text()
                    raise ServerUnavailableError(f"MariaDB did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return


class Databases:
    """Fresh databases on one server, given by the address of any database of it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self, name: str, template: str | None = None) -> str:
        """Make the database, as a copy of `template` if given; gives its address.

        The server's own collation, which ignores case, is the new database's.
        """
        with closing(connect(self._url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}`")
            if template is not None:
                _copy(cursor, template, name)
            connection.commit()
        return self.address(name)

    def drop(self, name: str) -> None:
        """Remove the database, whoever is connected."""
        with closing(connect(self._url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (name,))
            for (thread,) in cursor.fetchall():
                _end(cursor, thread)
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def address(self, name: str) -> str:
        """The address of the database `name`."""
        base, _, query = self._url.partition("?")
        head, _, _ = base.rpartition("/")
        return f"{head}/{name}" + (f"?{query}" if query else "")


def _copy(cursor: Cursor, source: str, target: str) -> None:
    """Copy the tables with their foreign keys, which CREATE TABLE .. LIKE leaves out."""
    cursor.execute(f"USE `{target}`")
    cursor.execute("SET foreign_key_checks = 0")
    cursor.execute(f"SHOW TABLES IN `{source}`")
    for (table,) in cursor.fetchall():
        cursor.execute(f"SHOW CREATE TABLE `{source}`.`{table}`")
        ((_, definition),) = cursor.fetchall()
        cursor.execute(definition)
        cursor.execute(f"INSERT INTO `{target}`.`{table}` SELECT * FROM `{source}`.`{table}`")


def _end(cursor: Cursor, thread: int) -> None:
    try:
        cursor.execute("KILL %s", (thread,))
    except pymysql.OperationalError as error:
        if error.args[0] != pymysql.constants.ER.NO_SUCH_THREAD:
            raise


def connect(
    url: str,
    *,
    connect_timeout: float = 10,
    read_timeout: float | None = None,
    client_flag: int = 0,
) -> Connection[Cursor]:
    """A connection to the address, whatever driver it names; the session's times are UTC."""
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/"),
        charset="utf8mb4",
        init_command="SET time_zone = '+00:00'",
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        client_flag=client_flag,
    )


def server_url(reaper: Reaper) -> tuple[str, Cluster | None]:
    """The address in KGSCAFFOLD_TEST_MYSQL_URL, else that of a new cluster (given too)."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        return given, None
    cluster = Cluster(reaper)
    return cluster.url, cluster
