# kgscaffold:id=project/migrations-env
"""How Flask-Migrate reaches the database. The URL is the application's own."""

from alembic import context
from sqlalchemy import create_engine

from app.db import db, refuse_wrong_url

refuse_wrong_url()
# Not the application's engine, which bounds each statement: an index may take minutes.
engine = create_engine(db.engine.url, hide_parameters=True)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
