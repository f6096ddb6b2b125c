"""KryptoGO as one object: its intents, wallet, settings and outgoing callbacks."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from kgscaffold.simulator import API_KEY, CLIENT_ID
from kgscaffold.simulator.delivery import Callback, Courier
from kgscaffold.simulator.entropy import Entropy
from kgscaffold.simulator.errors import BadInputError
from kgscaffold.simulator.intents import Intent, JsonObject, Status, typed_fields
from kgscaffold.simulator.ledger import Ledger, overlaid
from kgscaffold.simulator.settings import CallbackFields, Provider, Switches, http_url
from kgscaffold.simulator.settlement import (
    ADDRESS_DIGITS,
    PAYMENT_WINDOW,
    USDT_ON_ARBITRUM,
    crypto_due,
    settled,
)
from kgscaffold.simulator.wallet import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kgscaffold.simulator.orders import IntentRequest

_INTENT_ID_LENGTH = 32
_SAMPLE_FIELDS = frozenset(
    {
        "payment_intent_id",
        "client_id",
        "fiat_amount",
        "fiat_currency",
        "payment_deadline",
        "status",
        "payment_chain_id",
        "symbol",
        "crypto_amount",
        "payment_tx_hash",
        "received_crypto_amount",
        "received_amount",
        "aggregated_crypto_amount",
        "aggregated_amount",
        "refund_tx_hash",
        "refund_amount",
        "order_data",
        "callback_url",
        "group_key",
    }
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the API demands in `X-Client-ID` and `X-STUDIO-API-KEY`."""

    client_id: str = CLIENT_ID
    api_key: str = API_KEY


@dataclass(slots=True)
class ReceivedRequest:
    """One call of KryptoGO's API; `http_status` stays null while, or if, it is not answered."""

    method: str
    path: str
    at: float
    mode: str
    accept_encoding: str | None = None
    http_status: int | None = None
    code: int | None = None

    def wire(self) -> JsonObject:
        """Give the call as a JSON object."""
        return asdict(self)


class Simulation:
    """The simulator without its HTTP side."""

    def __init__(self, seed: int, credentials: Credentials) -> None:
        self.credentials = credentials
        self.entropy = Entropy(seed)
        self.courier = Courier(self.entropy, lambda: self.switches)
        self.reset()

    def reset(self) -> None:
        """Forget everything; the same calls then give the same ids again."""
        self.courier.clear()
        self.switches = Switches()
        self.provider = Provider()
        self._providers: dict[str, Provider] = {}
        self.ledger = Ledger()
        self.wallet = Wallet(self.entropy)
        self.requests: list[ReceivedRequest] = []

    def provider_of(self, intent_id: str | None) -> Provider:
        """Give the settings for calls about one intent: the general ones, unless it has its own."""
        return self._providers.get(intent_id or "", self.provider)

    def set_provider_of(self, intent_id: str, changes: Mapping[str, object]) -> Provider:
        """Change settings for calls about one intent, registered or not, and give them all."""
        changed = self.provider_of(intent_id).updated(changes)
        self._providers[intent_id] = changed
        return changed

    def create(
        self,
        request: IntentRequest,
        client_id: str,
        *,
        intent_id: str | None = None,
        status: str = Status.PENDING,
    ) -> Intent:
        """Create an intent in `status`, and send the pending callback if the switch says so."""
        number = len(self.ledger)
        identity = intent_id or self.entropy.token(_INTENT_ID_LENGTH, "intent", number)
        if identity in self.ledger:
            raise BadInputError(f"payment_intent_id: {identity} is taken")
        now = int(time.time())
        intent = Intent(
            payment_intent_id=identity,
            client_id=client_id,
            org_id=self.entropy.integer(1, 9999, "org", client_id),
            status=Status.PENDING,
            fiat_amount=request.fiat_amount,
            fiat_currency=request.fiat_currency,
            crypto_amount=crypto_due(request.fiat, request.fiat_currency),
            payment_address=self.entropy.hexadecimal(ADDRESS_DIGITS, "address", identity),
            token_address=USDT_ON_ARBITRUM,
            payment_deadline=now + PAYMENT_WINDOW,
            order_data=request.order_data,
            callback_url=request.callback_url,
            group_key=request.group_key,
        )
        if status != Status.PENDING:
            intent = settled(intent, status, self.entropy, now)
        self.ledger.store(intent)
        if self.switches.send_pending and status == Status.PENDING:
            self._announce(intent)
        return intent

    def change(
        self, intent_id: str, status: str, fields: Mapping[str, object], *, deliver: bool
    ) -> tuple[Intent, int]:
        """Change an intent's status; give it, and how many callbacks were scheduled.

        `fields` replace what KryptoGO would fill in. Nothing is sent about `pending` unless the
        switch says so, nor without a callback URL.
        """
        before = self.ledger.intent(intent_id)
        typed = typed_fields(fields)
        after = replace(settled(before, status, self.entropy, int(time.time())), **typed)
        self.ledger.store(after)
        silent = status == Status.PENDING and not self.switches.send_pending
        return after, self._announce(after) if deliver and not silent else 0

    def deliver(
        self,
        intent_id: str,
        claim: str | None,
        count: int,
        fields: Mapping[str, object],
        url: str | None = None,
    ) -> int:
        """Send `count` callbacks that claim `claim` (null: the truth) and carry `fields` besides.

        An id that no intent has is allowed with a `url`: the callback is then a forgery.
        """
        payload: JsonObject = {"payment_intent_id": intent_id, "status": claim}
        if intent_id in self.ledger or url is None:
            url = url or self.ledger.intent(intent_id).callback_url
            payload = self._payload(intent_id)
            if claim is not None:
                payload["status"] = claim
        if url is None:
            raise BadInputError(f"callback_url: intent {intent_id} has none and none was given")
        sent = overlaid(payload, fields)
        return self.courier.schedule(_callback(intent_id, http_url(url), sent), count)

    def _announce(self, intent: Intent) -> int:
        if intent.callback_url is None:
            return 0
        payload = self._payload(intent.payment_intent_id)
        callback = _callback(intent.payment_intent_id, intent.callback_url, payload)
        return self.courier.schedule(callback, 1 + self.switches.duplicates)

    def _payload(self, intent_id: str) -> JsonObject:
        shown = self.ledger.shown(intent_id, self.switches.naming)
        if self.switches.callback_fields is CallbackFields.ALL:
            return shown
        return {name: value for name, value in shown.items() if name in _SAMPLE_FIELDS}


def _callback(intent_id: str, url: str, payload: JsonObject) -> Callback:
    claimed = payload.get("status")
    return Callback(intent_id, claimed if isinstance(claimed, str) else None, url, payload)
