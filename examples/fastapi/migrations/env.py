# kgscaffold:id=project/migrations-env
"""How Alembic reaches the database. The URL is the application's own."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from app import db, orders
from app.kryptogo.core import tables

TABLES = (orders.orders, tables.payments, tables.callbacks, tables.history)


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def migrate_online() -> None:
    async with db.engine.connect() as connection:
        await connection.run_sync(migrate)
    await db.engine.dispose()


asyncio.run(migrate_online())
