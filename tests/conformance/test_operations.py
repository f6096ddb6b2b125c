"""The ops commands, as a person or a cron job uses them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.harness.database import as_json, as_time
from tests.conformance.harness.faults import ALWAYS, Fault
from tests.conformance.harness.records import PAYMENTS
from tests.conformance.harness.shop import Purchase
from tests.conformance.harness.waiting import until
from tests.conformance.patience import register
from tests.conformance.statuses import EXPIRED, NOT_REFUNDED, PENDING, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

DEADLINE = 1_900_000_000


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


def test_show_takes_many_ids_or_an_order(shop: Shop) -> None:
    first = shop.buy()
    second = Purchase(first.order, shop.checkout(first.order))
    other = shop.buy()
    many = shop.ops("show", other.intent, first.intent, "--json").data
    assert [one["payment"]["payment_intent_id"] for one in many] == [other.intent, first.intent]
    assert many == [shop.show(other.intent), shop.show(first.intent)]
    of_order = shop.ops("show", "--order", first.order, "--json").data
    assert [one["payment"]["payment_intent_id"] for one in of_order] == [
        first.intent,
        second.intent,
    ]
    assert {one["order"]["id"] for one in of_order} == {first.order}
    alone = shop.ops("show", "--order", other.order, "--json").data
    assert [one["payment"]["order_id"] for one in alone] == [other.order]


@pytest.mark.parametrize(
    "arguments", [("known", "nobody-registered-this"), ("--order", "nobody-ordered-this")]
)
def test_what_is_not_known_among_what_is_asked_for_is_named(
    shop: Shop, arguments: tuple[str, ...]
) -> None:
    intent = shop.buy().intent
    ran = shop.ops("show", *(arguments if arguments[0] != "known" else (intent, arguments[1])))
    assert (ran.code, ran.out) == (1, "")
    assert arguments[1] in ran.err
    as_json = shop.ops("show", arguments[0].replace("known", intent), arguments[1], "--json")
    assert (as_json.code, list(as_json.data)) == (1, ["error"])


@pytest.mark.parametrize(
    "arguments", [(), ("one", "--order", "o-1"), ("--order",)], ids=["none", "both", "empty"]
)
def test_show_of_nothing_or_of_both_is_a_wrong_usage(
    shop: Shop, arguments: tuple[str, ...]
) -> None:
    ran = shop.ops("show", *arguments)
    assert (ran.code, "Traceback" in ran.err) == (2, False)


def test_show_fits_on_a_screen(shop: Shop) -> None:
    bought = shop.buy()
    for status in (EXPIRED, NOT_REFUNDED, REFUNDED):
        shop.deliver(bought.intent, status)
        shop.records.await_closed(bought.intent, status)
    screen = shop.ops("show", bought.intent).out
    payment = shop.records.payment(bought.intent)
    for told in (bought.intent, bought.order, REFUNDED, "300 TWD", payment["refund_tx_hash"]):
        assert told in screen
    lines = screen.splitlines()
    assert len(lines) <= 24, screen
    assert max(map(len, lines)) <= 80, screen


def test_show_of_a_callback_without_a_payment_says_so(shop: Shop) -> None:
    assert shop.claim("never-registered", SUCCESS).status == 200
    assert "not registered" in shop.ops("show", "never-registered").out
    shown = shop.show("never-registered")
    assert (shown["payment"], shown["order"]) == (None, None)


def test_the_latest_payments_are_listed(shop: Shop) -> None:
    bought = [shop.buy() for _ in range(3)]
    shop.deliver(bought[1].intent, EXPIRED)
    shop.records.await_closed(bought[1].intent, EXPIRED)
    newest_first = [one.intent for one in reversed(bought)]
    listed = shop.ops("list", "--limit", "3", "--json").data["payments"]
    assert [one["payment_intent_id"] for one in listed] == newest_first
    expired = shop.ops("list", "--status", EXPIRED, "--json").data["payments"]
    assert expired[0]["payment_intent_id"] == bought[1].intent
    assert {one["status"] for one in expired} == {EXPIRED}
    text = shop.ops("list", "--limit", "2").out
    assert [intent in text for intent in newest_first] == [True, True, False]
    assert max(map(len, text.splitlines())) <= 80
    for wrong in (("--limit", "0"), ("--limit", "many"), ("--status", "paid")):
        assert shop.ops("list", *wrong).code == 2


@pytest.mark.framework("fastapi")
def test_a_command_that_only_reads_imports_no_web_framework(shop: Shop) -> None:
    bought = shop.buy()
    timed = {**shop.variables, "PYTHONPROFILEIMPORTTIME": "1"}
    for command in (["show", bought.intent], ["list"], ["review", "list"]):
        ran = shop.project.run([*shop.project.commands["ops"], *command], timed)
        assert ran.code == 0
        imported = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
        assert "sqlalchemy" in imported
        assert not imported & {"fastapi", "starlette", "uvicorn", "pydantic", "httpx"}


def test_the_worker_tells_what_became_of_each_callback(world: World) -> None:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        paid, lagging, failing = shop.buy(), shop.buy(), shop.buy()
        shop.deliver(paid.intent, SUCCESS)
        assert shop.claim(lagging.intent, SUCCESS).status == 200
        shop.faults.order(failing.intent, apply=Fault(fail=2))
        shop.deliver(failing.intent, EXPIRED)
        once = shop.ops("work", "--once", "--json")
        assert once.code == 0
        _assert_told(once.err, paid.intent, "success", "done, applied")
        _assert_told(once.err, lagging.intent, "success", "asked again at")
        _assert_told(once.err, failing.intent, "expired", "tried again at", "ordered to fail")
        assert once.err.count("Traceback") == 1
        worker = shop.start_worker()
        shop.records.await_closed(failing.intent, EXPIRED, within=40)
        assert worker.stop() == 0
        told = worker.log.read_text()
        _assert_told(told, failing.intent, "expired", "tried again at", "ordered to fail")
        _assert_told(told, failing.intent, "expired", "done, applied")
        assert "Traceback" not in told


def _assert_told(log: str, *parts: str) -> None:
    lines = [line for line in log.splitlines() if all(part in line for part in parts)]
    assert len(lines) == 1, (parts, log)


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
    text = shop.ops("review", "list").out
    assert bought.intent in text
    for told in ("money went back", "--keep", "the order stays paid", "--as", "handler runs"):
        assert told in text
        assert told in shop.ops("show", bought.intent).out
    assert max(map(len, text.splitlines())) <= 80
    (listed,) = [
        one
        for one in shop.ops("review", "list", "--json").data["payments"]
        if one["payment_intent_id"] == bought.intent
    ]
    assert set(listed["explanation"]) == {"happened", "keep", "adopt"}
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
