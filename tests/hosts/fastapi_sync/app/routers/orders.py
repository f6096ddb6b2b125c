from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from app.database import Db
from app.models import Order

router = APIRouter(prefix="/orders")


class NewOrder(BaseModel):
    amount: Annotated[Decimal, Field(ge=Decimal("0.01"), max_digits=20, decimal_places=4)]
    currency: Literal["TWD", "USD"]


def get_order(order_id: str, db: Db) -> Order:
    number = int(order_id) if order_id.isdecimal() and len(order_id) < 10 else 0
    order = db.get(Order, number)
    if order is None:
        raise HTTPException(404, "no such order")
    return order


Existing = Annotated[Order, Depends(get_order)]


@router.post("", status_code=201)
def place_order(new: NewOrder, db: Db) -> dict[str, str]:
    order = Order(total=new.amount, currency=new.currency)
    db.add(order)
    db.commit()
    return {"id": str(order.id)}


@router.get("/{order_id}")
def show_order(order: Existing) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "status": order.status,
        "amount": f"{order.total:f}",
        "currency": order.currency,
    }
