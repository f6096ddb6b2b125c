# kgscaffold:id=core/access_log
"""The callback token kept out of uvicorn's access log, which shows the query of every request."""

import logging
import re

from ..config import ROUTE

TOKEN = re.compile(r"(?<=[?&]token=)[^&\s]+")


def mask_token(record: logging.LogRecord) -> bool:
    """A log filter: `token=***` on the callback route, all else as it was."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            TOKEN.sub("***", value) if isinstance(value, str) and ROUTE in value else value
            for value in record.args
        )
    return True
