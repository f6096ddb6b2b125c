# kgscaffold:id=core/start
"""What is checked before the server or the worker starts."""

import logging
import os
from contextlib import suppress
from urllib.parse import urlsplit

from ..config import ROUTE
from . import schema
from .database import UNAVAILABLE
from .settings import ConfigurationError, Settings, faults, settings

log = logging.getLogger(__name__)


async def check_start() -> Settings:
    """The settings. Raises ConfigurationError with all that must be mended first.

    A database that is away is no fault: the worker waits for it, and the route answers 503.
    """
    found = list(faults(os.environ))
    with suppress(*UNAVAILABLE):
        found += await schema.faults()
    if found:
        raise ConfigurationError("\n".join(found))
    config = settings()
    if config.callback_url is None:
        log.warning("KRYPTOGO_CALLBACK_URL is not set: no checkout works until it is")
    elif not urlsplit(config.callback_url).path.endswith(ROUTE):
        log.warning(
            "KRYPTOGO_CALLBACK_URL is %s, but callbacks are taken at %s: is something in between?",
            config.callback_url,
            ROUTE,
        )
    return config
