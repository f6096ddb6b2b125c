# kgscaffold:id=app/shop
"""The pages of the shop: order, check out, see how far the payment is."""

import logging
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from app import orders
from app.kryptogo import (
    PaymentUnderWay,
    ProviderError,
    create_intent,
    payments_for_order,
)

CURRENCIES = ("TWD", "USD")
SMALLEST, LARGEST = Decimal("0.01"), Decimal(10) ** 16
log = logging.getLogger(__name__)
blueprint = Blueprint("shop", __name__)


@blueprint.errorhandler(HTTPException)
def tell(error: HTTPException) -> Response:
    """An error as JSON."""
    return make_response(jsonify(detail=error.description), error.code)


@blueprint.post("/orders")
def create_order() -> Response:
    """A new order. A real shop sums up the prices of its goods here."""
    new = request.get_json(force=True)
    if not isinstance(new, dict):
        abort(422, "the body must be a JSON object")
    amount, currency = new.get("amount"), new.get("currency")
    if currency not in CURRENCIES:
        abort(422, f"currency must be one of {', '.join(CURRENCIES)}")
    return make_response(jsonify(id=orders.create_order(_amount(amount), currency)), 201)


@blueprint.post("/orders/<order_id>/checkout")
def check_out(order_id: str) -> Response:
    """What the customer needs to pay. The amount is the order's, never the browser's."""
    order = _order(order_id)
    if order["status"] == "paid":
        abort(409, "the order is paid")
    try:
        intent = create_intent(order["id"], order["amount"], order["currency"])
    except PaymentUnderWay as error:
        log.info("order %s is not checked out again: %s", order_id, error)
        abort(409, "a payment of this order is being confirmed")
    except ProviderError as error:
        log.warning("order %s cannot be checked out: %s", order_id, error)
        abort(502, "the payment provider does not answer, try again")
    return jsonify(
        payment_intent_id=intent.payment_intent_id,
        payment_address=intent.payment_address,
        payment_chain_id=intent.payment_chain_id,
        crypto_amount=intent.crypto_amount,
        symbol=intent.symbol,
        payment_deadline=intent.payment_deadline,
    )


@blueprint.get("/orders/<order_id>")
def show_order(order_id: str) -> Response:
    """The order and its payments."""
    order = _order(order_id)
    payments = [
        {
            "payment_intent_id": payment.payment_intent_id,
            "status": payment.status,
            "payment_tx_hash": payment.payment_tx_hash,
            "payment_deadline": payment.payment_deadline.isoformat(),
            "needs_review": payment.needs_review,
        }
        for payment in payments_for_order(order["id"])
    ]
    return jsonify({**order, "created_at": order["created_at"].isoformat(), "payments": payments})


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether the process answers."""
    return jsonify(status="ok")


def _order(order_id: str) -> dict[str, Any]:
    """The order in the path, or 404."""
    order = orders.find_order(order_id) if order_id.isalnum() else None
    if order is None:
        abort(404, "no such order")
    return order


def _amount(given: object) -> str:
    """An amount in plain digits, or 422."""
    with suppress(InvalidOperation):
        amount = Decimal(str(given))
        if SMALLEST <= amount < LARGEST and amount == round(amount, 4):
            return f"{amount:f}"
    abort(422, f"amount must be a number of at least {SMALLEST}, with at most 4 decimals")
