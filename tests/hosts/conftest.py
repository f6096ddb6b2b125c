"""The reaper of this layer's processes and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()
