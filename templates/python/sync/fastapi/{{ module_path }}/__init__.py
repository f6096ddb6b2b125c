# kgscaffold:id=module/init
"""KryptoGO payments: `include_router(router)`, `create_intent` at checkout, and your handlers."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core.client import ProviderError
    from .core.model import Intent, Payment, PaymentEvent, Status
    from .core.registration import (
        PaymentUnderWay,
        RegistrationError,
        create_intent,
        payments_for_order,
        register_intent,
    )
    from .core.route import router
    from .core.settings import ConfigurationError
    from .core.worker import process_due
else:
    HOMES = {
        "client": ("ProviderError",),
        "model": ("Intent", "Payment", "PaymentEvent", "Status"),
        "registration": (
            "PaymentUnderWay",
            "RegistrationError",
            "create_intent",
            "payments_for_order",
            "register_intent",
        ),
        "route": ("router",),
        "settings": ("ConfigurationError",),
        "worker": ("process_due",),
    }

    def __getattr__(name: str) -> object:
        """What is in `__all__`, imported when it is first used: the commands need no FastAPI."""
        for home, names in HOMES.items():
            if name in names:
                return getattr(import_module(f".core.{home}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ConfigurationError",
    "Intent",
    "Payment",
    "PaymentEvent",
    "PaymentUnderWay",
    "ProviderError",
    "RegistrationError",
    "Status",
    "create_intent",
    "payments_for_order",
    "process_due",
    "register_intent",
    "router",
]
