"""The databases and the stores that reach them, as data. No framework is mentioned here."""

from __future__ import annotations

from kgscaffold.answers import Database
from kgscaffold.stacks.model import DatabaseRecord, Store


def _sqlalchemy_async(dialect: str) -> Store:
    return Store(
        layers=("python/sqlalchemy", f"python/dialects/{dialect}", "shop/sqlalchemy"),
        migrate=("python", "-m", "alembic", "upgrade", "head"),
        parent_pattern=r"""^down_revision\b[^=\n]*=\s*["']([^"'\n]+)["']""",
    )


DATABASES = (
    DatabaseRecord(
        name=Database.MONGODB,
        title="MongoDB",
        aliases=("mongo",),
        stores={},
    ),
    DatabaseRecord(
        name=Database.MYSQL,
        title="MySQL",
        aliases=("mariadb",),
        stores={},
    ),
    DatabaseRecord(
        name=Database.POSTGRESQL,
        title="PostgreSQL",
        aliases=("postgres",),
        stores={"python-asyncio": _sqlalchemy_async("postgresql")},
        default_url="postgresql+asyncpg://localhost/shop",
        prepare="put the URL of an empty PostgreSQL database into .env as DATABASE_URL",
    ),
    DatabaseRecord(
        name=Database.SQLITE,
        title="SQLite",
        stores={"python-asyncio": _sqlalchemy_async("sqlite")},
        default_url="sqlite+aiosqlite:///./shop.db",
    ),
)
