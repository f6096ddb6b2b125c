# kgscaffold:id=project/migrations-env
"""How Alembic reaches the database. The URL is the application's own."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from app import db, orders
from app.kryptogo.core import tables

TABLES = (orders.orders, tables.payments, tables.callbacks, tables.history)


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def migrate_online() -> None:
    # Not the application's engine, which bounds each statement: an index may take minutes.
    engine = create_async_engine(db.database_url(), hide_parameters=True)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(migrate_online())
