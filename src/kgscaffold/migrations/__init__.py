"""The tools that bring a database's tables up to date, and how they order their migrations."""

from __future__ import annotations

from kgscaffold.migrations.alembic import ALEMBIC
from kgscaffold.migrations.knex import KNEX
from kgscaffold.migrations.model import MigrationTool
from kgscaffold.migrations.typeorm import TYPEORM

TOOLS: tuple[MigrationTool, ...] = (ALEMBIC, KNEX, TYPEORM)
