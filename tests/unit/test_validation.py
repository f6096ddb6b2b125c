"""What may be entered, and what is refused with its rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kgscaffold import validation
from kgscaffold.validation import InvalidValueError

ACCEPTED: list[tuple[Callable[[str], str], str, str]] = [
    (validation.valid_route, "/api/payment/callback", "/api/payment/callback"),
    (validation.valid_route, "/webhook/kryptogo", "/webhook/kryptogo"),
    (validation.valid_route, "/a-b_c.d~e", "/a-b_c.d~e"),
    (validation.valid_module, "app/kryptogo", "app/kryptogo"),
    (validation.valid_module, "shop2/pay_ments/", "shop2/pay_ments"),
    (validation.valid_table, "orders", "orders"),
    (validation.valid_table, "shop_orders_2", "shop_orders_2"),
    (validation.valid_table, "a" * 63, "a" * 63),
    (validation.valid_order_data_key, "order_id", "order_id"),
    (validation.valid_order_data_key, "meta.orderId-1", "meta.orderId-1"),
]

REFUSED: dict[Callable[[str], str], list[str]] = {
    validation.valid_route: [
        "",
        "/",
        "callback",
        "//evil.example/x",
        "/a/",
        "/a//b",
        "/a b",
        "/a?token=1",
        "/a#b",
        "/a/{id}",
        "/a/<id>",
        "/a/:id",
        "/a/../b",
        "/a/.",
        "/a\n",
        "/a\n/b",
        '/a"b',
        "/a'b",
        "/a\\b",
        "/ä",
        "/%2e%2e",
        "/{{ 7*7 }}",
        "/orders",
        "/orders/x/checkout",
        "/healthz",
        "/" + "a" * 200,
    ],
    validation.valid_module: [
        "",
        "kryptogo",
        "a/b/c",
        "/app/kryptogo",
        "app//kryptogo",
        "../app",
        "app/..",
        "./kryptogo",
        "app\\kryptogo",
        "app.kryptogo",
        "my-app/kryptogo",
        "app/2go",
        "app/class",
        "app/match",
        "app/Krypto",
        "app/__init__",
        "app/krypt\u00f6",
        "app/kryptogo\n",
        "app/k{{x}}",
        "json/kryptogo",
        "fastapi/kryptogo",
        "tests/kryptogo",
        "migrations/kryptogo",
        "app/main",
        "app/orders",
        "app/" + "a" * 41,
    ],
    validation.valid_table: [
        "",
        "order",
        "user",
        "select",
        "group",
        "Orders",
        "2orders",
        "or-ders",
        "or ders",
        "shop.orders",
        'orders"',
        "orders'; drop table x; --",
        "orders\n",
        "kryptogo_payments",
        "sqlite_orders",
        "pg_orders",
        "alembic_version",
        "a" * 64,
        "\u00f6rders",
    ],
    validation.valid_order_data_key: [
        "",
        "a b",
        'a"',
        "a'",
        "a\n",
        "1a",
        "a{b}",
        "\u00e4",
        "a" * 65,
    ],
}


@pytest.mark.parametrize(("rule", "text", "value"), ACCEPTED)
def test_good_values_are_accepted(rule: Callable[[str], str], text: str, value: str) -> None:
    assert rule(text) == value


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in REFUSED.items() for text in texts]
)
def test_bad_values_are_refused_with_the_rule(rule: Callable[[str], str], text: str) -> None:
    with pytest.raises(InvalidValueError, match=r"^must "):
        rule(text)
