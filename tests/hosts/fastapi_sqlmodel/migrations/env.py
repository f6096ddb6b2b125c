from alembic import context
from sqlmodel import SQLModel

from app import models
from app.db import engine

MODELS = (models.Order, models.Line)

with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()
