"""What the module is made of in an application that is there already, as data.

Nothing of this is offered for a new project: no name that a person types leads here. It is for
what looks at an application, and finds that its session is one of these.
"""

from __future__ import annotations

from typing import TypeVar

from kgscaffold.answers import Database, Framework
from kgscaffold.migrations.alembic import ALEMBIC
from kgscaffold.stacks.cores import PYTHON_SYNC
from kgscaffold.stacks.databases import DATABASES
from kgscaffold.stacks.frameworks import FRAMEWORKS
from kgscaffold.stacks.libraries import FLASK_SQLALCHEMY
from kgscaffold.stacks.model import (
    Core,
    DatabaseRecord,
    Driver,
    FrameworkRecord,
    Library,
    Requirement,
    Stack,
)

Part = TypeVar("Part", Core, FrameworkRecord, Library, Driver, DatabaseRecord)
_STARTER = "shop/"
_ALEMBIC = Requirement("alembic>=1.14,<2")


def _on_an_engine(layer: str, requirement: Requirement) -> Library:
    """Give the sync core's store on the engine of an application, which `layer` knows."""
    return Library(
        layers=("python/sync/sqlalchemy", layer),
        requirements=(requirement, _ALEMBIC),
        migrations=ALEMBIC,
        migrate=("python", "-m", "alembic", "upgrade", "head"),
        drivers=FLASK_SQLALCHEMY.drivers,
    )


SQLALCHEMY_SYNC = _on_an_engine("hosts/sqlalchemy", Requirement("sqlalchemy>=2.0.38,<2.2"))
SQLMODEL = _on_an_engine(
    "hosts/sqlmodel", Requirement("sqlmodel>=0.0.24,<0.1", brings=("sqlalchemy", "pydantic"))
)
FASTAPI_SYNC = next(one for one in FRAMEWORKS if one.name is Framework.FASTAPI)._replace(
    cores=(PYTHON_SYNC,),
    layers=("python/sync/fastapi",),
    libraries=(SQLALCHEMY_SYNC, SQLMODEL),
)


def module_of(framework: FrameworkRecord, library: Library, database: Database) -> Stack:
    """Give what the module is made of, without the starter's layers.

    Raises LookupError where the library has no driver of the database, or the framework no core.
    """
    if not framework.cores:
        raise LookupError(framework.name)
    core = framework.cores[0]
    drivers = {driver.database: driver for driver in library.drivers}
    records = {record.name: record for record in DATABASES}
    return Stack(
        _without_starter(framework),
        _without_starter(core),
        _without_starter(library),
        _without_starter(drivers[database]),
        _without_starter(records[database]),
        core.language.module_systems[0],
    )


def _without_starter(part: Part) -> Part:
    layers = tuple(layer for layer in part.layers if not layer.startswith(_STARTER))
    return part._replace(layers=layers)


HOST_STACKS = tuple(
    module_of(FASTAPI_SYNC, library, driver.database)
    for library in FASTAPI_SYNC.libraries
    for driver in library.drivers
)
