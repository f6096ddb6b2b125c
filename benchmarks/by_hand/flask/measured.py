"""The shop, and beside it a route that does one INSERT in `db.session`."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app import create_app
from app.db import Base, db
from flask import request
from sqlalchemy import JSON, DateTime, String, insert
from sqlalchemy.orm import Mapped, mapped_column

app = create_app()


class Bare(Base):
    """What was received."""

    __tablename__ = "bare"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    payment_intent_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


INSERT = insert(Bare.__table__)


@app.post("/bare")
def store() -> dict[str, bool]:
    """Store it."""
    payload = request.get_json(force=True)
    row = {
        "id": uuid4().hex,
        "payment_intent_id": payload["payment_intent_id"],
        "status": payload["status"],
        "payload": payload,
        "received_at": datetime.now(UTC),
    }
    db.session.execute(INSERT, row)
    db.session.commit()
    return {"received": True}
