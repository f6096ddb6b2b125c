"""What an app's processes print, of those who use it one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Logs:
    """The files `*.log` of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._passed: dict[Path, int] = {}

    def begin(self) -> None:
        """Leave out what was printed until now: another rule's doing."""
        self._passed = {path: path.stat().st_size for path in self._paths()}

    def text(self) -> str:
        """Give what was printed since."""
        return "\n".join(self._since(path) for path in self._paths())

    def lines(self, *parts: str) -> list[str]:
        """Give the lines in which all these parts are."""
        return [line for line in self.text().splitlines() if all(part in line for part in parts)]

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.log"))

    def _since(self, path: Path) -> str:
        with path.open("rb") as file:
            file.seek(self._passed.get(path, 0))
            return file.read().decode(errors="replace")
