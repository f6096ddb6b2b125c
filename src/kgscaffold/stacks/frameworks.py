"""The web frameworks, as data. No database is mentioned here."""

from __future__ import annotations

from functools import partial

from kgscaffold.answers import Framework, ModuleSystem
from kgscaffold.stacks.cores import (
    NODE_CLASSES,
    NODE_JAVASCRIPT,
    NODE_TYPESCRIPT,
    PYTHON_ASYNC,
    PYTHON_SYNC,
)
from kgscaffold.stacks.libraries import FLASK_SQLALCHEMY, KNEX, SQLALCHEMY, TYPEORM
from kgscaffold.stacks.model import FrameworkRecord, Requirement

_nest_12 = partial(Requirement, system=ModuleSystem.ESM)
_nest_11 = partial(Requirement, system=ModuleSystem.COMMONJS)

FRAMEWORKS = (
    FrameworkRecord(
        name=Framework.EXPRESS,
        title="Express",
        cores=(NODE_TYPESCRIPT, NODE_JAVASCRIPT),
        layers=(
            "node/{form}/express",
            "node/{form}/shop/express",
            "shop/express",
            "shop/express_{language}",
        ),
        libraries=(KNEX,),
        requirements=(
            Requirement("express@^5.3.0"),
            Requirement("@types/express@^5.0.0", development=True),
        ),
        start=("node", "--env-file-if-exists=.env", "{run}/server.js"),
        # Not by npm: the shell that it starts keeps a signal from what runs in it.
        worker=("node", "--env-file-if-exists=.env", "{run_module}/cli.js", "work"),
        ops=("npm", "run", "--silent", "kryptogo", "--"),
    ),
    FrameworkRecord(
        name=Framework.FASTAPI,
        title="FastAPI",
        cores=(PYTHON_ASYNC,),
        layers=("python/fastapi", "shop/fastapi"),
        libraries=(SQLALCHEMY,),
        requirements=(Requirement("fastapi>=0.115", brings=("pydantic", "starlette")),),
        server=(Requirement("uvicorn>=0.30"),),
        start=("python", "-m", "{app}"),
        ops=("python", "-m", "{module}"),
    ),
    FrameworkRecord(
        name=Framework.FLASK,
        title="Flask",
        cores=(PYTHON_SYNC,),
        layers=("python/flask", "shop/flask"),
        libraries=(FLASK_SQLALCHEMY,),
        requirements=(Requirement("flask>=3.1,<4", brings=("werkzeug", "click")),),
        server=(Requirement("gunicorn>=23"),),
        start=("python", "-m", "gunicorn", "wsgi:app"),
        work=("python", "-m", "flask", "kryptogo", "work"),
        ops=("python", "-m", "flask", "kryptogo"),
    ),
    FrameworkRecord(
        name=Framework.NESTJS,
        title="NestJS",
        cores=(NODE_CLASSES,),
        releases=((ModuleSystem.ESM, "12"), (ModuleSystem.COMMONJS, "11")),
        layers=(
            "node/{form}/nestjs",
            "node/{form}/shop/nestjs",
            "shop/nestjs",
            "shop/nestjs_{form}",
        ),
        libraries=(TYPEORM,),
        requirements=(
            _nest_12("@nestjs/common@^12.5.0"),
            _nest_12("@nestjs/config@^12.0.0"),
            _nest_12("@nestjs/core@^12.5.0"),
            _nest_12("@nestjs/platform-express@^12.5.0"),
            _nest_12("@nestjs/cli@^12.0.0", development=True),
            _nest_12("vitest@^4.1.0", development=True),
            _nest_11("@nestjs/common@^11.2.0"),
            _nest_11("@nestjs/config@^4.0.0"),
            _nest_11("@nestjs/core@^11.2.0"),
            _nest_11("@nestjs/platform-express@^11.2.0"),
            _nest_11("@nestjs/cli@^11.0.0", development=True),
            _nest_11("@types/jest@^30.0.0", development=True),
            _nest_11("jest@^30.5.0", development=True),
            _nest_11("ts-jest@^29.4.0", development=True),
            Requirement("express@^5.3.0"),
            Requirement("reflect-metadata@^0.2.2"),
            Requirement("rxjs@^7.8.1"),
            Requirement("@types/express@^5.0.0", development=True),
        ),
        start=("node", "{run}/main.js"),
        # Not by npm: the shell that it starts keeps a signal from what runs in it.
        worker=("node", "{run_module}/cli.js", "work"),
        ops=("npm", "run", "--silent", "kryptogo", "--"),
    ),
)
