# kgscaffold:id=module/config
"""Where the payments meet this application. Secrets are in the environment, see .env.example."""

from app.db import db
from app.orders import find_order

from .core.sessions import Sessions

ROUTE = "/api/payment/callback"
ORDER_DATA_KEY = "order_id"

metadata = db.metadata
sessions = Sessions(db)

__all__ = ["ORDER_DATA_KEY", "ROUTE", "find_order", "metadata", "sessions"]
