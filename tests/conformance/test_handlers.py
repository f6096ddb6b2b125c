"""Handlers that raise, that sleep, and orders that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import (
    EXPIRED,
    NOT_REFUNDED,
    ORDER_STATUS,
    PENDING,
    REFUNDED,
    STATUSES,
    SUCCESS,
)
from tests.conformance.harness.faults import ALWAYS, Fault
from tests.conformance.harness.shop import Purchase
from tests.conformance.harness.waiting import until
from tests.conformance.patience import register

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop

LONGEST_WAIT = 6 * 3600 + 60


@pytest.mark.parametrize("status", STATUSES)
def test_a_handler_that_raises_is_rolled_back_whole_and_tried_again(
    shop: Shop, status: str
) -> None:
    bought = shop.buy()
    shop.faults.order(bought.intent, apply=Fault(fail=1))
    shop.deliver(bought.intent, status)
    until(lambda: _failed_once(shop, bought, status), why=lambda: shop.describe(bought.intent))
    seen = (
        shop.records.status(bought.intent),
        shop.records.effects(bought.intent),
        shop.records.applied(bought.intent),
    )
    if (
        shop.faults.attempts(bought.intent) == 1
    ):  # the next attempt had not begun when this was read
        assert seen == (PENDING, [], [])
        assert shop.order_page(bought.order)["status"] == "new"
    callback = shop.records.await_closed(bought.intent, status)
    assert callback["state"] == "done"
    assert shop.faults.attempts(bought.intent) == 2
    assert shop.records.effect_statuses(bought.intent) == [status]
    assert shop.records.applied(bought.intent) == [status]
    assert shop.order_page(bought.order)["status"] == ORDER_STATUS[status]


def _failed_once(shop: Shop, bought: Purchase, status: str) -> bool:
    callback = shop.records.callbacks(bought.intent)[status]
    return "ordered to fail" in (callback["last_error"] or "")


def test_a_handler_that_keeps_raising_is_dead_in_the_end_and_never_half_applied(
    shop: Shop,
) -> None:
    bought = shop.buy()
    shop.faults.order(bought.intent, apply=Fault(fail=ALWAYS))
    shop.deliver(bought.intent, SUCCESS)
    callback = shop.records.pass_waits(bought.intent, SUCCESS, LONGEST_WAIT)
    assert callback["state"] == "dead"
    assert "ordered to fail" in str(callback["last_error"])
    assert shop.faults.attempts(bought.intent) == 10
    assert shop.records.status(bought.intent) == PENDING
    assert not shop.records.effects(bought.intent)
    assert shop.order_page(bought.order)["status"] == "new"
    assert "dead" in shop.records.outcomes(bought.intent)
    lines = [line for line in shop.log_text().splitlines() if bought.intent in line]
    assert any("error" in line.lower() for line in lines), lines
    shop.faults.lift(bought.intent)
    assert shop.ops("replay", bought.intent).code == 0
    shop.records.await_status(bought.intent, SUCCESS)
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


@pytest.mark.parametrize("status", [SUCCESS, REFUNDED])
def test_an_after_commit_that_raises_is_tried_again_and_apply_is_not(
    shop: Shop, status: str
) -> None:
    bought = shop.buy()
    shop.faults.order(bought.intent, after_commit=Fault(fail=2))
    shop.deliver(bought.intent, status)
    shop.records.await_status(bought.intent, status)
    until(lambda: shop.faults.attempts(bought.intent, "after_commit") >= 1, why="was called")
    assert shop.records.state(bought.intent, status) == "applied"
    assert shop.order_page(bought.order)["status"] == ORDER_STATUS[status]
    assert shop.records.pass_waits(bought.intent, status, 30)["state"] == "done"
    assert shop.faults.announced(bought.intent) == [(bought.intent, status)]
    assert shop.faults.attempts(bought.intent, "after_commit") == 3
    assert shop.faults.attempts(bought.intent) == 1
    assert shop.records.effect_statuses(bought.intent) == [status]


def test_an_after_commit_that_keeps_raising_is_dead_and_replay_calls_it_again(shop: Shop) -> None:
    bought = shop.buy()
    shop.faults.order(bought.intent, after_commit=Fault(fail=ALWAYS))
    shop.deliver(bought.intent, SUCCESS)
    assert shop.records.pass_waits(bought.intent, SUCCESS, LONGEST_WAIT)["state"] == "dead"
    assert shop.order_page(bought.order)["status"] == "paid"
    shop.faults.lift(bought.intent)
    assert shop.ops("replay", bought.intent).code == 0
    until(lambda: shop.faults.announced(bought.intent), why=lambda: shop.describe(bought.intent))
    assert shop.records.await_closed(bought.intent, SUCCESS)["state"] == "done"
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


def test_after_commit_is_called_once_per_applied_status_in_a_quiet_run(shop: Shop) -> None:
    bought = shop.buy()
    for status in (EXPIRED, NOT_REFUNDED, SUCCESS):
        shop.deliver(bought.intent, status)
        assert shop.records.await_closed(bought.intent, status)["state"] == "done"
    path = [EXPIRED, NOT_REFUNDED, SUCCESS]
    assert shop.faults.announced(bought.intent) == [(bought.intent, status) for status in path]
    assert shop.records.effect_statuses(bought.intent) == path


def test_an_order_that_is_not_there_is_an_error_that_is_retried(shop: Shop) -> None:
    intent = shop.simulator.create_intent(order_data={})["payment_intent_id"]
    register(shop, Purchase("987654321", intent))
    shop.deliver(intent, SUCCESS)
    until(
        lambda: shop.records.callbacks(intent)[SUCCESS]["last_error"],
        why=lambda: shop.describe(intent),
    )
    assert shop.records.state(intent, SUCCESS) == "pending"
    assert shop.records.status(intent) == PENDING
    assert not shop.records.effects(intent)
