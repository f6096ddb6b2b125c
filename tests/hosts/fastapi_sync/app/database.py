import os
import sqlite3
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///vouchers.db")

engine = create_engine(DATABASE_URL, pool_pre_ping=True, pool_size=20, pool_timeout=5)
SessionLocal = sessionmaker(bind=engine, autoflush=False)

if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def use_wal(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")


class Base(DeclarativeBase):
    pass


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


Db = Annotated[Session, Depends(get_db)]
