# kgscaffold:id=core/screen
"""What the commands print for people; programs take --json."""

from datetime import datetime
from textwrap import wrap
from typing import Any

from .model import State
from .schedule import WAITING

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


def text(data: Any) -> str:
    """What a command has to say, for people."""
    if isinstance(data, list):
        return "\n\n".join(map(text, data))
    if "callbacks" in data:
        return "\n".join(_whole(data))
    if "payments" in data:
        return "\n".join(map(_brief, data["payments"])) or "no payments"
    return ", ".join(f"{name}: {value}" for name, value in data.items())


def _brief(payment: dict[str, Any]) -> str:
    """Two lines about a payment, and what a person may do about it."""
    intent, order = payment["payment_intent_id"], payment["order_id"]
    price = f"{payment['expected_fiat_amount']} {payment['fiat_currency']}"
    lines = [
        f"{intent}  {payment['status']}  {price}",
        f"  order {order}, {_time(payment['created_at'])}",
    ]
    return "\n".join(lines + _review(payment))


def _whole(shown: dict[str, Any]) -> list[str]:
    """One screen about all that is known of an intent."""
    payment, history = shown["payment"], shown["history"]
    if payment:
        lines = _payment(payment, shown["order"])
    else:
        lines = _row("payment", f"{shown['callbacks'][0]['payment_intent_id']}, not registered")
    for callback in shown["callbacks"]:
        lines += _row("callback", _callback(callback))
    if len(history) > LATEST:
        lines += _row("history", f"{len(history) - LATEST} earlier entries: see --json")
    for entry in history[-LATEST:]:
        status = entry["to_status"] or entry["from_status"] or ""
        why = entry["detail"].get("reason") or entry["detail"].get("note") or ""
        told = f"{entry['outcome']} {status} ({entry['source']}) {why}"
        lines += _row("history", f"{_time(entry['created_at'])}  {told}")
    return lines


def _payment(payment: dict[str, Any], order: dict[str, Any] | None) -> list[str]:
    order_status = order.get("status") if order else "not found"
    checked = f"{_time(payment['last_verified_at'])}, next {_time(payment['next_check_at'])}"
    rows = {
        "payment": payment["payment_intent_id"],
        "status": f"{payment['status']} ({payment['environment']})",
        "order": f"{payment['order_id']} ({order_status})",
        "amount": _amount(payment),
        "due": payment["crypto_amount"],
        "received": payment["received_crypto_amount"],
        "refunded": payment["refund_amount"],
        "paid in": payment["payment_tx_hash"],
        "refunded in": payment["refund_tx_hash"],
        "deadline": _time(payment["payment_deadline"]),
        "checked": checked,
    }
    lines = [line for label, told in rows.items() if told for line in _row(label, told)]
    return lines + _review(payment)


def _review(payment: dict[str, Any]) -> list[str]:
    if not payment["needs_review"]:
        return []
    told = explain(payment["review_reason"])
    lines = _row("review", f"{payment['review_reason']}: {told['happened']}")
    return lines + _row("  --keep", told["keep"]) + _row("  --as", told["adopt"])


def _callback(row: dict[str, Any]) -> str:
    waits = row["state"] in WAITING
    parts = [
        f"{row['status']}: {row['state']}",
        row["outcome"],
        f"received {row['deliveries']} x, last {_time(row['last_received_at'])}",
        f"next try {_time(row['next_attempt_at'])}" if waits else None,
        row["last_error"] if waits or row["state"] == State.DEAD else None,
    ]
    return ", ".join(part for part in parts if part)


def _amount(payment: dict[str, Any]) -> str:
    symbol = f", paid in {payment['symbol']}" if payment["symbol"] else ""
    return f"{payment['expected_fiat_amount']} {payment['fiat_currency']}{symbol}"


def _row(label: str, told: str) -> list[str]:
    """`told` beside its label, within the width; no control character reaches the terminal."""
    printable = "".join(one if one.isprintable() else " " for one in told)
    lines = wrap(printable, WIDTH - 12, break_on_hyphens=False)
    return [f"{label if not number else '':12}{line}" for number, line in enumerate(lines)]


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
