# kgscaffold:id=core/screen
"""What the commands print for people; programs take --json."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap
from typing import Any

from .model import Payment
from .reasons import explain

WIDTH = 80
LATEST = 8
"""So many entries of the history fit on a screen."""


@dataclass(frozen=True)
class Shown:
    """All that is known of an intent."""

    payment: Payment | None
    callbacks: list[dict[str, Any]]
    history: list[dict[str, Any]]
    order: dict[str, Any] | None


def whole(shown: Shown) -> str:
    """One screen about a payment."""
    if shown.payment:
        lines = _payment(shown.payment, shown.order)
    else:
        lines = _row("payment", f"{shown.callbacks[0]['payment_intent_id']}, not registered here")
    for callback in shown.callbacks:
        lines += _row("callback", _callback(callback))
    if len(shown.history) > LATEST:
        lines += _row("history", f"{len(shown.history) - LATEST} earlier entries: see --json")
    for entry in shown.history[-LATEST:]:
        lines += _row("history", _entry(entry))
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
    reason = payment.review_reason or ""
    happened, keep, adopt = explain(reason)
    review = _row("review", f"{reason}: {happened}")
    return [*review, *_row("  --keep", keep), *_row("  --as", adopt)]


def _callback(row: dict[str, Any]) -> str:
    delivered = f"received {row['deliveries']} x, last {_time(row['last_received_at'])}"
    waits = row["state"] in ("pending", "applied")
    again = f"next try {_time(row['next_attempt_at'])}" if waits else None
    failed = row["last_error"] if waits or row["state"] == "dead" else None
    parts = (f"{row['status']}: {row['state']}", row["outcome"], delivered, again, failed)
    return ", ".join(part for part in parts if part)


def _entry(row: dict[str, Any]) -> str:
    status, detail = row["to_status"] or row["from_status"] or "", row["detail"] or {}
    why = detail.get("reason") or detail.get("note") or ""
    return f"{_time(row['created_at'])}  {row['outcome']} {status} ({row['source']}) {why}"


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
