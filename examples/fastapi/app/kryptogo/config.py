# kgscaffold:id=module/config
"""Where the payments meet this application. Secrets are in the environment, see .env.example."""

from app.db import metadata, sessions
from app.orders import find_order

ROUTE = "/api/payment/callback"
ORDER_DATA_KEY = "order_id"

__all__ = ["ORDER_DATA_KEY", "ROUTE", "find_order", "metadata", "sessions"]
