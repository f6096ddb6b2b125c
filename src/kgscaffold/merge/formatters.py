"""The project's own formatter: found by its configuration, run as the project's own program."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_SECONDS = 30
_NEEDED = ("devDependencies", "dependencies")
_WEB = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".json")


class FormatterError(Exception):
    """The formatter is missing, failed, or took too long."""


@dataclass(frozen=True, slots=True)
class Formatter:
    """A formatter that the project in `root` is configured for."""

    name: str
    root: Path
    suffixes: tuple[str, ...]
    arguments: tuple[str, ...]

    def handles(self, path: str) -> bool:
        """Tell whether it formats files of that name."""
        return PurePosixPath(path).suffix in self.suffixes

    def format(self, path: str, text: str) -> str:
        """Give the formatted text of a file of the project; raises FormatterError."""
        import subprocess

        command = [_program(self.root, self.name)]
        command += [argument.format(path=path) for argument in self.arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                input=text.encode(),
                capture_output=True,
                check=False,
                timeout=_SECONDS,
            )
            if done.returncode == 0:
                return done.stdout.decode("utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired) as error:
            raise FormatterError(f"it cannot be run ({error})") from error
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise FormatterError(f"it failed ({reason or done.returncode})")


def detect(project: Path) -> Formatter | None:
    """Give the formatter that a project is configured for, if any; it may not be installed."""
    for name, configured, suffixes, arguments in _KNOWN:
        if configured(project):
            return Formatter(name, project, suffixes, arguments)
    return None


def _program(root: Path, name: str) -> str:
    """Give the project's own program of that name, else the one on PATH."""
    import shutil

    folders = [root / folder for folder in (".venv/bin", ".venv/Scripts", "node_modules/.bin")]
    for path in [*map(str, folders), None]:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise FormatterError("it is not installed")


def _in_pyproject(table: str) -> Callable[[Path], bool]:
    def configured(project: Path) -> bool:
        try:
            text = (project / "pyproject.toml").read_text(encoding="utf-8")
            if table not in text:
                return False
            import tomllib

            tool = tomllib.loads(text).get("tool")
        except (OSError, ValueError):
            return False
        return isinstance(tool, dict) and table in tool

    return configured


def _has_ruff(project: Path) -> bool:
    files = ("ruff.toml", ".ruff.toml")
    return any((project / name).is_file() for name in files) or _in_pyproject("ruff")(project)


def _has_prettier(project: Path) -> bool:
    if any(project.glob(".prettierrc*")) or any(project.glob("prettier.config.*")):
        return True
    return _in_package(project, "prettier")


def _has_biome(project: Path) -> bool:
    if any((project / name).is_file() for name in ("biome.json", "biome.jsonc")):
        return True
    return _in_package(project, "@biomejs/biome")


def _in_package(project: Path, name: str) -> bool:
    """Tell whether package.json configures a formatter, or needs it: both do without settings."""
    try:
        package = json.loads((project / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    tables = [package, *map(package.get, _NEEDED)] if isinstance(package, dict) else []
    return any(isinstance(table, dict) and name in table for table in tables)


_KNOWN: tuple[tuple[str, Callable[[Path], bool], tuple[str, ...], tuple[str, ...]], ...] = (
    ("black", _in_pyproject("black"), (".py", ".pyi"), ("-q", "--stdin-filename", "{path}", "-")),
    ("ruff", _has_ruff, (".py", ".pyi"), ("format", "-q", "--stdin-filename", "{path}", "-")),
    ("biome", _has_biome, _WEB, ("format", "--stdin-file-path={path}")),
    ("prettier", _has_prettier, _WEB, ("--stdin-filepath", "{path}")),
)
