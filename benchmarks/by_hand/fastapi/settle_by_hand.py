"""Settles callbacks: eight at once, each in one locked transaction."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import httpx
import sqlalchemy as sa
from app.db import engine, sessions
from app.kryptogo.core.tables import callbacks, history, payments
from app.orders import update_order
from sqlalchemy.ext.asyncio import AsyncSession

PAYMENT = payments.c.payment_intent_id == sa.bindparam("intent")
UPDATE = sa.update(payments).where(PAYMENT)
LOCK = UPDATE.returning(*payments.c)
LOCK_ON_MYSQL = sa.select(payments).where(PAYMENT).with_for_update()
DONE = sa.update(callbacks).where(callbacks.c.payment_intent_id == sa.bindparam("intent"))
INSERT = sa.insert(history)
URL = os.environ["KRYPTOGO_API_BASE_URL"] + "/v1/studio/api/payment/intent/"


async def lock(tx: AsyncSession, intent: str, at: datetime) -> sa.Row:
    """The payment, locked by the one statement that the database has for it."""
    if engine.dialect.update_returning:
        return (await tx.execute(LOCK, {"intent": intent, "updated_at": at})).one()
    return (await tx.execute(LOCK_ON_MYSQL, {"intent": intent})).one()


async def settle(http: httpx.AsyncClient, intent: str) -> None:
    """Ask KryptoGO, and write down its answer."""
    answer = (await http.get(URL + intent)).json()["data"]
    at = datetime.now(UTC)
    async with sessions.begin() as tx:
        payment = await lock(tx, intent, at)
        due = Decimal(payment.expected_fiat_amount)
        if payment.status != "pending" or Decimal(answer["fiat_amount"]) != due:
            raise RuntimeError(intent)
        values = {"status": "success", "payment_tx_hash": answer["payment_tx_hash"]}
        await tx.execute(UPDATE, {"intent": intent, **values})
        entry = {"id": uuid4().hex, "payment_intent_id": intent, "applied_status": "success"}
        entry |= {"outcome": "applied", "source": "callback", "detail": answer, "created_at": at}
        await tx.execute(INSERT, entry)
        await update_order(tx, payment.order_id, status="paid", payment_tx_hash="0x")
        await tx.execute(DONE, {"intent": intent, "state": "done", "processed_at": at})


async def main() -> None:
    """Settle all."""
    waiting = iter(f"{sys.argv[1]}{number + 1}" for number in range(int(sys.argv[2])))

    async def work(http: httpx.AsyncClient) -> None:
        for intent in waiting:
            await settle(http, intent)

    async with httpx.AsyncClient() as http:
        await asyncio.gather(*(work(http) for _ in range(8)))
    await engine.dispose()


asyncio.run(main())
