"""Node: what projects in TypeScript and JavaScript are called, installed, built and tested with."""

from __future__ import annotations

import re
from collections.abc import Container

from kgscaffold.answers import NODE_MODULE, LanguageName, ModuleSystem
from kgscaffold.languages.javascript import Script
from kgscaffold.languages.model import Command, InvalidValueError

OLDEST = (22, 13)
"""The first that can be relied on: `--env-file-if-exists`, `require` of ES modules, ESLint 10."""

_MANAGERS = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn"}
_NAME = r"[a-z][a-z0-9_-]{0,39}"
# What stands beside the app and in it already: the shop's own.
_FOLDERS = frozenset({"build", "coverage", "dist", "node_modules", "test", "tests"})
_MODULES = frozenset({"app", "db", "migrate", "migrations", "orders", "server", "shop"})


class Node(Script):
    """What both languages have in common."""

    manifest = "project/package"
    default_module = NODE_MODULE
    packages = "node_modules"
    install = ("npm", "install")
    test = ("npm", "test")

    def places(self, folder: str, log: str) -> list[str]:
        """Give the places by a log's stack traces."""
        frame = rf"^\s+at .*?({re.escape(folder)}/[^:\s]+:\d+)"
        return re.findall(frame, log, re.MULTILINE)

    def module_path(self, text: str) -> str:
        """Give the module's path, FOLDER/NAME; a trailing slash is dropped.

        Raises InvalidValueError with the rule that is broken.
        """
        path = text.removesuffix("/")
        parts = path.split("/")
        if len(parts) != 2 or not all(re.fullmatch(_NAME, part) for part in parts):
            raise InvalidValueError(
                "must be FOLDER/NAME such as src/kryptogo: two names of lower-case letters,"
                " digits, hyphens and underscores, each starting with a letter (at most 40"
                " characters)"
            )
        return path

    def free_module(self, text: str, installed: Container[str]) -> str:
        """Give the module's path for a project that has no such module yet.

        Raises InvalidValueError also for one that would take a name of the shop. No package can be
        hidden: a path in an import begins with a dot.
        """
        path = self.module_path(text)
        folder, name = path.split("/")
        if folder in _FOLDERS or name in _MODULES:
            raise InvalidValueError(f"must not take a name the shop itself uses ({path})")
        return path

    def by_manager(self, command: Command, files: Container[str]) -> Command:
        """Give a command of npm's as pnpm or Yarn takes it, where a lock file of theirs is.

        Neither needs `--` before a script's own arguments, and Yarn knows no `--silent`.
        """
        manager = next((name for lock, name in _MANAGERS.items() if lock in files), "npm")
        if manager == "npm" or command[:1] != ("npm",):
            return command
        unknown = {"--", "--silent"} if manager == "yarn" else {"--"}
        return (manager, *(word for word in command[1:] if word not in unknown))

    def lacking(self) -> str:
        """Give what is wrong with the Node that is on PATH, and what to do; empty if nothing."""
        oldest = ".".join(map(str, OLDEST))
        advice = "Install Node 24 from https://nodejs.org, or by your version manager."
        version = _node_version()
        if version is None:
            return f"There is no Node here, and the project needs {oldest} or later. {advice}"
        if tuple(map(int, re.findall(r"\d+", version)[:2])) >= OLDEST:
            return ""
        return f"Node is {version} here, and the project needs {oldest} or later. {advice}"


class TypeScript(Node):
    """TypeScript, built into JavaScript before it runs."""

    name = LanguageName.TYPESCRIPT
    title = "TypeScript"
    module_systems = (ModuleSystem.ESM, ModuleSystem.COMMONJS)
    suffixes = (".ts", ".mts", ".cts", ".tsx")
    grammars = ("typescript", "tsx")
    build: Command = ("npm", "run", "build")
    built = "dist"


class JavaScript(Node):
    """JavaScript, which runs as it is. Most of Express's is CommonJS, so that comes first."""

    name = LanguageName.JAVASCRIPT
    title = "JavaScript"
    module_systems = (ModuleSystem.COMMONJS, ModuleSystem.ESM)
    suffixes = (".js", ".mjs", ".cjs", ".jsx")


def _node_version() -> str | None:
    """Give what `node --version` says, None where there is none that runs."""
    import subprocess

    try:
        ran = subprocess.run(
            ["node", "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+\.\d+\.\d+", ran.stdout)
    return found[0] if found else None


TYPESCRIPT = TypeScript()
JAVASCRIPT = JavaScript()
