"""NestJS with TypeORM, in TypeScript with ES modules."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = 'import { recorded } from "./effects.js";\n'


class NestTypeorm:
    """Edits the starter as its user would: a module, a migration, the handlers' classes."""

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""
        (project / "src/effects.ts").write_text((_HERE / "effects.ts").read_text())
        migration = (_HERE / "migration.ts").read_text()
        (project / "src/migrations/9000_effects.ts").write_text(migration)
        module = project / "src/app.module.ts"
        head, _, rest = module.read_text().partition("\n")
        instead = rest.replace("      handlers,\n", "      handlers: recorded(handlers),\n")
        if instead == rest:
            raise RuntimeError(f"{module} does not name the handlers in a line of their own")
        module.write_text(f"{head}\n{_IMPORT}{instead}")

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
