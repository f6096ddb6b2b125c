"""Settles callbacks: eight threads, each callback in one locked transaction."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import httpx
import sqlalchemy as sa
from app import create_app
from app.db import db
from app.kryptogo.core.tables import callbacks, history, payments
from app.orders import update_order
from sqlalchemy.orm import Session

PAYMENT = payments.c.payment_intent_id == sa.bindparam("intent")
UPDATE = sa.update(payments).where(PAYMENT)
LOCK = UPDATE.returning(*payments.c)
LOCK_ON_MYSQL = sa.select(payments).where(PAYMENT).with_for_update()
DONE = sa.update(callbacks).where(callbacks.c.payment_intent_id == sa.bindparam("intent"))
INSERT = sa.insert(history)
URL = os.environ["KRYPTOGO_API_BASE_URL"] + "/v1/studio/api/payment/intent/"

app = create_app()
http = httpx.Client()


def lock(tx: Session, intent: str, at: datetime) -> sa.Row:
    """The payment, locked by the one statement that the database has for it."""
    connection = tx.connection()
    if connection.dialect.update_returning:
        return connection.execute(LOCK, {"intent": intent, "updated_at": at}).one()
    return connection.execute(LOCK_ON_MYSQL, {"intent": intent}).one()


def settle(intent: str) -> None:
    """Ask KryptoGO, and write down its answer."""
    answer = http.get(URL + intent).json()["data"]
    at = datetime.now(UTC)
    with app.app_context(), db.session.begin():
        tx = db.session()
        payment = lock(tx, intent, at)
        due = Decimal(payment.expected_fiat_amount)
        if payment.status != "pending" or Decimal(answer["fiat_amount"]) != due:
            raise RuntimeError(intent)
        connection = tx.connection()
        values = {"status": "success", "payment_tx_hash": answer["payment_tx_hash"]}
        connection.execute(UPDATE, {"intent": intent, **values})
        entry = {"id": uuid4().hex, "payment_intent_id": intent, "applied_status": "success"}
        entry |= {"outcome": "applied", "source": "callback", "detail": answer, "created_at": at}
        connection.execute(INSERT, entry)
        update_order(tx, payment.order_id, status="paid", payment_tx_hash="0x")
        connection.execute(DONE, {"intent": intent, "state": "done", "processed_at": at})


intents = [f"{sys.argv[1]}{number + 1}" for number in range(int(sys.argv[2]))]
with ThreadPoolExecutor(8) as threads:
    list(threads.map(settle, intents))
