from decimal import Decimal
from enum import Enum
from typing import Literal
from uuid import UUID, uuid4

from sqlmodel import Field, Relationship, SQLModel


class OrderStatus(Enum):
    NEW = "new"
    PAID = "paid"
    EXPIRED = "expired"
    UNDERPAID = "underpaid"
    REFUNDED = "refunded"


class Order(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    status: OrderStatus = OrderStatus.NEW
    currency: str = Field(max_length=3)
    lines: list["Line"] = Relationship(back_populates="order")

    @property
    def total(self) -> Decimal:
        return sum((line.price for line in self.lines), Decimal(0))


class Line(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    order_id: UUID = Field(foreign_key="order.id")
    what: str
    price: Decimal = Field(max_digits=20, decimal_places=4)
    order: Order = Relationship(back_populates="lines")


class NewOrder(SQLModel):
    amount: Decimal = Field(ge=0.01, max_digits=20, decimal_places=4)
    currency: Literal["TWD", "USD"]
    what: str = "a pot of tea"
