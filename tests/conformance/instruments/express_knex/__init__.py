"""Express with Knex, in TypeScript or JavaScript, with ES modules or CommonJS."""

from __future__ import annotations

import re
from pathlib import Path

from derive_node import SOURCE, converted

_HERE = Path(__file__).parent
_HANDLERS = re.compile(r"^(export const parts = .*|const parts = .*)\bhandlers\b", re.MULTILINE)
_IMPORT = {
    "typescript_esm": 'import { recorded } from "../effects.js";',
    "javascript_esm": 'import { recorded } from "../effects.js";',
    "typescript_commonjs": 'import { recorded } from "../effects";',
    "javascript_commonjs": 'const { recorded } = require("../effects");',
}


class ExpressKnex:
    """Edits the starter as its user would: a module, a migration, the list of the handlers."""

    def __init__(self, form: str = SOURCE) -> None:
        self._form = form
        self._suffix = "ts" if form.startswith("typescript") else "js"

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""
        targets = {
            "effects.ts": f"src/effects.{self._suffix}",
            "migration.ts": f"migrations/9000_effects.{self._suffix}",
        }
        sources = {name: (_HERE / name).read_text() for name in targets}
        for name, text in sources.items():
            (project / targets[name]).write_text(self._in_form(name, text))
        config = project / f"src/kryptogo/config.{self._suffix}"
        instead, number = _HANDLERS.subn(
            r"\1handlers: recorded(handlers, findOrder)", config.read_text()
        )
        if number != 1:
            raise RuntimeError(f"{config} does not name the handlers in one line")
        head, _, rest = instead.partition("\n")
        config.write_text(f"{head}\n{_IMPORT[self._form]}\n{rest}")

    def _in_form(self, name: str, text: str) -> str:
        return text if self._form == SOURCE else converted({name: text})[name][self._form]

    def remove_module(self, project: Path) -> None:
        """Delete the line that mounts the module's router."""
        app = project / f"src/app.{self._suffix}"
        lines = app.read_text().splitlines(keepends=True)
        kept = [line for line in lines if "app.use(payments)" not in line]
        if len(kept) != len(lines) - 1:
            raise RuntimeError(f"{app} does not mount the module's router in one line")
        app.write_text("".join(kept))

    def import_command(self) -> list[str]:
        """Import the app, and nothing else."""
        folder = "dist" if self._suffix == "ts" else "src"
        return ["node", "-e", f'import("./{folder}/app.js")']

    def back_command(self) -> list[str]:
        """Take back what the last `migrate` did."""
        return ["npm", "run", "--silent", "knex", "--", "migrate:rollback"]
