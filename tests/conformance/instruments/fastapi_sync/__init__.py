"""FastAPI with a sync session."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conformance.instruments.fastapi_sqlalchemy import FastapiSqlalchemy

_HERE = Path(__file__).parent


class FastapiSync(FastapiSqlalchemy):
    """The same edits; what the handlers leave is written by sync code."""

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""
        super().add_effects(project)
        shutil.copy(_HERE / "effects.py", project / "app" / "effects.py")
