# kgscaffold:id=core/settings
"""The environment variables, checked when the server or the worker starts."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

OFFICIAL_API = "https://wallet.kryptogo.app"
STUDIO = "KryptoGO Studio, https://studio.kryptogo.com"
REQUIRED = {
    "KRYPTOGO_CLIENT_ID": f"the OAuth client id of your project in {STUDIO}",
    "KRYPTOGO_STUDIO_API_KEY": f"an API key from {STUDIO} (its secret is shown once)",
    "KRYPTOGO_ORIGIN": f"your site's origin, e.g. https://shop.example, as allowed in {STUDIO}",
}


class ConfigurationError(Exception):
    """A variable is missing or wrong; the message names it and says what to do."""


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
    """The settings of this process. Raises ConfigurationError."""
    return from_environment(os.environ)


def from_environment(env: Mapping[str, str]) -> Settings:
    """The checked settings. Raises ConfigurationError for the first variable that is not usable."""
    for name, where in REQUIRED.items():
        _demand(env.get(name), f"{name} is not set. Set it to {where}.")
    for name in ("KRYPTOGO_CALLBACK_TOKEN", "KRYPTOGO_CALLBACK_SECRET"):
        _demand(env.get(name) != "", f"{name} is set but empty. Give it a value or unset it.")
    result = Settings(
        client_id=env["KRYPTOGO_CLIENT_ID"],
        api_key=env["KRYPTOGO_STUDIO_API_KEY"],
        origin=env["KRYPTOGO_ORIGIN"],
        callback_url=_url(env, "KRYPTOGO_CALLBACK_URL"),
        callback_token=env.get("KRYPTOGO_CALLBACK_TOKEN"),
        callback_secret=env.get("KRYPTOGO_CALLBACK_SECRET"),
        api_base_url=(_url(env, "KRYPTOGO_API_BASE_URL") or OFFICIAL_API).rstrip("/"),
        environment=_one_of(env, "KRYPTOGO_ENVIRONMENT", "production", "test"),
        worker=_one_of(env, "KRYPTOGO_WORKER", "on", "off") == "on",
    )
    _demand(
        "?" not in (result.callback_url or ""),
        "KRYPTOGO_CALLBACK_URL must have no query: the token is appended to it.",
    )
    if result.environment == "production":
        _check_production(result)
    return result


def _demand(met: object, message: str) -> None:
    if not met:
        raise ConfigurationError(message)


def _one_of(env: Mapping[str, str], name: str, default: str, other: str) -> str:
    value = env.get(name, default)
    _demand(value in (default, other), f"{name} is {value!r}. Set it to {default} or {other}.")
    return value


def _url(env: Mapping[str, str], name: str) -> str | None:
    url = env.get(name) or None
    good = url is None or re.match(r"https?://[^/?#]", url)
    _demand(good, f"{name} is {url!r}. Set it to an absolute http(s) URL.")
    return url


def _check_production(values: Settings) -> None:
    token = 'a long random string: python -c "import secrets; print(secrets.token_urlsafe(32))"'
    https = values.callback_url is None or values.callback_url.startswith("https://")
    for name, good, remedy in (
        ("KRYPTOGO_API_BASE_URL", values.api_base_url == OFFICIAL_API, OFFICIAL_API),
        ("KRYPTOGO_CALLBACK_URL", https, "an https URL"),
        ("KRYPTOGO_CALLBACK_TOKEN", values.callback_token not in (None, "change-me"), token),
        ("KRYPTOGO_CLIENT_ID", not values.client_id.startswith("sim_"), "a real one"),
        ("KRYPTOGO_STUDIO_API_KEY", not values.api_key.startswith("sim_"), "a real one"),
    ):
        hint = f"Set it to {remedy}; or set KRYPTOGO_ENVIRONMENT=test."
        _demand(good, f"{name} is not fit for production. {hint}")
