"""The signature that one page of KryptoGO's documentation mentions.

The canonical form, the encoding and the unit of the time are our assumption, not KryptoGO's word.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def canonical(payload: Mapping[str, object]) -> bytes:
    """Give what is signed: compact JSON with sorted keys, UTF-8, without `signature`."""
    unsigned = {name: value for name, value in payload.items() if name != "signature"}
    text = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sign(payload: Mapping[str, object], secret: str) -> str:
    """Give the HMAC-SHA256 of the canonical payload in lower-case hexadecimal."""
    return hmac.new(secret.encode(), canonical(payload), hashlib.sha256).hexdigest()
