import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException

from app.db import SessionDep, engine
from app.models import Line, NewOrder, Order

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    log.info("the tea house opens")
    yield
    engine.dispose()


app = FastAPI(title="Tea house", lifespan=lifespan)


def get_order(order_id: str, session: SessionDep) -> Order:
    try:
        order = session.get(Order, UUID(order_id))
    except ValueError:
        order = None
    if order is None:
        raise HTTPException(404, "no such order")
    return order


OrderDep = Annotated[Order, Depends(get_order)]


@app.post("/orders", status_code=201)
def place_order(new: NewOrder, session: SessionDep) -> dict[str, str]:
    order = Order(currency=new.currency)
    order.lines = [Line(order_id=order.id, what=new.what, price=new.amount)]
    session.add(order)
    session.commit()
    return {"id": str(order.id)}


@app.get("/orders/{order_id}")
def show_order(order: OrderDep) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "status": order.status.value,
        "amount": f"{order.total:f}",
        "currency": order.currency,
    }


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
