"""What defines something in JavaScript and TypeScript, in whatever form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.tree import bare, brief, rows, said, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_CODE = frozenset("arrow_function function_expression generator_function class object".split())
_CONTAINERS = frozenset(
    "class class_declaration abstract_class_declaration interface_declaration enum_declaration"
    " internal_module module type_alias_declaration object".split()
)
SIGNATURES = frozenset("function_signature method_signature abstract_method_signature".split())
_MEMBERS = frozenset("pair public_field_definition field_definition".split())


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition: its name, and the node whose children are what is in it."""

    name: str
    inner: Node

    @property
    def is_container(self) -> bool:
        """Whether it holds members, not the steps of a function."""
        return self.inner.type in _CONTAINERS


def definition(node: Node) -> Definition | None:
    """Give what a statement, a member or a pair defines, if that is one thing with a body."""
    found = _FORMS.get(node.type)
    return found(node) if found else None


def places(node: Node) -> range:
    """Give the lines of a definition, with its decorators."""
    first = node
    while (former := first.prev_named_sibling) is not None and former.type == "decorator":
        first = former
    return range(first.start_point.row, rows(node).stop)


def is_code(node: Node | None) -> bool:
    """Tell whether a value is a function, a class or an object, or made by a call from one."""
    value = bare(node)
    if value is None or value.type in _CODE:
        return value is not None
    return value.type == "call_expression" and any(map(is_code, arguments(value)))


def arguments(call: Node) -> list[Node]:
    """Give the arguments of a call."""
    given = call.child_by_field_name("arguments")
    children = given.named_children if given is not None else []
    return [child for child in children if child.type != "comment"]


def key_of(node: Node) -> str:
    """Give the name of a member or a pair, in quotes or not."""
    key = node.child_by_field_name("key") or node.child_by_field_name("name")
    if key is None:
        return ""
    plain = text_of(key)
    return said(key) if plain is None else plain


def _named(node: Node) -> Definition | None:
    name = node.child_by_field_name("name")
    return Definition("default" if name is None else said(name), node)


def _method(node: Node) -> Definition | None:
    """A getter and a setter of one name are two; so is what is `static`."""
    words = [child.type for child in node.children if child.type in ("get", "set", "static")]
    return Definition(" ".join([*words, key_of(node)]), node)


def _signature(node: Node) -> Definition | None:
    """Overloads are told apart by what they take."""
    taken = node.child_by_field_name("parameters")
    return Definition(f"{key_of(node)}{brief(taken) if taken is not None else ''}", node)


def _exported(node: Node) -> Definition | None:
    declared = node.child_by_field_name("declaration")
    if declared is not None:
        return definition(declared)
    value = bare(node.child_by_field_name("value"))
    return Definition("default", value) if value is not None and is_code(value) else None


def _ambient(node: Node) -> Definition | None:
    found = (definition(child) for child in node.named_children)
    return next((one for one in found if one is not None), None)


def _variable(node: Node) -> Definition | None:
    declarators = [child for child in node.named_children if child.type == "variable_declarator"]
    if len(declarators) != 1:
        return None
    name, value = (declarators[0].child_by_field_name(field) for field in ("name", "value"))
    inner = bare(value)
    if name is None or name.type != "identifier" or inner is None or not is_code(inner):
        return None
    return Definition(said(name), inner)


def _expression(node: Node) -> Definition | None:
    """An assigned function, or what a call makes of one by a name: a route, a test."""
    expression = bare(node.named_children[0]) if node.named_children else None
    if expression is None:
        return None
    if expression.type == "assignment_expression":
        left, right = (expression.child_by_field_name(field) for field in ("left", "right"))
        inner = bare(right)
        if left is not None and inner is not None and is_code(inner):
            return Definition(brief(left), inner)
    elif expression.type == "call_expression":
        given = arguments(expression)
        name = text_of(given[0]) if given else None
        called = expression.child_by_field_name("function")
        if name is not None and called is not None and any(map(_is_function, given[1:])):
            return Definition(f'{brief(called)}("{name}")', expression)
    return None


def _is_function(node: Node) -> bool:
    return node.type in ("arrow_function", "function_expression", "generator_function")


def _member(node: Node) -> Definition | None:
    inner = bare(node.child_by_field_name("value"))
    if inner is None or not is_code(inner):
        return None
    return Definition(key_of(node), inner)


_FORMS: dict[str, Callable[[Node], Definition | None]] = {
    **dict.fromkeys(
        "function_declaration generator_function_declaration class_declaration"
        " abstract_class_declaration interface_declaration enum_declaration internal_module"
        " module type_alias_declaration".split(),
        _named,
    ),
    **dict.fromkeys(SIGNATURES, _signature),
    **dict.fromkeys(_MEMBERS, _member),
    **dict.fromkeys(("lexical_declaration", "variable_declaration"), _variable),
    "method_definition": _method,
    "export_statement": _exported,
    "ambient_declaration": _ambient,
    "expression_statement": _expression,
}
