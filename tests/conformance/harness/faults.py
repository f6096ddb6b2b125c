"""Faults ordered for the shop's handlers, and what the handlers left behind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import ALWAYS, Fault

__all__ = ["ALWAYS", "Fault", "Faults"]

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Faults:
    """The folder that the instrumented handlers look into."""

    folder: Path
    _made: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the folder; without it the handlers count nothing and suffer nothing."""
        (self.folder / "faults").mkdir(parents=True, exist_ok=True)
        (self.folder / "attempts").mkdir(exist_ok=True)

    def order(
        self, intent: str = "any", apply: Fault | None = None, after_commit: Fault | None = None
    ) -> None:
        """From now on the handlers of `intent` (default: of every other one) suffer these."""
        document = {
            "apply": asdict(apply or Fault()),
            "after_commit": asdict(after_commit or Fault()),
        }
        target = self.folder / "faults" / f"{intent}.json"
        spare = target.with_suffix(".new")
        spare.write_text(json.dumps(document))
        spare.replace(target)

    def lift(self, intent: str = "any") -> None:
        """No fault any more."""
        (self.folder / "faults" / f"{intent}.json").unlink(missing_ok=True)

    def attempts(self, intent: str, stage: str = "apply") -> int:
        """How often the handler function was called for this intent."""
        file = self.folder / "attempts" / f"{intent}.{stage}"
        return file.stat().st_size if file.exists() else 0

    def announced(self, *intents: str) -> list[tuple[str, str]]:
        """Every `after_commit` of theirs that succeeded, as (intent, status), in order."""
        file = self.folder / "announced.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        calls = [json.loads(line) for line in lines]
        told = [(call["intent"], call["status"]) for call in calls]
        return [one for one in told if one[0] in intents]
