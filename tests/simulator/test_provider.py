"""KryptoGO failing: what a shop's GET meets in each mode, and that the controls go on."""

from __future__ import annotations

import gzip
import io
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kgscaffold.simulator.client import SimulatorError

if TYPE_CHECKING:
    from kgscaffold.simulator.client import SimulatorClient


@pytest.fixture
def path(simulator: SimulatorClient) -> str:
    return f"/payment/intent/{simulator.create_intent()['payment_intent_id']}"


def last_call(simulator: SimulatorClient) -> tuple[str, int | None, int | None]:
    call = simulator.requests()[-1]
    return call["mode"], call["http_status"], call["code"]


def test_down_resets_the_connection(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    assert api.get(path).status_code == 200
    simulator.set_provider(mode="down")
    for _ in range(3):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            api.get(path)
    assert last_call(simulator) == ("down", None, None)
    simulator.set_provider(mode="up")
    assert api.get(path).json()["code"] == 0


@pytest.mark.parametrize("status", [500, 503, 429])
def test_error_answers_an_envelope(
    simulator: SimulatorClient, api: httpx.Client, path: str, status: int
) -> None:
    simulator.set_provider(mode="error", error_status=status)
    answer = api.get(path)
    assert answer.status_code == status
    assert answer.json()["code"] != 0
    assert last_call(simulator) == ("error", status, 5000)


def test_hang_accepts_and_never_answers(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    simulator.set_provider(mode="hang")
    begun = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        api.get(path, timeout=0.5)
    assert time.monotonic() - begun >= 0.5
    assert last_call(simulator) == ("hang", None, None)


def test_slow_answers_after_its_latency(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    simulator.set_provider(mode="slow", latency=0.4)
    begun = time.monotonic()
    assert api.get(path).json()["code"] == 0
    assert 0.4 <= time.monotonic() - begun < 3


def test_malformed_is_200_without_json(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    simulator.set_provider(mode="malformed")
    answer = api.get(path)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


def test_redirect_points_to_a_path_that_would_be_recorded(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    simulator.set_provider(mode="redirect")
    answer = api.get(path)
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"/v1/redirected/v1/studio/api{path}"
    assert len(simulator.requests()) == 1


def test_huge_streams_sixteen_mebibytes(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    simulator.set_provider(mode="huge")
    assert len(api.get(path).content) > 16 * 1024 * 1024


@pytest.mark.parametrize(("layers", "size"), [(1, 1024 * 1024), (2, 4096)])
def test_bomb_is_small_and_unpacks_to_256_mebibytes(
    simulator: SimulatorClient, api: httpx.Client, path: str, layers: int, size: int
) -> None:
    simulator.set_provider(mode="bomb", layers=layers)
    with api.stream("GET", path) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"].split(", ") == ["gzip"] * layers
    assert len(body) < size
    for _ in range(layers - 1):
        body = gzip.decompress(body)
    with gzip.open(io.BytesIO(body)) as unpacked:
        assert unpacked.seek(0, io.SEEK_END) > 256 * 1024 * 1024


def test_lag_shows_the_intent_as_it_was(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    identity = path.rpartition("/")[2]
    simulator.set_provider(lag=0.6)
    simulator.set_status(identity, "success")
    changed = time.monotonic()

    def shown() -> dict[str, Any]:
        data: dict[str, Any] = api.get(path).json()["data"]
        return data

    assert shown()["status"] == "pending"
    assert shown()["payment_tx_hash"] is None
    assert simulator.intent(identity)["status"] == "success"
    while (seen := shown())["status"] == "pending":
        assert time.monotonic() - changed < 5
        time.sleep(0.02)
    assert time.monotonic() - changed >= 0.55
    assert seen == simulator.intent(identity)


def test_lag_goes_through_every_version(simulator: SimulatorClient, api: httpx.Client) -> None:
    identity = simulator.create_intent()["payment_intent_id"]
    simulator.set_status(identity, "insufficient_not_refunded")
    simulator.set_status(identity, "insufficient_refunded")
    simulator.set_provider(lag=60)
    path = f"/payment/intent/{identity}"
    assert api.get(path).json()["data"]["status"] == "pending"
    simulator.set_provider(lag=0)
    assert api.get(path).json()["data"]["status"] == "insufficient_refunded"


@pytest.mark.parametrize("mode", ["down", "hang", "error", "slow"])
def test_the_controls_work_in_every_mode(
    simulator: SimulatorClient, receiver: Any, mode: str
) -> None:
    simulator.set_provider(mode=mode, latency=30)
    assert simulator.health()
    identity = simulator.create_intent(callback_url=receiver.callback_url)["payment_intent_id"]
    simulator.set_status(identity, "success")
    simulator.drain()
    assert receiver.statuses == ["success"]


def test_a_wrong_setting_is_refused(simulator: SimulatorClient) -> None:
    with pytest.raises(SimulatorError, match="mode: one of up, down"):
        simulator.set_provider(mode="sideways")
    assert simulator.provider()["mode"] == "up"


def test_settings_of_one_intent_are_nobody_else_s(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    failing = simulator.create_intent()["payment_intent_id"]
    settings = simulator.set_provider_of(failing, mode="error", error_status=503)
    assert (settings["mode"], settings["error_status"]) == ("error", 503)
    assert api.get(f"/payment/intent/{failing}").status_code == 503
    assert api.get(path).status_code == 200
    assert simulator.provider()["mode"] == "up"
    simulator.set_provider_of(failing, mode="up")
    assert api.get(f"/payment/intent/{failing}").status_code == 200


def test_the_refusal_of_an_intent_that_is_not_known_may_be_its_own(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    simulator.set_provider_of("nobody", refusal_status=200)
    answers = {name: api.get(f"/payment/intent/{name}") for name in ("nobody", "nobody-else")}
    assert answers["nobody"].status_code == 200
    assert answers["nobody-else"].status_code == 404
    assert {answer.json()["code"] for answer in answers.values()} == {4006}


def test_the_lag_of_one_intent_is_its_own(
    simulator: SimulatorClient, api: httpx.Client, path: str
) -> None:
    lagging = simulator.create_intent()["payment_intent_id"]
    simulator.set_provider_of(lagging, lag=60)
    for intent in (lagging, path.rpartition("/")[2]):
        simulator.set_status(intent, "success", deliver=False)
    shown = [api.get(one).json()["data"]["status"] for one in (f"/payment/intent/{lagging}", path)]
    assert shown == ["pending", "success"]
    simulator.reset()
    assert simulator.provider()["lag"] == 0
