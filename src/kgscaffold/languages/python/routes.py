"""What a decorator serves: a method and a path, however it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_PARAMETER = re.compile(r"\{[^}]*\}|<[^>]*>")
_METHODS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace"))
_ANY = frozenset(("route", "api_route"))


def routes(decorator: ast.expr) -> Iterator[tuple[str, str]]:
    """Give each method and path that a decorator serves, as a name, and a title for a person.

    `@router.get("/orders")` and `@router.api_route("/orders", methods=["GET"])` are the same.
    """
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return
    named = {item.arg: item.value for item in decorator.keywords}
    address = decorator.args[0] if decorator.args else named.get("path", named.get("rule"))
    if not (isinstance(address, ast.Constant) and isinstance(address.value, str)):
        return
    if address.value.startswith("/"):
        path = _PARAMETER.sub("{}", address.value)
        server = ast.unparse(decorator.func.value)
        title = f"@{ast.unparse(decorator.func)}({address.value!r})"
        for method in _methods(decorator.func.attr, named.get("methods")):
            yield f"@{server} {method} {path}", title


def _methods(served: str, methods: ast.expr | None) -> list[str]:
    """Give the methods of a decorator of some name; without any, those two serve GET."""
    if served in _METHODS:
        return [served.upper()]
    if served not in _ANY:
        return [served]
    if methods is None:
        return ["GET"]
    items = methods.elts if isinstance(methods, ast.List | ast.Tuple | ast.Set) else [methods]
    return sorted(
        {
            str(item.value).upper() if isinstance(item, ast.Constant) else ast.unparse(item)
            for item in items
        }
    )
