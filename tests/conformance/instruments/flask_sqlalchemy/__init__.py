"""Flask with Flask-SQLAlchemy and Flask-Migrate."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conformance.instruments.fastapi_sqlalchemy import FastapiSqlalchemy

_HERE = Path(__file__).parent
_WIRING = "    KryptoGO(app)\n"


class FlaskSqlalchemy(FastapiSqlalchemy):
    """The same edits; what the handlers leave is written by sync code."""

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""
        super().add_effects(project)
        shutil.copy(_HERE / "effects.py", project / "app" / "effects.py")

    def remove_module(self, project: Path) -> None:
        """Delete the line that makes the extension."""
        factory = project / "app" / "__init__.py"
        text = factory.read_text()
        if text.count(_WIRING) != 1:
            raise RuntimeError(f"{factory} does not make the extension in one line")
        factory.write_text(text.replace(_WIRING, ""))

    def import_command(self) -> list[str]:
        """Make the app, and nothing else."""
        return ["python", "-c", "from app import create_app; create_app()"]
