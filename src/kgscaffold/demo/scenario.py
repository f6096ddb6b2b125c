"""What happens to the demo's orders: five outcomes, a duplicate, a wrong order, a forgery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.demo.shop import Records
    from kgscaffold.simulator.client import SimulatorClient

AMOUNT, CURRENCY = "300.0", "TWD"


@dataclass(frozen=True, slots=True)
class Scene:
    """One order's fate: `act` is what KryptoGO does, the rest what must come of it.

    What the order itself comes to is the handlers' business, and those are the user's to edit.
    `callbacks` maps a status to the number of deliveries that must have arrived and been closed.
    """

    payment: str
    title: str
    act: Callable[[SimulatorClient, str], object]
    callbacks: dict[str, int]

    def settled(self, records: Records) -> bool:
        """Tell whether the order came to what it should."""
        return records.payment.get("status") == self.payment and all(
            records.callback(status).get("deliveries", 0) >= count
            and records.callback(status)["state"] == "done"
            for status, count in self.callbacks.items()
        )


def _pending(kryptogo: SimulatorClient, intent: str) -> None:
    kryptogo.deliver(intent, "pending")


def _success_in_triplicate(kryptogo: SimulatorClient, intent: str) -> None:
    kryptogo.set_status(intent, "success", deliver=False)
    kryptogo.deliver(intent, "success", count=3)


def _expired(kryptogo: SimulatorClient, intent: str) -> None:
    kryptogo.set_status(intent, "expired")


def _underpaid(kryptogo: SimulatorClient, intent: str) -> None:
    kryptogo.set_status(intent, "insufficient_not_refunded")


def _refunded_news_overtakes(kryptogo: SimulatorClient, intent: str) -> None:
    kryptogo.set_status(intent, "insufficient_not_refunded", deliver=False)
    kryptogo.set_status(intent, "insufficient_refunded")
    kryptogo.drain()
    kryptogo.deliver(intent, "insufficient_not_refunded")


def forge_success(kryptogo: SimulatorClient, intent: str) -> None:
    """Send a callback that claims `success` for an intent which KryptoGO says is pending."""
    kryptogo.deliver(intent, "success")


def forgery_seen_through(records: Records, before: str) -> bool:
    """Tell whether the forged claim was checked, and the order's status left as it was."""
    checked: int = records.callback("success").get("attempts", 0)
    return (
        checked > 0
        and records.callback("success")["lease_token"] is None
        and records.payment["status"] == "pending"
        and records.order_status == before
    )


SCENES = (
    Scene("pending", "the customer has not paid yet", _pending, {"pending": 1}),
    Scene(
        "success",
        "paid, and KryptoGO says so three times",
        _success_in_triplicate,
        {"success": 3},
    ),
    Scene("expired", "nobody paid in time", _expired, {"expired": 1}),
    Scene(
        "insufficient_not_refunded",
        "too little was paid",
        _underpaid,
        {"insufficient_not_refunded": 1},
    ),
    Scene(
        "insufficient_refunded",
        "too little, then a refund whose callback overtakes the first one",
        _refunded_news_overtakes,
        {"insufficient_refunded": 1, "insufficient_not_refunded": 1},
    ),
)
