"""A throwaway MySQL server and a shop on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kgscaffold.answers import Answers, Database, Framework
from tests.servers.mariadb import Databases, server_url
from tests.servers.mysql_shop import run
from tests.servers.reaper import Reaper
from tests.snapshots.trees import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture(scope="module")
def server(reaper: Reaper) -> Iterator[str]:
    url, cluster = server_url(reaper)
    yield url
    if cluster is not None:
        cluster.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered shop; what it needs is installed here, for the type checks."""
    folder = tmp_path_factory.mktemp("shop")
    for path, content in rendered(Answers(Framework.FASTAPI, Database.MYSQL, "shop")).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


@pytest.fixture
def url(server: str, project: Path) -> Iterator[str]:
    """A fresh, migrated database."""
    databases = Databases(server)
    url = databases.create("dialect")
    migrated = run(project, url, "-m", "alembic", "upgrade", "head")
    assert migrated.returncode == 0, migrated.stderr
    yield url
    databases.drop("dialect")
