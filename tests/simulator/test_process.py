"""The process: starts, says where, is deterministic by seed, and always ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kgscaffold.simulator.client import SimulatorClient, SimulatorError
from kgscaffold.simulator.process import running_simulator

if TYPE_CHECKING:
    from tests.simulator.receiver import Receiver


def answers(url: str) -> bool:
    with SimulatorClient(url) as client:
        return client.health()


def gone(url: str, within: float) -> bool:
    deadline = time.monotonic() + within
    while answers(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_it_runs_inside_the_block_and_not_after_it() -> None:
    with running_simulator() as simulator:
        assert answers(simulator.url)
    assert not answers(simulator.url)


def test_it_ends_when_the_block_raises() -> None:
    with pytest.raises(ZeroDivisionError), running_simulator() as simulator:
        raise ZeroDivisionError
    assert not answers(simulator.url)


def test_credentials_can_be_chosen() -> None:
    with running_simulator(client_id="mine", api_key="sim_other") as simulator:
        url = f"{simulator.url}/v1/studio/api/payment/intents"
        right = httpx.get(url, headers=simulator.api_headers, trust_env=False)
        wrong = httpx.get(url, headers=SimulatorClient("").api_headers, trust_env=False)
        assert right.json()["code"] == 0
        assert wrong.json()["code"] == 4002
        assert simulator.create_intent()["client_id"] == "mine"


def test_a_taken_port_is_said() -> None:
    with running_simulator() as first:
        port = int(first.url.rpartition(":")[2])
        with (
            pytest.raises(SimulatorError, match=f"cannot listen on 127.0.0.1:{port}"),
            running_simulator(port=port),
        ):
            pytest.fail("two simulators listen on one port")
        assert answers(first.url)


def observed(receiver: Receiver, seed: int) -> tuple[Any, ...]:
    receiver.received.clear()
    with running_simulator(seed=seed) as simulator:
        simulator.set_switches(hold=True, reorder=True, senders=1, loss=0.2)
        intents = []
        for _ in range(4):
            made = simulator.create_intent(callback_url=receiver.callback_url)
            for status in ("success", "insufficient_refunded"):
                done = simulator.set_status(made["payment_intent_id"], status)
                intents.append({**done, "payment_deadline": 0, "payment_tx_timestamp": 0})
            simulator.deliver(made["payment_intent_id"], "expired", 5)
        simulator.drain()
        order = [(body["payment_intent_id"], body["status"]) for body in receiver.bodies]
        return intents, order


def test_the_same_seed_gives_the_same_ids_hashes_losses_and_order(receiver: Receiver) -> None:
    first = observed(receiver, 5)
    assert first == observed(receiver, 5)
    other = observed(receiver, 6)
    assert first[0] != other[0]
    positions = [identity for identity, _ in first[1]]
    assert positions != sorted(positions, key=positions.index)


def started() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "kgscaffold", "simulate", "--port", "0", "--json", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    url: str = json.loads(line)["url"]
    return process, url


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_promptly_and_quietly_while_requests_hang(
    signum: signal.Signals, receiver: Receiver
) -> None:
    process, url = started()
    receiver.pause = 3
    with SimulatorClient(url) as simulator:
        made = simulator.create_intent(callback_url=receiver.callback_url)
        simulator.deliver(made["payment_intent_id"], "success", 5)
        simulator.set_provider(mode="hang")
        failures: list[Exception] = []

        def hang() -> None:
            try:
                httpx.get(f"{url}/v1/studio/api/payment/intents", timeout=30, trust_env=False)
            except httpx.HTTPError as error:
                failures.append(error)

        threads = [threading.Thread(target=hang) for _ in range(3)]
        for thread in threads:
            thread.start()
        while len(simulator.requests()) < 3:
            time.sleep(0.01)
        begun = time.monotonic()
        process.send_signal(signum)
        out, errors = process.communicate(timeout=10)
        assert time.monotonic() - begun < 3
    for thread in threads:
        thread.join()
    assert process.returncode == 0
    assert (out, errors) == ("", "")
    assert len(failures) == 3


def test_it_ends_with_the_process_that_started_it() -> None:
    program = (
        "from kgscaffold.simulator.process import running_simulator\n"
        "import time\n"
        "with running_simulator() as s:\n"
        "    print(s.url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert answers(url)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    assert gone(url, within=5)


def test_an_answer_does_not_wait_for_the_clients_delayed_acknowledgement() -> None:
    with running_simulator() as simulator:
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            simulator.switches()
            times.append(time.perf_counter() - begun)
    assert sorted(times)[len(times) // 2] < 0.02
