"""The organisation's funds, which transfers spend."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kgscaffold.simulator.amounts import format_amount, parse_amount
from kgscaffold.simulator.errors import BALANCE_NOT_ENOUGH, BadInputError, KryptoGOError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kgscaffold.simulator.entropy import Entropy
    from kgscaffold.simulator.intents import JsonObject

INITIAL_BALANCE = Decimal(1_000_000)
_TEXTS = ("chain_id", "contract_address", "wallet_address")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that was made; `transfer_time` is unix seconds."""

    id: str
    tx_hash: str
    transfer_time: int
    amount: str
    wallet_address: str

    def wire(self) -> JsonObject:
        """Give the transfer as a JSON object."""
        return asdict(self)


class Wallet:
    """A balance and the transfers out of it."""

    def __init__(self, entropy: Entropy) -> None:
        self.balance = INITIAL_BALANCE
        self.transfers: list[Transfer] = []
        self._entropy = entropy

    def transfer(self, body: Mapping[str, object]) -> Transfer:
        """Make the transfer that `body` asks for.

        Raises BadInputError for a field that is missing or wrong, and KryptoGOError 4015 with the
        amount that is missing when the balance does not suffice.
        """
        for name in _TEXTS:
            if not isinstance(body.get(name), str) or not body[name]:
                raise BadInputError(f"{name}: required")
        amount = parse_amount(body.get("amount"), "amount")
        if amount == 0:
            raise BadInputError("amount: more than zero expected")
        if amount > self.balance:
            missing = {"insufficient_amount": format_amount(amount - self.balance)}
            raise KryptoGOError(BALANCE_NOT_ENOUGH, "Balance not enough", missing)
        self.balance -= amount
        number = len(self.transfers)
        made = Transfer(
            id=self._entropy.token(20, "transfer", number),
            tx_hash=self._entropy.hexadecimal(64, "transfer", number),
            transfer_time=int(time.time()),
            amount=format_amount(amount),
            wallet_address=str(body["wallet_address"]),
        )
        self.transfers.append(made)
        return made

    def wire(self) -> JsonObject:
        """Give the balance and the transfers as a JSON object."""
        return {
            "balance": format_amount(self.balance),
            "transfers": [transfer.wire() for transfer in self.transfers],
        }
