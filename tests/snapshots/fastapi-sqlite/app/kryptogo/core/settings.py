# kgscaffold:id=core/settings
"""The environment variables, and what else is checked when the server or the worker starts."""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from os import environ as env
from types import ModuleType
from urllib.parse import urlsplit

from ..config import ROUTE
from . import store
from .dialect import UNAVAILABLE

OFFICIAL_API = "https://wallet.kryptogo.app"
STUDIO = "KryptoGO Studio, https://studio.kryptogo.com"
REQUIRED = {
    "KRYPTOGO_CLIENT_ID": f"the OAuth client id of your project in {STUDIO}",
    "KRYPTOGO_STUDIO_API_KEY": f"an API key from {STUDIO} (its secret is shown once)",
    "KRYPTOGO_ORIGIN": f"your site's origin, e.g. https://shop.example, as allowed in {STUDIO}",
}
CHOICES = {"KRYPTOGO_ENVIRONMENT": ("production", "test"), "KRYPTOGO_WORKER": ("on", "off")}
"""The first is the default."""
EXAMPLE = "change-me"
"""The token of .env.example."""
RANDOM = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
log = logging.getLogger(__name__)


class ConfigurationError(Exception):
    """What is missing or wrong, a line for each fault: it names the variable and the remedy."""


@dataclass(frozen=True)
class Settings:
    client_id: str
    api_key: str
    origin: str
    callback_url: str | None
    callback_token: str | None
    callback_secret: str | None
    api_base_url: str
    environment: str
    worker: bool


@cache
def settings() -> Settings:
    """The settings of this process. Raises ConfigurationError with every fault."""
    if found := list(faults()):
        raise ConfigurationError("\n".join(found))
    return Settings(
        client_id=env["KRYPTOGO_CLIENT_ID"],
        api_key=env["KRYPTOGO_STUDIO_API_KEY"],
        origin=env["KRYPTOGO_ORIGIN"],
        callback_url=env.get("KRYPTOGO_CALLBACK_URL") or None,
        callback_token=env.get("KRYPTOGO_CALLBACK_TOKEN"),
        callback_secret=env.get("KRYPTOGO_CALLBACK_SECRET"),
        api_base_url=_api_base_url(),
        environment=env.get("KRYPTOGO_ENVIRONMENT", "production"),
        worker=env.get("KRYPTOGO_WORKER", "on") == "on",
    )


def _api_base_url() -> str:
    return (env.get("KRYPTOGO_API_BASE_URL") or OFFICIAL_API).rstrip("/")


def faults() -> Iterator[str]:
    """What is wrong with the variables, each as a line that says what to do."""
    for name, where in REQUIRED.items():
        if not env.get(name):
            yield f"{name} is not set. Set it to {where}."
    for name in ("KRYPTOGO_CALLBACK_TOKEN", "KRYPTOGO_CALLBACK_SECRET"):
        if env.get(name) == "":
            yield f"{name} is set but empty. Give it a value or unset it."
    for name in ("KRYPTOGO_CALLBACK_URL", "KRYPTOGO_API_BASE_URL"):
        if env.get(name) and not re.match(r"https?://[^/?#]", env[name]):
            yield f"{name} is {env[name]!r}. Set it to an absolute http(s) URL."
    if "?" in env.get("KRYPTOGO_CALLBACK_URL", ""):
        yield "KRYPTOGO_CALLBACK_URL must have no query: the token is appended to it."
    for name, (default, other) in CHOICES.items():
        if env.get(name, default) not in (default, other):
            yield f"{name} is {env[name]!r}. Set it to {default} or {other}."
    if env.get("KRYPTOGO_ENVIRONMENT", "production") == "production":
        for name, remedy in _unfit_for_production():
            hint = f"Set it to {remedy}; or set KRYPTOGO_ENVIRONMENT=test."
            yield f"{name} is not fit for production. {hint}"


def _unfit_for_production() -> Iterator[tuple[str, str]]:
    if _api_base_url() != OFFICIAL_API:
        yield "KRYPTOGO_API_BASE_URL", OFFICIAL_API
    if env.get("KRYPTOGO_CALLBACK_URL", "").startswith("http:"):
        yield "KRYPTOGO_CALLBACK_URL", "an https URL"
    if env.get("KRYPTOGO_CALLBACK_TOKEN") in (None, EXAMPLE):
        yield "KRYPTOGO_CALLBACK_TOKEN", f"a long random string: {RANDOM}"
    for name in ("KRYPTOGO_CLIENT_ID", "KRYPTOGO_STUDIO_API_KEY"):
        if env.get(name, "").startswith("sim_"):
            yield name, "a real one"


async def check_start() -> Settings:
    """The settings. Raises ConfigurationError with all that must be mended first.

    A database that is away is no fault: the worker waits for it, and the route answers 503.
    """
    from .. import handlers  # they may import any of ours

    found = [*faults(), *unnamed_handlers(handlers)]
    with suppress(*UNAVAILABLE):
        found += await store.faults()
    if found:
        raise ConfigurationError("\n".join(found))
    config = settings()
    url = config.callback_url
    if url is None:
        log.warning("KRYPTOGO_CALLBACK_URL is not set: no checkout works until it is")
    elif not urlsplit(url).path.endswith(ROUTE):
        taken = f"callbacks are taken at {ROUTE}: is something in between?"
        log.warning("KRYPTOGO_CALLBACK_URL is %s, but %s", url, taken)
    return config


def unnamed_handlers(handlers: ModuleType) -> Iterator[str]:
    """Each `after_commit` that stands in a handler's file, and that its record does not name."""
    for status, handler in handlers.BY_STATUS.items():
        written = getattr(getattr(handlers, status, None), "after_commit", None)
        if written and handler.after_commit is None:
            yield (
                f"handlers/{status}.py defines after_commit, which is never called. Write in"
                f" handlers/__init__.py: Status.{status.name}: Handler({status}.apply,"
                f" {status}.after_commit)."
            )
