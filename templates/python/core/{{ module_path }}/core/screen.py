# kgscaffold:id=core/screen
"""What the commands print for people; programs take --json."""

from collections.abc import Iterable
from datetime import datetime
from textwrap import wrap
from typing import Any

from .model import Callback, Payment, State
from .rules import WAITING

WIDTH = 80
LATEST = 8
"""So many entries of the history fit on a screen."""
REASONS = {
    "intent_id_mismatch": "KryptoGO answered about another intent.",
    "client_id_mismatch": "The intent belongs to another client id.",
    "environment_mismatch": "It was registered in another environment (test or production).",
    "unverifiable": "KryptoGO's answer has no amount, or no currency.",
    "amount_mismatch": "The intent's amount is not the order's.",
    "currency_mismatch": "The intent's currency is not the order's.",
    "order_id_mismatch": "The intent names another order.",
    "received_below_due": "KryptoGO says success, yet less was received than was due.",
    "unknown_api_status": "KryptoGO gave a status that is not known here.",
    "unsettled_for_30_days": "It came to no end in 30 days, and is not asked about any more.",
    "applied_before": "KryptoGO is back at a status whose handler has run already.",
    "order_already_paid": "It succeeded, but another payment of the order had: it is paid twice.",
    "expired_after_success": "It succeeded, and now KryptoGO says expired.",
    "insufficient_not_refunded_after_success": "It succeeded; now KryptoGO says: paid too little.",
    "insufficient_refunded_after_success": "It succeeded; now KryptoGO says: the money went back.",
    "success_after_insufficient_refunded": "It was refunded, and now KryptoGO says success.",
}
"""Why a payment waits for a person: what happened."""


def explain(reason: str | None) -> dict[str, str]:
    """What happened, and what `review resolve ID` would do with `--keep`, and with `--as STATUS`.

    A reason that another version gave is in no table.
    """
    reason = reason or ""
    happened = REASONS.get(reason, f"{reason}: see the history.")
    keep = "payment and order stay as they are; money that came is yours to give back"
    adopt = "you answer for it; with success the order is shipped"
    if reason == "order_already_paid":
        keep = "the payment stays as it is: give its money back"
        adopt = "with success, nothing is shipped a second time"
    elif reason.endswith("_after_success"):
        keep = "the order stays paid, whatever KryptoGO says"
        adopt = "the order is paid no longer"
    runs = "it becomes STATUS, and that handler runs"
    return {"happened": happened, "keep": keep, "adopt": f"{runs}: {adopt}"}


def whole(
    payment: Payment | None,
    callbacks: list[Callback],
    history: list[dict[str, Any]],
    order: dict[str, Any] | None,
) -> str:
    """One screen about all that is known of an intent."""
    if payment:
        lines = _payment(payment, order)
    else:
        lines = _row("payment", f"{callbacks[0].payment_intent_id}, not registered here")
    for callback in callbacks:
        lines += _row("callback", _callback(callback))
    if len(history) > LATEST:
        lines += _row("history", f"{len(history) - LATEST} earlier entries: see --json")
    for entry in history[-LATEST:]:
        status = entry["to_status"] or entry["from_status"] or ""
        why = entry["detail"].get("reason") or entry["detail"].get("note") or ""
        told = f"{entry['outcome']} {status} ({entry['source']}) {why}"
        lines += _row("history", f"{_time(entry['created_at'])}  {told}")
    return "\n".join(lines)


def brief(payments: Iterable[Payment]) -> str:
    """Two lines for each payment."""
    lines = []
    for payment in payments:
        review = ", needs review" if payment.needs_review else ""
        lines.append(f"{payment.payment_intent_id}  {payment.status}  {_amount(payment)}")
        lines.append(f"  order {payment.order_id}, {_time(payment.created_at)}{review}")
    return "\n".join(lines) or "no payments"


def reviews(payments: Iterable[Payment]) -> str:
    """Each payment that waits for a person, and what can be done."""
    parts = []
    for payment in payments:
        lines = _row("payment", f"{payment.payment_intent_id} ({payment.status})")
        lines += _row("order", payment.order_id)
        parts.append("\n".join(lines + _review(payment)))
    return "\n\n".join(parts) or "no payment waits for a person"


def _payment(payment: Payment, order: dict[str, Any] | None) -> list[str]:
    rows = {
        "payment": payment.payment_intent_id,
        "status": f"{payment.status} ({payment.environment})",
        "order": f"{payment.order_id} ({order.get('status') if order else 'not found'})",
        "amount": _amount(payment),
        "due": payment.crypto_amount,
        "received": payment.received_crypto_amount,
        "refunded": payment.refund_amount,
        "paid in": payment.payment_tx_hash,
        "refunded in": payment.refund_tx_hash,
        "deadline": _time(payment.payment_deadline),
        "checked": f"{_time(payment.last_verified_at)}, next {_time(payment.next_check_at)}",
    }
    lines = [line for label, text in rows.items() if text for line in _row(label, text)]
    return lines + (_review(payment) if payment.needs_review else [])


def _review(payment: Payment) -> list[str]:
    told = explain(payment.review_reason)
    lines = _row("review", f"{payment.review_reason}: {told['happened']}")
    return lines + _row("  --keep", told["keep"]) + _row("  --as", told["adopt"])


def _callback(callback: Callback) -> str:
    parts = [f"{callback.status}: {callback.state}"]
    if callback.outcome:
        parts.append(callback.outcome)
    parts.append(f"received {callback.deliveries} x, last {_time(callback.last_received_at)}")
    if callback.state in WAITING:
        parts.append(f"next try {_time(callback.next_attempt_at)}")
    if callback.last_error and callback.state in (*WAITING, State.DEAD):
        parts.append(callback.last_error)
    return ", ".join(parts)


def _amount(payment: Payment) -> str:
    symbol = f", paid in {payment.symbol}" if payment.symbol else ""
    return f"{payment.expected_fiat_amount} {payment.fiat_currency}{symbol}"


def _row(label: str, text: str) -> list[str]:
    """`text` beside its label, within the width; no control character reaches the terminal."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    lines = wrap(printable, WIDTH - 12, break_on_hyphens=False)
    return [f"{label if not number else '':12}{line}" for number, line in enumerate(lines)]


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
