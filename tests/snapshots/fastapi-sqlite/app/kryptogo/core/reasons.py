# kgscaffold:id=core/reasons
"""Why a payment waits for a person: what happened, and what each answer to it would do."""

from typing import NamedTuple

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


class Reason(NamedTuple):
    happened: str
    keep: str
    """What `review resolve ID --keep` would do."""
    adopt: str
    """What `review resolve ID --as STATUS` would do."""


def explain(reason: str) -> Reason:
    """What to know about a reason; one that another version gave is in no table."""
    happened = REASONS.get(reason, f"{reason}: see the history.")
    runs = "it becomes STATUS, and that handler runs"
    if reason == "order_already_paid":
        keep = "the payment stays as it is: give its money back"
        return Reason(happened, keep, f"{runs}; with success, nothing is shipped a second time")
    if reason.endswith("_after_success"):
        keep = "the order stays paid, whatever KryptoGO says"
        return Reason(happened, keep, f"{runs}: the order is paid no longer")
    keep = "payment and order stay as they are; money that came is yours to give back"
    return Reason(happened, keep, f"{runs}: you answer for it; with success the order is shipped")
