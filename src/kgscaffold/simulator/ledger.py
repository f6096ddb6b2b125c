"""The intents, their earlier versions, and the fields that tests have replaced."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgscaffold.simulator.errors import UnknownIntentError
from kgscaffold.simulator.intents import REMOVE, Intent, JsonObject, Naming

if TYPE_CHECKING:
    from collections.abc import Mapping


def overlaid(wire: Mapping[str, object], changes: Mapping[str, object]) -> JsonObject:
    """Give `wire` with `changes`; the value REMOVE takes a field away."""
    merged = {**wire, **changes}
    return {name: value for name, value in merged.items() if value != REMOVE}


@dataclass(slots=True)
class _Account:
    versions: list[tuple[float, Intent]]
    overrides: JsonObject = field(default_factory=dict)


class Ledger:
    """Every intent by its case-sensitive id, in the order of creation."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def __len__(self) -> int:
        return len(self._accounts)

    def __contains__(self, intent_id: str) -> bool:
        return intent_id in self._accounts

    def ids(self) -> list[str]:
        """Give the ids of all intents."""
        return list(self._accounts)

    def store(self, intent: Intent) -> None:
        """Make `intent` the present version, keeping the earlier ones for lagging reads."""
        version = (time.monotonic(), intent)
        account = self._accounts.setdefault(intent.payment_intent_id, _Account([]))
        account.versions.append(version)

    def intent(self, intent_id: str, lag: float = 0) -> Intent:
        """Give the intent as it was `lag` seconds ago (its first version, if it is younger)."""
        versions = self._account(intent_id).versions
        if not lag:
            return versions[-1][1]
        moment = time.monotonic() - lag
        return next((past for at, past in reversed(versions) if at <= moment), versions[0][1])

    def override(self, intent_id: str, changes: Mapping[str, object]) -> JsonObject:
        """Replace fields (names as on the wire) in what is shown; give all replaced ones."""
        account = self._account(intent_id)
        account.overrides.update(changes)
        return account.overrides

    def clear_overrides(self, intent_id: str) -> None:
        """Show the intent's own fields again."""
        self._account(intent_id).overrides.clear()

    def shown(self, intent_id: str, naming: Naming, lag: float = 0) -> JsonObject:
        """Give the intent's JSON object as the API shows it, overrides included."""
        return overlaid(
            self.intent(intent_id, lag).wire(naming), self._account(intent_id).overrides
        )

    def _account(self, intent_id: str) -> _Account:
        account = self._accounts.get(intent_id)
        if account is None:
            raise UnknownIntentError(intent_id)
        return account
