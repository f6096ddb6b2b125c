"""A typed client of the simulator's controls, for tests and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import httpx

from kgscaffold.simulator import API_KEY, CLIENT_ID
from kgscaffold.simulator.intents import REMOVE, JsonObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

__all__ = ["REMOVE", "SimulatorClient", "SimulatorError"]

_CONTROL_TIMEOUT = 30.0


class SimulatorError(Exception):
    """The simulator refused a command, or did not finish in time; the message says why."""


class SimulatorClient:
    """Commands to a running simulator; every method raises SimulatorError when it is refused."""

    def __init__(self, url: str, *, client_id: str = CLIENT_ID, api_key: str = API_KEY) -> None:
        self.url = url.rstrip("/")
        self.client_id = client_id
        self.api_key = api_key
        self._http = httpx.Client(
            base_url=f"{self.url}/_simulator", timeout=_CONTROL_TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the simulator goes on."""
        self._http.close()

    @property
    def api_headers(self) -> dict[str, str]:
        """Give the headers that KryptoGO's own endpoints demand."""
        return {
            "X-STUDIO-API-KEY": self.api_key,
            "X-Client-ID": self.client_id,
            "Origin": "https://shop.example",
        }

    def health(self) -> bool:
        """Say whether the simulator answers."""
        try:
            return self._http.get("/health").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def create_intent(
        self,
        fiat_amount: str = "300.0",
        fiat_currency: str = "TWD",
        *,
        callback_url: str | None = None,
        order_data: Mapping[str, object] | None = None,
        group_key: str | None = None,
        payment_intent_id: str | None = None,
        client_id: str | None = None,
        status: str | None = None,
    ) -> JsonObject:
        """Create an intent without credentials and give it."""
        body = {
            "fiat_amount": fiat_amount,
            "fiat_currency": fiat_currency,
            "callback_url": callback_url,
            "order_data": order_data,
            "group_key": group_key,
            "payment_intent_id": payment_intent_id,
            "client_id": client_id,
            "status": status,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return self._call("POST", "/intents", given)

    def intent(self, intent_id: str) -> JsonObject:
        """Give the true intent."""
        return self._call("GET", _path(intent_id))

    def set_status(
        self,
        intent_id: str,
        status: str,
        *,
        deliver: bool = True,
        fields: Mapping[str, object] | None = None,
    ) -> JsonObject:
        """Change an intent's status, send its callbacks by the switches, and give the intent."""
        body = {"status": status, "deliver": deliver, "fields": fields or {}}
        changed: JsonObject = self._call("POST", _path(intent_id, "/status"), body)["intent"]
        return changed

    def override(self, intent_id: str, /, **fields: object) -> None:
        """Replace fields in what the API and callbacks show; REMOVE takes one away."""
        self._call("POST", _path(intent_id, "/overrides"), fields)

    def clear_overrides(self, intent_id: str) -> None:
        """Show the intent's own fields again."""
        self._call("DELETE", _path(intent_id, "/overrides"))

    def deliver(
        self,
        intent_id: str,
        status: str | None = None,
        count: int = 1,
        *,
        fields: Mapping[str, object] | None = None,
        callback_url: str | None = None,
    ) -> int:
        """Send callbacks claiming `status` (none: the truth); give how many were not lost.

        With a `callback_url` the id need not be one the simulator knows.
        """
        one = {"payment_intent_id": intent_id, "status": status, "count": count}
        return self.deliver_many([{**one, "fields": fields or {}, "callback_url": callback_url}])

    def deliver_many(self, deliveries: Sequence[Mapping[str, object]]) -> int:
        """Send callbacks about many intents in one call; give how many were not lost.

        Each is a `payment_intent_id` and optionally `status`, `count`, `fields`, `callback_url`.
        """
        scheduled = self._call("POST", "/deliver", {"deliveries": list(deliveries)})["scheduled"]
        return int(scheduled)

    def switches(self) -> JsonObject:
        """Give the delivery switches."""
        return self._call("GET", "/switches")

    def set_switches(self, **changes: object) -> JsonObject:
        """Change the named switches, keep the others, and give all."""
        return self._call("PUT", "/switches", changes)

    def provider(self) -> JsonObject:
        """Give the provider's settings."""
        return self._call("GET", "/provider")

    def set_provider(self, **changes: object) -> JsonObject:
        """Change the named settings (`mode`, `latency`, `lag`, …), keep the others, give all."""
        return self._call("PUT", "/provider", changes)

    def set_provider_of(self, intent_id: str, /, **changes: object) -> JsonObject:
        """Change settings for calls about one intent, which need not exist; give them all."""
        return self._call("PUT", _path(intent_id, "/provider"), changes)

    def wallet(self) -> JsonObject:
        """Give the balance and the transfers made."""
        return self._call("GET", "/wallet")

    def set_balance(self, balance: str) -> None:
        """Set the wallet's balance, a decimal string."""
        self._call("PUT", "/wallet", {"balance": balance})

    def deliveries(self, since: int = 0) -> list[JsonObject]:
        """Give every attempt to deliver after the first `since`, oldest first."""
        entries: list[JsonObject] = self._call("GET", f"/deliveries?since={since}")["deliveries"]
        return entries

    def requests(self, since: int = 0) -> list[JsonObject]:
        """Give every call of KryptoGO's API after the first `since`, oldest first."""
        entries: list[JsonObject] = self._call("GET", f"/requests?since={since}")["requests"]
        return entries

    def release(self) -> None:
        """Let the deliveries go that the switches keep back."""
        self._call("POST", "/release")

    def drain(self, timeout: float = 60) -> None:
        """Release everything and return when nothing is outstanding.

        Raises SimulatorError after `timeout` seconds.
        """
        wait = timeout + _CONTROL_TIMEOUT
        result = self._call("POST", "/drain", {"timeout": timeout}, wait=wait)
        if not result["drained"]:
            raise SimulatorError(
                f"{result['outstanding']} deliveries outstanding after {timeout} s"
            )

    def reset(self) -> None:
        """Forget everything and set all switches to their defaults."""
        self._call("POST", "/reset")

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        wait: float = _CONTROL_TIMEOUT,
    ) -> dict[str, Any]:
        answer = self._http.request(method, path, json=body, timeout=wait)
        if answer.is_error:
            raise SimulatorError(f"{method} {path}: {answer.status_code} {answer.text}")
        content: dict[str, Any] = answer.json()
        return content


def _path(intent_id: str, command: str = "") -> str:
    return f"/intents/{quote(intent_id, safe='')}{command}"
