# kgscaffold:id=tests/init
"""The environment of the tests, set before the application is imported."""

import os
from importlib import import_module

import pytest

import_module("app")  # reads .env, so that it brings back nothing later
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "")
if not DATABASE_URL:
    pytest.exit("Set TEST_DATABASE_URL to a MySQL database that the tests may fill.", 2)
os.environ.update(
    DATABASE_URL=DATABASE_URL,
    KRYPTOGO_ENVIRONMENT="test",
    KRYPTOGO_API_BASE_URL="http://kryptogo.test",
    KRYPTOGO_CLIENT_ID="sim_client",
    KRYPTOGO_STUDIO_API_KEY="sim_key",
    KRYPTOGO_ORIGIN="http://shop.test",
    KRYPTOGO_CALLBACK_URL="http://shop.test/api/payment/callback",
    KRYPTOGO_CALLBACK_TOKEN="secret",
)
os.environ.pop("KRYPTOGO_CALLBACK_SECRET", None)
