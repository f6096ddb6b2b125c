# kgscaffold:id=core/sessions
"""`db.session`, as the payments use it: in an app context of its own for each transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session


class Sessions:
    """Makes sessions. Inside each, `db.session` is that session, and nobody else's."""

    def __init__(self, db: SQLAlchemy) -> None:
        self._db = db

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        """A session; its end gives the connection back."""
        with current_app.app_context():
            yield self._db.session()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in a transaction, which is committed at the end."""
        with self() as session, session.begin():
            yield session

    def forget_connections(self) -> None:
        """Close the connections of the pool. The next transaction makes new ones."""
        self._db.engine.dispose()
