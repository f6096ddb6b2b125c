"""The ops commands, as a person or a cron job uses them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.harness.database import as_json, as_time
from tests.conformance.harness.faults import ALWAYS, Fault
from tests.conformance.harness.records import CALLBACKS, PAYMENTS
from tests.conformance.harness.shop import Purchase
from tests.conformance.harness.waiting import until
from tests.conformance.patience import register
from tests.conformance.statuses import EXPIRED, NOT_REFUNDED, PENDING, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from tests.conformance.harness.project import Ran
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

DEADLINE = 1_900_000_000


@pytest.fixture
def workerless(world: World) -> Shop:
    """A shop whose callbacks wait for `work --once`."""
    return world.once("workerless", lambda: world.keep(world.open_shop(KRYPTOGO_WORKER="off")))


def _register(shop: Shop, intent: str, order: str, *more: str) -> Any:
    identity = ["--intent", intent, "--order", order]
    return shop.ops("register", *identity, *(more or ("--amount", "300.0", "--currency", "TWD")))


def test_show_tells_what_the_database_records(shop: Shop) -> None:
    bought = shop.buy()
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_closed(bought.intent, SUCCESS)
    shown = shop.show(bought.intent)
    assert set(shown) >= {"payment", "callbacks", "history", "order"}
    assert shown["payment"]["payment_intent_id"] == bought.intent
    assert shown["payment"]["status"] == SUCCESS
    assert [(c["status"], c["state"]) for c in shown["callbacks"]] == [(SUCCESS, "done")]
    assert [h["outcome"] for h in shown["history"]] == ["registered", "applied"]
    assert shown["history"][1]["from_status"] == PENDING
    assert shown["history"][1]["applied_status"] == SUCCESS
    assert shown["history"][1]["source"] == "callback"
    assert shown["order"]["status"] == "paid"
    assert str(shown["order"]["id"]) == bought.order
    assert "paid" in shop.ops("show", bought.intent).out


def test_show_of_an_unknown_intent_is_an_error_object(shop: Shop) -> None:
    ran = shop.ops("show", "nobody-registered-this", "--json")
    assert ran.code == 1
    assert "error" in json.loads(ran.out or ran.err)
    assert "Traceback" not in ran.err


def test_arguments_that_are_no_text_are_an_error(shop: Shop) -> None:
    for arguments in (["show", "\udcff"], ["register", "--intent", "a1", "--order", "\udcff"]):
        more = [] if arguments[0] == "show" else ["--amount", "1", "--currency", "TWD"]
        ran = shop.ops(*arguments, *more, "--json")
        assert ran.code == 1
        assert "error" in json.loads(ran.out or ran.err)
        assert "Traceback" not in ran.err


def test_registering_equal_values_again_changes_nothing(shop: Shop) -> None:
    intent = "registered-twice"
    for amount in ("300.0", "300.00", "0300"):
        again = _register(shop, intent, "o-1", "--amount", amount, "--currency", "TWD")
        assert again.code == 0, again
    assert shop.records.outcomes(intent) == []
    assert len(shop.records.history(intent)) == 1
    payment = shop.records.payment(intent)
    assert (payment["order_id"], payment["status"]) == ("o-1", PENDING)
    deadline = as_time(payment["payment_deadline"]) - as_time(payment["created_at"])
    assert abs(deadline - timedelta(minutes=30)) < timedelta(seconds=5)
    assert as_time(payment["next_check_at"]) == as_time(payment["payment_deadline"])


@pytest.mark.parametrize(
    "other",
    [
        ("o-2", "--amount", "300.0", "--currency", "TWD"),
        ("o-1", "--amount", "300.01", "--currency", "TWD"),
        ("o-1", "--amount", "300.0", "--currency", "USD"),
    ],
    ids=["order", "amount", "currency"],
)
def test_registering_other_values_is_an_error(shop: Shop, other: tuple[str, ...]) -> None:
    intent = "registered-otherwise"
    assert _register(shop, intent, "o-1").code == 0
    ran = _register(shop, intent, *other)
    assert ran.code not in (0, 2), ran
    assert "Traceback" not in ran.err
    payment = shop.records.payment(intent)
    assert (payment["order_id"], float(payment["expected_fiat_amount"])) == ("o-1", 300.0)
    assert payment["fiat_currency"] == "TWD"


@pytest.mark.parametrize(
    "values",
    [
        ("--amount", "abc", "--currency", "TWD"),
        ("--amount", "NaN", "--currency", "TWD"),
        ("--amount", "-1", "--currency", "TWD"),
        ("--amount", "0", "--currency", "TWD"),
        ("--amount", "1e30", "--currency", "TWD"),
        ("--currency", "TWD"),
        ("--amount", "300.0"),
    ],
    ids=" ".join,
)
def test_registering_nonsense_is_refused(shop: Shop, values: tuple[str, ...]) -> None:
    intent = "registered-nonsense"
    ran = _register(shop, intent, "o-1", *values)
    assert ran.code != 0
    assert "Traceback" not in ran.err, ran.err
    assert shop.database.count(PAYMENTS, payment_intent_id=intent) == 0


def test_a_deadline_is_kept_and_is_the_first_check(shop: Shop) -> None:
    amount = ("--amount", "300.0", "--currency", "TWD", "--deadline", str(DEADLINE))
    assert _register(shop, "with-deadline", "o-1", *amount).code == 0
    payment = shop.records.payment("with-deadline")
    for column in ("payment_deadline", "next_check_at"):
        assert as_time(payment[column]).timestamp() == DEADLINE


@pytest.mark.parametrize("deadline", ["tomorrow", "9" * 30, "9" * 14])
def test_a_deadline_that_is_no_time_is_refused_by_its_name(shop: Shop, deadline: str) -> None:
    amount = ("--amount", "300.0", "--currency", "TWD", "--deadline", deadline)
    ran = _register(shop, "without-deadline", "o-1", *amount)
    assert (ran.code, "--deadline" in ran.err, "Traceback" in ran.err) == (2, True, False)
    assert shop.database.count(PAYMENTS, payment_intent_id="without-deadline") == 0


def test_reconcile_finds_what_no_callback_told(shop: Shop) -> None:
    ways = {status: shop.buy() for status in (SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED)}
    silent = shop.buy()
    for status, bought in ways.items():
        shop.set_truth(bought.intent, status)
    for bought in (*ways.values(), silent):
        _make_due(shop, bought)
    assert shop.ops("reconcile", "--json").code == 0
    for status, bought in ways.items():
        shop.records.await_status(bought.intent, status)
        shop.records.await_closed(bought.intent, "recheck")
        assert shop.records.effect_statuses(bought.intent) == [status]
        assert shop.records.history(bought.intent)[-1]["source"] == "reconcile"
    until(lambda: _checked_later(shop, silent), why=lambda: shop.describe(silent.intent))
    assert not shop.records.effects(silent.intent)
    assert shop.records.outcomes(silent.intent) == []


def _make_due(shop: Shop, bought: Purchase) -> None:
    past = shop.records.payment(bought.intent)["created_at"]
    shop.database.update(PAYMENTS, {"next_check_at": past}, payment_intent_id=bought.intent)


def _checked_later(shop: Shop, bought: Purchase) -> bool:
    payment = shop.records.payment(bought.intent)
    if payment["last_verified_at"] is None:
        return False
    ahead = as_time(payment["next_check_at"]) - as_time(payment["last_verified_at"])
    return ahead > timedelta(minutes=9)


def _lease(shop: Shop, bought: Purchase) -> None:
    """As if a worker had claimed the callback when it came, with a lease that ends at once."""
    came = shop.records.callbacks(bought.intent)[SUCCESS]["last_received_at"]
    lease = {"lease_token": "of another worker", "lease_until": came}
    shop.database.update(CALLBACKS, lease, payment_intent_id=bought.intent)


def _waiting_for_a_second_try(shop: Shop) -> Purchase:
    bought = shop.buy()
    shop.faults.order(bought.intent, apply=Fault(fail=1))
    shop.deliver(bought.intent, SUCCESS)
    assert shop.ops("work", "--once").code == 0
    assert shop.records.callbacks(bought.intent)[SUCCESS]["handler_attempts"] == 1
    return bought


def test_what_waits_longer_than_the_schedule_can_say_is_taken_up(workerless: Shop) -> None:
    """A clock that was set back leaves the next attempt far ahead; no delivery comes to help."""
    shop = workerless
    retried, new, leased = _waiting_for_a_second_try(shop), shop.buy(), shop.buy()
    for one in (new, leased):
        shop.deliver(one.intent, SUCCESS)
    _lease(shop, leased)
    for one in (retried, new, leased):
        shop.records.set_clock_back(one.intent, 3600)
    assert shop.ops("work", "--once").code == 0
    for one in (retried, new, leased):
        assert shop.records.status(one.intent) == SUCCESS, shop.describe(one.intent)
        assert shop.records.effect_statuses(one.intent) == [SUCCESS]


def test_what_waits_as_the_schedule_says_goes_on_waiting(workerless: Shop) -> None:
    """Neither the wait after an eighth failure nor a lease that is held is cut short."""
    shop = workerless
    bought, leased = _waiting_for_a_second_try(shop), shop.buy()
    shop.deliver(leased.intent, SUCCESS)
    shop.database.update(CALLBACKS, {"handler_attempts": 8}, payment_intent_id=bought.intent)
    _lease(shop, leased)
    shop.database.shift(
        CALLBACKS, 3 * 3600 - 60, "next_attempt_at", payment_intent_id=bought.intent
    )
    shop.database.shift(CALLBACKS, 110, "lease_until", payment_intent_id=leased.intent)
    assert shop.ops("work", "--once").code == 0
    for one in (bought, leased):
        assert shop.records.status(one.intent) == PENDING, shop.describe(one.intent)


def test_reconcile_leaves_alone_what_is_not_due(shop: Shop) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS)
    assert shop.ops("reconcile").code == 0
    assert shop.records.status(bought.intent) == PENDING


def test_reconcile_takes_up_what_is_dead(shop: Shop) -> None:
    bought = shop.buy()
    shop.faults.order(bought.intent, apply=Fault(fail=ALWAYS))
    shop.deliver(bought.intent, SUCCESS)
    dead = shop.records.pass_waits(bought.intent, SUCCESS, 6 * 3600 + 60)
    assert dead["state"] == "dead"
    shop.faults.lift(bought.intent)
    assert shop.ops("reconcile").code == 0
    shop.records.await_status(bought.intent, SUCCESS)
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


@pytest.mark.parametrize(
    ("status", "minutes"), [(NOT_REFUNDED, 10), (EXPIRED, 10), (SUCCESS, None), (REFUNDED, None)]
)
def test_the_next_check_follows_from_the_status(
    shop: Shop, status: str, minutes: int | None
) -> None:
    bought = shop.buy()
    shop.deliver(bought.intent, status)
    shop.records.await_closed(bought.intent, status)
    payment = shop.records.payment(bought.intent)
    if minutes is None:
        assert payment["next_check_at"] is None
        return
    ahead = as_time(payment["next_check_at"]) - as_time(payment["updated_at"])
    assert abs(ahead - timedelta(minutes=minutes)) < timedelta(seconds=30)


def _held(shop: Shop) -> Purchase:
    bought = shop.buy()
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_closed(bought.intent, SUCCESS)
    shop.deliver(bought.intent, REFUNDED)
    shop.records.await_closed(bought.intent, REFUNDED)
    assert shop.records.payment(bought.intent)["needs_review"]
    return bought


def test_a_review_is_listed_kept_and_gone(shop: Shop) -> None:
    bought = _held(shop)
    assert bought.intent in shop.ops("review", "list", "--json").out
    assert bought.intent in shop.ops("review", "list").out
    resolved = shop.ops("review", "resolve", bought.intent, "--keep", "--note", "as it should be")
    assert resolved.code == 0, resolved
    assert bought.intent not in shop.ops("review", "list", "--json").out
    payment = shop.records.payment(bought.intent)
    assert (payment["status"], bool(payment["needs_review"])) == (SUCCESS, False)
    assert "as it should be" in json.dumps(shop.show(bought.intent))
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


def test_a_review_resolved_as_a_status_runs_its_handler(shop: Shop) -> None:
    bought = _held(shop)
    note = ("--note", "refunded in the console")
    resolved = shop.ops("review", "resolve", bought.intent, "--as", REFUNDED, *note)
    assert resolved.code == 0, resolved
    shop.records.await_status(bought.intent, REFUNDED)
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS, REFUNDED]
    assert shop.order_page(bought.order)["status"] == "refunded"
    last = shop.records.history(bought.intent)[-1]
    assert (last["source"], last["to_status"]) == ("manual", REFUNDED)
    assert not shop.records.payment(bought.intent)["needs_review"]


def _held_for_its_amount(shop: Shop) -> Purchase:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS, fiat_amount="0.01")
    assert shop.claim(bought.intent, SUCCESS).status == 200
    shop.records.await_closed(bought.intent, SUCCESS)
    payment = shop.records.payment(bought.intent)
    assert (payment["status"], payment["review_reason"]) == (PENDING, "amount_mismatch")
    return bought


def _replayed(shop: Shop, bought: Purchase, status: str) -> dict[str, Any]:
    """The payment once KryptoGO's answer, of the right amount, was applied."""
    shop.set_truth(bought.intent, status, fiat_amount="300.0")
    assert shop.ops("replay", bought.intent).code == 0
    shop.records.await_status(bought.intent, status)
    return shop.records.payment(bought.intent)


def _resolve(shop: Shop, bought: Purchase, *verdict: str) -> Ran:
    return shop.ops("review", "resolve", bought.intent, *verdict, "--note", "looked at", "--json")


def test_a_change_that_is_applied_clears_the_review_that_it_answers(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    payment = _replayed(shop, bought, SUCCESS)
    assert (bool(payment["needs_review"]), payment["review_reason"]) == (False, None)
    assert bought.intent not in shop.ops("review", "list", "--json").out
    shop.records.await_closed(bought.intent, SUCCESS)
    before = shop.records.history(bought.intent)
    for verdict in (("--as", SUCCESS), ("--as", REFUNDED), ("--keep",)):
        ran = _resolve(shop, bought, *verdict)
        assert (ran.code, "needs no review" in ran.data["error"]) == (1, True), ran
    assert shop.records.history(bought.intent) == before
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.faults.announced(bought.intent) == [(bought.intent, SUCCESS)]


def test_a_success_that_was_held_is_not_answered_by_an_expiry(shop: Shop) -> None:
    """The money may be here all the same: only a success, or a person, answers that."""
    bought = _held_for_its_amount(shop)
    payment = _replayed(shop, bought, EXPIRED)
    assert (bool(payment["needs_review"]), payment["review_reason"]) == (True, "amount_mismatch")


def test_a_payment_that_is_settled_at_last_needs_no_review_for_having_waited(shop: Shop) -> None:
    bought = shop.buy()
    waited = {"needs_review": True, "review_reason": "unsettled_for_30_days"}
    shop.database.update(PAYMENTS, waited, payment_intent_id=bought.intent)
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_status(bought.intent, SUCCESS)
    assert not shop.records.payment(bought.intent)["needs_review"]


def test_a_second_success_stays_in_review_when_the_first_one_changes(shop: Shop) -> None:
    bought = shop.buy()
    twin = Purchase(bought.order, shop.checkout(bought.order))
    for one in (bought, twin):
        shop.deliver(one.intent, SUCCESS)
        shop.records.await_closed(one.intent, SUCCESS)
    assert shop.records.payment(twin.intent)["review_reason"] == "order_already_paid"
    shop.deliver(bought.intent, REFUNDED)
    shop.records.await_closed(bought.intent, REFUNDED)
    assert _resolve(shop, bought, "--as", REFUNDED).code == 0
    assert shop.records.payment(twin.intent)["review_reason"] == "order_already_paid"


def test_a_review_resolved_twice_runs_its_handler_once(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    assert _resolve(shop, bought, "--as", SUCCESS).code == 0
    again = _resolve(shop, bought, "--as", SUCCESS)
    assert (again.code, "needs no review" in again.data["error"]) == (1, True), again
    _ran_once(shop, bought)


def test_a_review_resolved_as_the_status_it_has_changes_nothing(shop: Shop) -> None:
    bought = _held(shop)
    before = shop.records.history(bought.intent)
    ran = _resolve(shop, bought, "--as", SUCCESS)
    assert (ran.code, "--keep" in ran.data["error"]) == (1, True), ran
    assert shop.records.payment(bought.intent)["needs_review"]
    assert shop.records.history(bought.intent) == before
    _ran_once(shop, bought)


def test_two_people_who_resolve_at_the_same_moment_run_the_handler_once(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    shop.faults.order(bought.intent, apply=Fault(sleep=3))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: _resolve(shop, bought, "--as", SUCCESS), range(2)))
    assert sorted(ran.code for ran in both) == [0, 1], both
    _ran_once(shop, bought)


def test_a_person_who_resolves_while_the_worker_applies_runs_no_second_handler(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    shop.set_truth(bought.intent, SUCCESS, fiat_amount="300.0")
    shop.faults.order(bought.intent, apply=Fault(sleep=4))
    assert shop.ops("replay", bought.intent).code == 0
    until(lambda: shop.faults.attempts(bought.intent), why="the worker's apply has begun")
    ran = _resolve(shop, bought, "--as", SUCCESS)
    assert ran.code == 1, ran
    _ran_once(shop, bought)


def _ran_once(shop: Shop, bought: Purchase) -> None:
    shop.records.await_closed(bought.intent, SUCCESS)
    assert shop.records.status(bought.intent) == SUCCESS
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.faults.announced(bought.intent) == [(bought.intent, SUCCESS)]


def test_a_review_without_a_note_or_a_verdict_is_refused(shop: Shop) -> None:
    bought = _held(shop)
    for arguments in ((), ("--keep",), ("--note", "x"), ("--as", "paid", "--note", "x")):
        ran = shop.ops("review", "resolve", bought.intent, *arguments)
        assert ran.code != 0, arguments
        assert "Traceback" not in ran.err
    assert shop.records.payment(bought.intent)["needs_review"]


def test_replay_runs_the_current_status_s_handler_again(shop: Shop) -> None:
    bought = shop.buy()
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_closed(bought.intent, SUCCESS)
    ran = shop.ops("replay", bought.intent, "--handler", "--json")
    assert (ran.code, ran.data) == (0, {"handler": bought.intent, "ran_again": SUCCESS})
    until(
        lambda: shop.records.effect_statuses(bought.intent) == [SUCCESS, SUCCESS],
        why=lambda: shop.describe(bought.intent),
    )
    assert shop.records.applied(bought.intent) == [SUCCESS]
    last = shop.records.history(bought.intent)[-1]
    assert (last["source"], last["applied_status"]) == ("manual", None)
    until(
        lambda: len(shop.faults.announced(bought.intent)) == 2,
        why=lambda: shop.describe(bought.intent),
    )


def test_replay_of_an_unknown_intent_is_an_error(shop: Shop) -> None:
    for arguments in ((), ("--handler",)):
        ran = shop.ops("replay", "nobody-registered-this", *arguments)
        assert ran.code == 1
        assert "Traceback" not in ran.err


def test_the_history_says_who_registered_and_what_was_expected(shop: Shop) -> None:
    intent = shop.simulator.create_intent()["payment_intent_id"]
    register(shop, Purchase("o-9", intent))
    (row,) = shop.records.history(intent)
    assert (row["outcome"], row["to_status"], row["applied_status"]) == (
        "registered",
        PENDING,
        None,
    )
    assert isinstance(as_json(row["detail"]), dict)
