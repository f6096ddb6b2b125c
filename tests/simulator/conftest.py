from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from kgscaffold.simulator.process import running_simulator
from tests.simulator.receiver import Receiver, running_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kgscaffold.simulator.client import SimulatorClient


@pytest.fixture(scope="module")
def process() -> Iterator[SimulatorClient]:
    with running_simulator(seed=7) as client:
        yield client


@pytest.fixture
def simulator(process: SimulatorClient) -> SimulatorClient:
    """A simulator in its initial state, as a process of its own."""
    process.reset()
    return process


@pytest.fixture(scope="module")
def shop() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def receiver(shop: Receiver) -> Receiver:
    """A shop that has received nothing yet, and answers 200 at once."""
    shop.forget()
    return shop


@pytest.fixture
def api(simulator: SimulatorClient) -> Iterator[httpx.Client]:
    """KryptoGO's API as a shop with the right credentials calls it."""
    base = f"{simulator.url}/v1/studio/api"
    with httpx.Client(
        base_url=base, headers=simulator.api_headers, timeout=5, trust_env=False
    ) as client:
        yield client
