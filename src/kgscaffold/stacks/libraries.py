"""The stores and their drivers, as data. No framework is mentioned here."""

from __future__ import annotations

from kgscaffold.answers import Database, ModuleSystem
from kgscaffold.migrations.alembic import ALEMBIC
from kgscaffold.migrations.knex import KNEX as KNEX_MIGRATIONS
from kgscaffold.migrations.typeorm import TYPEORM as TYPEORM_MIGRATIONS
from kgscaffold.stacks.model import Driver, Library, Requirement

_LOG_IN_OF_MYSQL = Requirement(
    "cryptography>=42",
    why="MySQL's usual log-in encrypts the password with it where there is no TLS.",
    brings=("cffi",),
)

SQLALCHEMY = Library(
    layers=("python/sqlalchemy", "shop/sqlalchemy"),
    requirements=(
        Requirement("sqlalchemy[asyncio]>=2.0.38,<2.2", brings=("greenlet",)),
        Requirement("alembic>=1.14,<2"),
    ),
    migrations=ALEMBIC,
    migrate=("python", "-m", "alembic", "upgrade", "head"),
    drivers=(
        Driver(
            database=Database.MYSQL,
            name="mysql+asyncmy",
            scheme="mysql",
            url="mysql+asyncmy://localhost/{name}",
            layers=(
                "python/dialects/mysql",
                "shop/python_dialects/server",
                "shop/sqlalchemy_dialects/mysql",
            ),
            requirements=(
                Requirement("asyncmy>=0.2.18,<0.3"),
                _LOG_IN_OF_MYSQL,
            ),
        ),
        Driver(
            database=Database.POSTGRESQL,
            name="postgresql+asyncpg",
            scheme="postgres",
            url="postgresql+asyncpg://localhost/{name}",
            layers=(
                "python/dialects/postgresql",
                "shop/python_dialects/server",
                "shop/sqlalchemy_dialects/postgresql",
            ),
            requirements=(
                Requirement("asyncpg>=0.30"),
                Requirement("asyncpg-stubs>=0.30", development=True),
            ),
        ),
        Driver(
            database=Database.SQLITE,
            name="sqlite+aiosqlite",
            scheme="sqlite",
            url="sqlite+aiosqlite:///./{name}.db",
            layers=(
                "python/dialects/sqlite",
                "shop/python_dialects/sqlite",
                "shop/sqlalchemy_dialects/sqlite",
            ),
            requirements=(Requirement("aiosqlite>=0.20"),),
        ),
    ),
)

FLASK_SQLALCHEMY = Library(
    layers=("python/sync/sqlalchemy", "python/flask_sqlalchemy", "shop/flask_sqlalchemy"),
    requirements=(
        Requirement("flask-sqlalchemy>=3.1,<4"),
        Requirement("flask-migrate>=4,<5"),
        Requirement("sqlalchemy>=2.0.38,<2.2"),
        Requirement("alembic>=1.14,<2"),
        Requirement("types-flask-migrate>=4", development=True),
    ),
    migrations=ALEMBIC,
    migrate=("python", "-m", "flask", "db", "upgrade"),
    drivers=(
        Driver(
            database=Database.MYSQL,
            name="mysql+pymysql",
            scheme="mysql",
            url="mysql+pymysql://localhost/{name}",
            layers=(
                "python/sync/dialects/mysql",
                "shop/python_dialects/server",
                "shop/flask_sqlalchemy_dialects/mysql",
            ),
            requirements=(Requirement("pymysql>=1.1"), _LOG_IN_OF_MYSQL),
        ),
        Driver(
            database=Database.POSTGRESQL,
            name="postgresql+psycopg",
            scheme="postgres",
            url="postgresql+psycopg://localhost/{name}",
            layers=(
                "python/sync/dialects/postgresql",
                "shop/python_dialects/server",
                "shop/flask_sqlalchemy_dialects/postgresql",
            ),
            requirements=(Requirement("psycopg[binary]>=3.2"),),
        ),
        Driver(
            database=Database.SQLITE,
            name="sqlite",
            scheme="sqlite",
            url="sqlite:///{name}.db",
            layers=(
                "python/sync/dialects/sqlite",
                "shop/python_dialects/sqlite",
                "shop/flask_sqlalchemy_dialects/sqlite",
            ),
            requirements=(),
        ),
    ),
)


_OF_NODE = (
    (Database.MYSQL, "mysql", "mysql://localhost/{name}", (Requirement("mysql2@^3.24.0"),)),
    (
        Database.POSTGRESQL,
        "postgres",
        "postgresql://localhost/{name}",
        (Requirement("pg@^8.23.0"), Requirement("@types/pg@^8.23.0", development=True)),
    ),
    (Database.SQLITE, "sqlite", "sqlite:./{name}.db", (Requirement("better-sqlite3@^13.2.0"),)),
)


def _drivers_of(library: str) -> tuple[Driver, ...]:
    """Knex and TypeORM name a driver, not its URLs, so a URL begins as the database's own do."""
    return tuple(
        Driver(
            database=database,
            name=url.partition(":")[0],
            scheme=scheme,
            url=url,
            layers=(
                f"node/{{form}}/dialects/{database}",
                f"node/{{form}}/{library}_drivers/{database}",
                f"node/{{form}}/shop/{library}_drivers/{database}",
            ),
            requirements=requirements,
        )
        for database, scheme, url, requirements in _OF_NODE
    )


KNEX = Library(
    layers=("node/{form}/sql", "node/{form}/knex", "node/{form}/shop/knex"),
    requirements=(Requirement("knex@^3.3.0"),),
    migrations=KNEX_MIGRATIONS,
    migrate=("npm", "run", "--silent", "migrate"),
    drivers=_drivers_of("knex"),
)

_ONE_CONNECTION = (
    "for development only: TypeORM has one connection to SQLite, which everything shares. Take"
    " PostgreSQL or MySQL in production"
)

TYPEORM = Library(
    layers=("node/{form}/sql", "node/{form}/typeorm", "node/{form}/shop/typeorm"),
    requirements=(
        Requirement("@nestjs/typeorm@^12.0.0", system=ModuleSystem.ESM),
        Requirement("@nestjs/typeorm@^11.0.3", system=ModuleSystem.COMMONJS),
        Requirement("typeorm@^1.1.0"),
    ),
    migrations=TYPEORM_MIGRATIONS,
    migrate=("npm", "run", "--silent", "migrate"),
    drivers=tuple(
        driver._replace(remark=_ONE_CONNECTION) if driver.database is Database.SQLITE else driver
        for driver in _drivers_of("typeorm")
    ),
)
