"""Flask with Flask-SQLAlchemy and Flask-Migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.instruments.fastapi_sync import FastapiSync

if TYPE_CHECKING:
    from pathlib import Path

_WIRING = "    KryptoGO(app)\n"


class FlaskSqlalchemy(FastapiSync):
    """The same edits; the application is made by a factory."""

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

    def back_command(self) -> list[str]:
        """Take back every migration."""
        return ["python", "-m", "flask", "db", "downgrade", "base"]
