"""What a call or a decorator serves: a method and a path, however it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import arguments
from kgscaffold.languages.javascript.tree import bare, brief, said, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_PARAMETER = re.compile(r":\w+|\{[^}]*\}")
_METHODS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "all"))


def routes(node: Node) -> Iterator[tuple[str, str]]:
    """Give each method and path that a statement or a decorated method serves, and a title.

    `router.get("/a", …)` and `router.route("/a").get(…)` are the same.
    """
    if node.type == "expression_statement" and node.named_children:
        expression = bare(node.named_children[0])
        if expression is not None and expression.type == "call_expression":
            yield from _called(expression)
    elif node.type == "method_definition":
        former = node.prev_named_sibling
        while former is not None and former.type in ("decorator", "comment"):
            yield from _decorated(former)
            former = former.prev_named_sibling


def _called(call: Node) -> Iterator[tuple[str, str]]:
    function = call.child_by_field_name("function")
    if function is None or function.type != "member_expression":
        return
    server = function.child_by_field_name("object")
    method = said(function.child_by_field_name("property"))
    if server is None:
        return
    if server.type == "call_expression":
        yield from _called(server)
        path, server = _routed(server)
    else:
        path = _path(call)
    if method in _METHODS and server is not None and path is not None and path.startswith("/"):
        yield _name(brief(server), method, path)


def _routed(call: Node) -> tuple[str | None, Node | None]:
    """Give the path and the server of `server.route(path)`, at the start of a chain of calls."""
    function = call.child_by_field_name("function")
    if function is None or function.type != "member_expression":
        return None, None
    server = function.child_by_field_name("object")
    if server is not None and server.type == "call_expression":
        return _routed(server)
    is_route = said(function.child_by_field_name("property")) == "route"
    return (_path(call), server) if is_route else (None, None)


def _decorated(decorator: Node) -> Iterator[tuple[str, str]]:
    call = decorator.named_children[0] if decorator.named_children else None
    if call is not None and call.type == "call_expression":
        method = said(call.child_by_field_name("function"))
        path = _path(call) if arguments(call) else ""
        if method.lower() in _METHODS and path is not None:
            yield _name("", method.lower(), f"/{path.strip('/')}")


def _path(call: Node) -> str | None:
    given = arguments(call)
    return text_of(given[0]) if given else None


def _name(server: str, method: str, path: str) -> tuple[str, str]:
    title = f'{server}.{method}("{path}")' if server else f'@{method.title()}("{path}")'
    return f"@{server} {method.upper()} {_PARAMETER.sub(':', path)}", title
