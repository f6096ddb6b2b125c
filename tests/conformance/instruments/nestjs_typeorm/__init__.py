"""NestJS with TypeORM, in TypeScript: 12 with ES modules, or 11 with CommonJS."""

from __future__ import annotations

from pathlib import Path

from derive_node import SOURCE, converted

_HERE = Path(__file__).parent
_IMPORT = {
    "typescript_esm": 'import { recorded } from "./effects.js";\n',
    "typescript_commonjs": 'import { recorded } from "./effects";\n',
}


class NestTypeorm:
    """Edits the starter as its user would: a module, a migration, the handlers' classes."""

    def __init__(self, form: str = SOURCE) -> None:
        self._form = form

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""
        targets = {
            "effects.ts": "src/effects.ts",
            "migration.ts": "src/migrations/9000_effects.ts",
        }
        sources = {name: (_HERE / name).read_text() for name in targets}
        for name, text in self._in_form(sources).items():
            (project / targets[name]).write_text(text)
        module = project / "src/app.module.ts"
        head, _, rest = module.read_text().partition("\n")
        instead = rest.replace("      handlers,\n", "      handlers: recorded(handlers),\n")
        if instead == rest:
            raise RuntimeError(f"{module} does not name the handlers in a line of their own")
        module.write_text(f"{head}\n{_IMPORT[self._form]}{instead}")

    def _in_form(self, sources: dict[str, str]) -> dict[str, str]:
        if self._form == SOURCE:
            return sources
        made = converted(sources, "--typescript")
        return {name: texts[self._form] for name, texts in made.items()}

    def remove_module(self, project: Path) -> None:
        """Take the module out of the application, and the pages that inject its service."""
        module = project / "src/app.module.ts"
        before, mark, after = module.read_text().partition("    KryptogoModule.forRoot(")
        if not mark:
            raise RuntimeError(f"{module} does not mount the module")
        text = before + after.partition("    }),\n")[2]
        module.write_text(text.replace("CheckoutController, HealthController", "HealthController"))

    def import_command(self) -> list[str]:
        """Import the app, and nothing else."""
        return ["node", "-e", 'import("./dist/app.module.js")']

    def back_command(self) -> list[str]:
        """Take back the latest migration."""
        return ["npm", "run", "--silent", "typeorm", "--", "migration:revert"]
