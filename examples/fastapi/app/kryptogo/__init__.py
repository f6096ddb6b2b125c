# kgscaffold:id=module/init
"""KryptoGO payments: `include_router(router)`, `create_intent` at checkout, and your handlers."""

from .core.client import ProviderError
from .core.model import Intent, Payment, PaymentEvent, Status
from .core.registration import (
    RegistrationError,
    create_intent,
    payments_for_order,
    register_intent,
)
from .core.route import router
from .core.settings import ConfigurationError
from .core.worker import process_due

__all__ = [
    "ConfigurationError",
    "Intent",
    "Payment",
    "PaymentEvent",
    "ProviderError",
    "RegistrationError",
    "Status",
    "create_intent",
    "payments_for_order",
    "process_due",
    "register_intent",
    "router",
]
