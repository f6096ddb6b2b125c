# kgscaffold:id=core/screen
"""What the commands print for people; programs take --json."""

from datetime import datetime
from textwrap import wrap
from typing import Any

from .model import State
from .schedule import WAITING

Row = tuple[str, str | None]
"""A label, and what is told beside it; nothing where that is not known."""
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
    happened = REASONS.get(reason or "", f"{reason}: see the history.")
    keep = "payment and order stay as they are; money that came is yours to give back"
    adopt = "you answer for it; with success the order is shipped"
    if reason == "order_already_paid":
        keep = "the payment stays as it is: give its money back"
        adopt = "with success, nothing is shipped a second time"
    elif (reason or "").endswith("_after_success"):
        keep = "the order stays paid, whatever KryptoGO says"
        adopt = "the order is paid no longer"
    adopt = f"it becomes STATUS, and that handler runs: {adopt}"
    return {"happened": happened, "keep": keep, "adopt": adopt}


def text(data: Any) -> str:
    """What a command has to say, for people."""
    if isinstance(data, list):
        return "\n\n".join(map(text, data))
    if "callbacks" in data:
        return _whole(data)
    if "payments" in data:
        return "\n".join(map(_brief, data["payments"])) or "no payments"
    return ", ".join(f"{name}: {value}" for name, value in data.items())


def _brief(payment: dict[str, Any]) -> str:
    """Two lines about a payment, and what a person may do about it."""
    price = f"{payment['expected_fiat_amount']} {payment['fiat_currency']}"
    told = f"{payment['payment_intent_id']}  {payment['status']}  {price}\n"
    told += f"  order {payment['order_id']}, {_time(payment['created_at'])}"
    review = _table(_review(payment))
    return f"{told}\n{review}" if review else told


def _whole(shown: dict[str, Any]) -> str:
    """One screen about all that is known of an intent."""
    payment, history = shown["payment"], shown["history"]
    if payment:
        rows = _payment(payment, shown["order"]) + _review(payment)
    else:
        rows = [("payment", f"{shown['callbacks'][0]['payment_intent_id']}, not registered")]
    rows += [("callback", _callback(callback)) for callback in shown["callbacks"]]
    if len(history) > LATEST:
        rows.append(("history", f"{len(history) - LATEST} earlier entries: see --json"))
    for entry in history[-LATEST:]:
        status = entry["to_status"] or entry["from_status"] or ""
        why = entry["detail"].get("reason") or entry["detail"].get("note") or ""
        told = f"{entry['outcome']} {status} ({entry['source']}) {why}"
        rows.append(("history", f"{_time(entry['created_at'])}  {told}"))
    return _table(rows)


def _payment(payment: dict[str, Any], order: dict[str, Any] | None) -> list[Row]:
    order_status = order.get("status") if order else "not found"
    checked, again = _time(payment["last_verified_at"]), _time(payment["next_check_at"])
    symbol = f", paid in {payment['symbol']}" if payment["symbol"] else ""
    return [
        ("payment", payment["payment_intent_id"]),
        ("status", f"{payment['status']} ({payment['environment']})"),
        ("order", f"{payment['order_id']} ({order_status})"),
        ("amount", f"{payment['expected_fiat_amount']} {payment['fiat_currency']}{symbol}"),
        ("due", payment["crypto_amount"]),
        ("received", payment["received_crypto_amount"]),
        ("refunded", payment["refund_amount"]),
        ("paid in", payment["payment_tx_hash"]),
        ("refunded in", payment["refund_tx_hash"]),
        ("deadline", _time(payment["payment_deadline"])),
        ("checked", f"{checked}, next {again}"),
    ]


def _review(payment: dict[str, Any]) -> list[Row]:
    if not payment["needs_review"]:
        return []
    told = explain(payment["review_reason"])
    reason = f"{payment['review_reason']}: {told['happened']}"
    return [("review", reason), ("  --keep", told["keep"]), ("  --as", told["adopt"])]


def _callback(row: dict[str, Any]) -> str:
    told = f"{row['status']}: {row['state']}"
    if row["outcome"]:
        told += f", {row['outcome']}"
    told += f", received {row['deliveries']} x, last {_time(row['last_received_at'])}"
    if row["state"] in WAITING:
        told += f", next try {_time(row['next_attempt_at'])}"
    if row["last_error"] and row["state"] in (*WAITING, State.DEAD):
        told += f", {row['last_error']}"
    return told


def _table(rows: list[Row]) -> str:
    """What is told, beside its label, within the width; no control character of it is printed."""
    lines = []
    for label, told in rows:
        printable = "".join(one if one.isprintable() else " " for one in told or "")
        for line in wrap(printable, WIDTH - 12, break_on_hyphens=False):
            lines.append(f"{label:12}{line}")
            label = ""
    return "\n".join(lines)


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
