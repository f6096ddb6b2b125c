"""Everything random in the simulator, as a function of the seed."""

from __future__ import annotations

import hashlib
import string

_BASE62 = string.digits + string.ascii_letters


class Entropy:
    """Values that depend on the seed and their labels alone.

    Concurrent callers therefore get the same values whatever the order in which they ask.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _bytes(self, count: int, labels: tuple[object, ...]) -> bytes:
        text = "\x1f".join(map(str, (self.seed, *labels)))
        return hashlib.shake_256(text.encode()).digest(count)

    def token(self, length: int, *labels: object) -> str:
        """Give `length` letters and digits, like KryptoGO's intent ids."""
        return "".join(_BASE62[byte % 62] for byte in self._bytes(length, labels))

    def hexadecimal(self, digits: int, *labels: object) -> str:
        """Give `0x` and an even number of lower-case hexadecimal digits."""
        return "0x" + self._bytes(digits // 2, labels).hex()

    def unit(self, *labels: object) -> float:
        """Give a number in [0, 1), evenly distributed."""
        return int.from_bytes(self._bytes(6, labels), "big") / 2**48

    def integer(self, low: int, high: int, *labels: object) -> int:
        """Give a whole number from `low` to `high`, both included."""
        return low + int.from_bytes(self._bytes(8, labels), "big") % (high - low + 1)
