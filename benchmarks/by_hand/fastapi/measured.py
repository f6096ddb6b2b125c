"""The shop, and beside it a route that does one INSERT in a session of the same engine."""

import os
from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
import uvicorn
from app.db import metadata, sessions
from app.main import app
from fastapi import Request
from fastapi.responses import JSONResponse

bare = sa.Table(
    "bare",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("payment_intent_id", sa.String(64), nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
)
INSERT = sa.insert(bare)


@app.post("/bare")
async def insert(request: Request) -> JSONResponse:
    """Store it."""
    payload = await request.json()
    row = {
        "id": uuid4().hex,
        "payment_intent_id": payload["payment_intent_id"],
        "status": payload["status"],
        "payload": payload,
        "received_at": datetime.now(UTC),
    }
    async with sessions.begin() as tx:
        await tx.execute(INSERT, row)
    return JSONResponse({"received": True})


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False)
