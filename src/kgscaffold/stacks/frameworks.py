"""The web frameworks, as data. No database is mentioned here."""

from __future__ import annotations

from kgscaffold.answers import Framework
from kgscaffold.stacks.model import FrameworkRecord

FRAMEWORKS = (
    FrameworkRecord(name=Framework.EXPRESS, title="Express"),
    FrameworkRecord(
        name=Framework.FASTAPI,
        title="FastAPI",
        runtime="python-asyncio",
        language="python",
        layers=(
            "python/core",
            "python/asyncio",
            "python/fastapi",
            "starter/python",
            "starter/fastapi",
        ),
        environment=("python3", "-m", "venv", ".venv"),
        activate=". .venv/bin/activate",
        install=("python", "-m", "pip", "install", "-e", ".[dev]"),
        start=("python", "-m", "{app}"),
        ops=("python", "-m", "{module}"),
        test=("python", "-m", "pytest"),
    ),
    FrameworkRecord(name=Framework.FLASK, title="Flask"),
    FrameworkRecord(name=Framework.NESTJS, title="NestJS"),
)
