# kgscaffold:id=app/db
"""The database of the shop."""

import os
from contextlib import suppress

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase

from app.engine import OPTIONS, SCHEMES, configure

DEFAULT_URL = "sqlite:///shop.db"
DRIVER = "sqlite"
GIVEN_URL = os.environ.get("DATABASE_URL") or DEFAULT_URL


class Base(DeclarativeBase):
    """What models are made of: `db.Model` with the types that mypy can follow."""


db = SQLAlchemy(model_class=Base)
migrate = Migrate()


def init_app(app: Flask) -> None:
    """Give the application its engine, `db.session`, and the `flask db` commands."""
    app.config["SQLALCHEMY_DATABASE_URI"] = engine_url()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = OPTIONS
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        event.listen(db.engine, "do_connect", refuse_wrong_url)
        configure(db.engine)


def database_url() -> URL:
    """DATABASE_URL with the driver of the shop. Raises ArgumentError where it is not usable."""
    with suppress(ArgumentError, ValueError):
        url = make_url(GIVEN_URL)
        if "+" in url.drivername:
            url.get_dialect()  # a driver that is not known is an ArgumentError
        if url.drivername.startswith(SCHEMES):
            url = url.set(drivername=DRIVER)
            url.get_dialect()().create_connect_args(url)
            return url
    raise ArgumentError(
        f"DATABASE_URL is no SQLite URL, or its driver is not known."
        f" Set it to one like {DEFAULT_URL}"
    )


def engine_url() -> URL:
    """The same; but a wrong one is no error yet, see `refuse_wrong_url`."""
    try:
        return database_url()
    except ArgumentError:
        return make_url(DEFAULT_URL)


def refuse_wrong_url(*_: object) -> None:
    """No connection where DATABASE_URL is wrong: the start says so, together with other faults."""
    database_url()
