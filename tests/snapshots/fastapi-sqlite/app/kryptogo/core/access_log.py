# kgscaffold:id=core/access_log
"""The callback token kept out of uvicorn's access log, which shows the query of every request."""

import logging
import re


def _spelled(letter: str) -> str:
    """`letter` as a URL may have it: itself or its percent-encoding, encoded however often."""
    return f"(?:{letter}|%(?:25)*(?:{ord(letter):x}|{ord(letter.upper()):x}))"


TOKEN = re.compile(f"({''.join(map(_spelled, 'token='))})[^&\\s]+", re.IGNORECASE)


def mask_token(record: logging.LogRecord) -> bool:
    """A log filter: `token=***` on every path, for one that is misspelt is logged too."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            TOKEN.sub(r"\1***", value) if isinstance(value, str) else value for value in record.args
        )
    return True
