"""The demo shop's `.env`: where it listens, and the local KryptoGO it talks to."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from kgscaffold.demo.ports import take_port
from kgscaffold.ports import HOST
from kgscaffold.simulator import API_KEY, CLIENT_ID
from kgscaffold.simulator import PORT as SIMULATOR_PORT

if TYPE_CHECKING:
    from pathlib import Path

    from kgscaffold.demo.project import Project

FILE = ".env"
_HEADER = ("# kgscaffold:id=", "# Copy to .env")
_SHOP_PORT = 8000
_FOREIGN = ("KRYPTOGO_", "PYTHON", "PYTEST_", "COVERAGE_")
_FOREIGN_NAMES = frozenset({"DATABASE_URL", "HOST", "PORT", "VIRTUAL_ENV"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the shop and the local KryptoGO listen in this run."""

    shop_port: int
    simulator_port: int

    @property
    def shop(self) -> str:
        """The shop's URL."""
        return f"http://{HOST}:{self.shop_port}"

    @property
    def simulator(self) -> str:
        """The local KryptoGO's URL."""
        return f"http://{HOST}:{self.simulator_port}"


def choose_addresses(root: Path) -> Addresses:
    """Give free ports: those of an existing `.env` if they are free, else the usual, else any."""
    from dotenv import dotenv_values

    known = dotenv_values(stream=StringIO(_read(root / FILE)), interpolate=False)
    simulator = (known.get("KRYPTOGO_API_BASE_URL") or "").removeprefix(f"http://{HOST}:")
    return Addresses(
        take_port(_port(known.get("PORT") or "", _SHOP_PORT)),
        take_port(_port(simulator, SIMULATOR_PORT)),
    )


def shop_variables(addresses: Addresses, project: Project) -> dict[str, str]:
    """Give the shop's whole configuration for a run against the local KryptoGO."""
    return {
        "PORT": str(addresses.shop_port),
        "DATABASE_URL": project.database_url,
        "KRYPTOGO_ENVIRONMENT": "test",
        "KRYPTOGO_API_BASE_URL": addresses.simulator,
        "KRYPTOGO_CLIENT_ID": CLIENT_ID,
        "KRYPTOGO_STUDIO_API_KEY": API_KEY,
        "KRYPTOGO_ORIGIN": addresses.shop,
        "KRYPTOGO_CALLBACK_URL": addresses.shop + project.answers.route,
        "KRYPTOGO_CALLBACK_TOKEN": secrets.token_urlsafe(16),
        "KRYPTOGO_WORKER": "off" if project.commands.work else "on",
    }


def write_settings(root: Path, variables: dict[str, str]) -> bool:
    """Write `.env`, in the words of `.env.example`; an existing one is kept, which gives False."""
    target = root / FILE
    if target.exists():
        return False
    left = dict(variables)
    lines = ["# Written by the demo, for a local KryptoGO with which no money moves."]
    for line in _read(root / ".env.example").splitlines():
        name, equals, _ = line.partition("=")
        known = bool(equals) and name in left
        lines.append(f"{name}={left.pop(name)}" if known else line)
    lines += [f"{name}={value}" for name, value in left.items()]
    kept = [line for line in lines if not line.startswith(_HEADER)]
    target.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return True


def process_environment(project: Project) -> dict[str, str]:
    """Give the environment of the project's commands: its `.venv`, and nothing of another shop."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in _FOREIGN_NAMES
    }
    root = project.root
    path = os.pathsep.join([str(root / ".venv" / "bin"), os.environ.get("PATH") or os.defpath])
    return {
        "UV_SYSTEM_CERTS": "1",
        **kept,
        "DATABASE_URL": project.database_url,
        "PATH": path,
        "VIRTUAL_ENV": str(root / ".venv"),
        "PYTHONUNBUFFERED": "1",
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _port(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,5}", text) else otherwise
