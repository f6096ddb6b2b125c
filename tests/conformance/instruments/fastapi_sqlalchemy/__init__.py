"""FastAPI with SQLAlchemy and Alembic."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_HERE = Path(__file__).parent
_STATUSES = (
    "pending",
    "success",
    "expired",
    "insufficient_not_refunded",
    "insufficient_refunded",
)
_HANDLER_EDIT = """

from app import effects as _effects
from app.orders import find_order as _find_order

apply = _effects.recorded(apply, _find_order)
after_commit = _effects.announced(globals().get("after_commit"))
"""


class FastapiSqlalchemy:
    """Edits the starter as its user would: a module, a migration, five handlers."""

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""
        shutil.copy(_HERE / "effects.py", project / "app" / "effects.py")
        for status in _STATUSES:
            handler = project / "app" / "kryptogo" / "handlers" / f"{status}.py"
            handler.write_text(handler.read_text() + _HANDLER_EDIT)
        records = project / "app" / "kryptogo" / "handlers" / "__init__.py"
        named = re.sub(
            r"Handler\((\w+)\.apply\)", r"Handler(\1.apply, \1.after_commit)", records.read_text()
        )
        records.write_text(named)
        versions = project / "migrations" / "versions"
        migration = (_HERE / "migration.py").read_text()
        head = _head([path.read_text() for path in sorted(versions.glob("*.py"))])
        (versions / "9000_effects.py").write_text(migration.replace("THE_HEAD", head))

    def remove_module(self, project: Path) -> None:
        """Delete the line that includes the module's router."""
        main = project / "app" / "main.py"
        lines = main.read_text().splitlines(keepends=True)
        kept = [line for line in lines if "include_router(" not in line or "kryptogo" not in line]
        if len(kept) != len(lines) - 1:
            raise RuntimeError(f"{main} does not include the module's router in one line")
        main.write_text("".join(kept))

    def import_command(self) -> list[str]:
        """Import the app, and nothing else."""
        return ["python", "-c", "import app.main, app.kryptogo"]

    def back_command(self) -> list[str]:
        """Take back every migration."""
        return ["python", "-m", "alembic", "downgrade", "base"]


def _head(migrations: list[str]) -> str:
    """The revision that no other one names as its parent."""
    revisions = [_assigned(text, "revision") for text in migrations]
    parents = {_assigned(text, "down_revision") for text in migrations}
    (head,) = [revision for revision in revisions if revision not in parents]
    return head


def _assigned(text: str, name: str) -> str:
    found = re.search(rf"^{name}\b[^=\n]*=\s*(?:\"([^\"]*)\"|None)", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"a migration does not assign {name}")
    return found.group(1) or ""
