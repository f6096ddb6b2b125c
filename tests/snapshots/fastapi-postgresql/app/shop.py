# kgscaffold:id=app/shop
"""The pages of the shop: order, check out, see how far the payment is."""

import logging
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from app import orders
from app.kryptogo import (
    PaymentUnderWay,
    ProviderError,
    create_intent,
    payments_for_order,
)

log = logging.getLogger(__name__)


class ShopRoute(APIRoute):
    """A route whose 422 names the fields without their values: JSON cannot hold every one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                faults = [{"loc": fault["loc"], "msg": fault["msg"]} for fault in error.errors()]
                raise HTTPException(422, faults) from None

        return checked


router = APIRouter(route_class=ShopRoute)
Amount = Annotated[Decimal, Field(ge=Decimal("0.01"), max_digits=20, decimal_places=4)]


class NewOrder(BaseModel):
    amount: Amount
    currency: Literal["TWD", "USD"]


async def existing_order(order_id: str) -> dict[str, Any]:
    """The order in the path. Raises HTTPException (404) where there is none."""
    order = await orders.find_order(order_id) if order_id.isalnum() else None
    if order is None:
        raise HTTPException(404, "no such order")
    return order


Order = Annotated[dict[str, Any], Depends(existing_order)]


@router.post("/orders", status_code=201)
async def create_order(new: NewOrder) -> dict[str, str]:
    """A new order. A real shop sums up the prices of its goods here."""
    return {"id": await orders.create_order(f"{new.amount:f}", new.currency)}


@router.post("/orders/{order_id}/checkout")
async def check_out(order: Order) -> dict[str, Any]:
    """What the customer needs to pay. The amount is the order's, never the browser's."""
    if order["status"] == "paid":
        raise HTTPException(409, "the order is paid")
    try:
        intent = await create_intent(order["id"], order["amount"], order["currency"])
    except PaymentUnderWay as error:
        log.info("order %s is not checked out again: %s", order["id"], error)
        raise HTTPException(409, "a payment of this order is being confirmed") from error
    except ProviderError as error:
        log.warning("order %s cannot be checked out: %s", order["id"], error)
        raise HTTPException(502, "the payment provider does not answer, try again") from error
    return {
        "payment_intent_id": intent.payment_intent_id,
        "payment_address": intent.payment_address,
        "payment_chain_id": intent.payment_chain_id,
        "crypto_amount": intent.crypto_amount,
        "symbol": intent.symbol,
        "payment_deadline": intent.payment_deadline,
    }


@router.get("/orders/{order_id}")
async def show_order(order: Order) -> dict[str, Any]:
    """The order and its payments."""
    shown = ("payment_intent_id", "status", "payment_tx_hash", "payment_deadline", "needs_review")
    payments = await payments_for_order(order["id"])
    return {**order, "payments": [{name: getattr(p, name) for name in shown} for p in payments]}


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}
