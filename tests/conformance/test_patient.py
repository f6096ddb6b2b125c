"""What takes minutes: begun by the first test of the run, asserted here, at its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, REFUNDED, SUCCESS
from tests.conformance.harness.database import as_time
from tests.conformance.harness.waiting import until
from tests.conformance.patience import LAG_SECONDS, LEASE_SECONDS

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop
    from tests.conformance.patience import Patience

SWEEP_SECONDS = 30
pytestmark = pytest.mark.patient


def test_a_callback_a_minute_before_its_registration_is_applied_then(patience: Patience) -> None:
    patience.await_background()
    shop, early = patience.shop, patience.early
    shop.records.await_status(early.intent, SUCCESS, within=30)
    callback = shop.records.await_closed(early.intent, SUCCESS)
    payment = shop.records.payment(early.intent)
    waited = as_time(payment["created_at"]) - as_time(callback["first_received_at"])
    assert waited.total_seconds() > 55
    assert shop.order_page(early.order)["status"] == "paid"
    assert shop.records.effect_statuses(early.intent) == [SUCCESS]


def test_the_sweep_finds_a_callback_that_missed_its_registration(patience: Patience) -> None:
    remaining = patience.missed_at + SWEEP_SECONDS + 10 - time.monotonic()
    patience.shop.records.await_status(patience.missed.intent, SUCCESS, within=max(remaining, 1))
    assert patience.shop.order_page(patience.missed.order)["status"] == "paid"


def test_an_apply_is_cut_off_after_thirty_seconds_and_tried_again(patience: Patience) -> None:
    shop, endless = patience.interrupted_shop, patience.endless
    shop.records.await_status(endless.intent, SUCCESS, within=120)
    assert shop.faults.attempts(endless.intent) == 2
    assert shop.records.effect_statuses(endless.intent) == [SUCCESS]
    callback = shop.records.await_closed(endless.intent, SUCCESS)
    taken = as_time(callback["processed_at"]) - as_time(callback["first_received_at"])
    assert 29 < taken.total_seconds() < 45
    assert shop.order_page(endless.order)["status"] == "paid"


def test_work_of_a_killed_process_is_taken_up_when_its_lease_ends(patience: Patience) -> None:
    shop, killed = patience.interrupted_shop, patience.killed
    shop.records.await_status(killed.intent, SUCCESS, within=LEASE_SECONDS + 60)
    callback = shop.records.await_closed(killed.intent, SUCCESS)
    taken = as_time(callback["processed_at"]) - as_time(callback["first_received_at"])
    assert LEASE_SECONDS - 1 < taken.total_seconds() < LEASE_SECONDS + 45
    assert shop.faults.attempts(killed.intent) == 2
    assert shop.records.effect_statuses(killed.intent) == [SUCCESS]
    assert shop.order_page(killed.order)["status"] == "paid"


@pytest.mark.parametrize("claim", [SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED])
def test_a_claim_never_confirmed_is_rejected_after_three_minutes(
    patience: Patience, claim: str
) -> None:
    shop, forged = patience.shop, patience.forged[claim]
    remaining = patience.began + LAG_SECONDS + 60 - time.monotonic()
    callback = until(
        lambda: shop.records.closed(forged.intent, claim),
        max(remaining, 5),
        why=lambda: f"{claim} is rejected; {shop.describe(forged.intent)}",
    )
    assert callback["state"] == "rejected"
    taken = as_time(callback["processed_at"]) - as_time(callback["first_received_at"])
    assert LAG_SECONDS - 5 < taken.total_seconds() < LAG_SECONDS + 30
    assert "rejected" in shop.records.outcomes(forged.intent)
    assert not shop.records.effects(forged.intent)
    assert shop.order_page(forged.order)["status"] == "new"
    _the_key_was_not_consumed(shop, forged.intent, claim)


def _the_key_was_not_consumed(shop: Shop, intent: str, claim: str) -> None:
    shop.deliver(intent, claim)
    shop.records.await_status(intent, claim)
    assert shop.records.await_closed(intent, claim)["state"] == "done"
    assert shop.records.effect_statuses(intent) == [claim]
