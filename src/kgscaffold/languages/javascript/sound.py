"""Whether a program would run: a parser alone takes a name that is declared twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.names import declared, imported
from kgscaffold.languages.javascript.tree import FUNCTIONS, said

if TYPE_CHECKING:
    from tree_sitter import Node

_BLOCKS = frozenset(("program", "statement_block", "switch_body", "switch_case", "switch_default"))
_FUNCTIONS = frozenset(("function_declaration", "generator_function_declaration"))
_CLASSES = frozenset(("class_declaration", "abstract_class_declaration", "enum_declaration"))
_MODULE = frozenset(("import_statement", "export_statement"))


def is_sound(root: Node) -> bool:
    """Tell whether no name is bound twice in one block, and no statement is where it cannot be."""
    is_module = any(child.type in _MODULE for child in root.named_children)
    return _is_sound(root, is_module=is_module, inside=False)


def _is_sound(node: Node, *, is_module: bool, inside: bool) -> bool:
    if node.type in _BLOCKS and not _names_are_told_apart(node):
        return False
    if node.type == "return_statement" and is_module and not inside:
        return False
    if node.type == "import_statement" and not _is_at_the_top(node):
        return False
    inside = inside or node.type in FUNCTIONS or node.type == "class_static_block"
    return all(
        _is_sound(child, is_module=is_module, inside=inside) for child in node.named_children
    )


def _is_at_the_top(node: Node) -> bool:
    """Tell whether an import stands in the program itself, or in a declared module."""
    block = node.parent
    around = block.parent if block is not None else None
    return around is None or around.type in ("module", "internal_module")


def _names_are_told_apart(block: Node) -> bool:
    """Tell whether what `let`, `const`, `class` and `import` bind in a block is bound there once.

    A type may have the name of a value, and a function is declared as often as it has overloads.
    """
    once: list[str] = []
    others: set[str] = set()
    for child in block.named_children:
        inner = child.child_by_field_name("declaration") or child
        if inner.type == "import_statement":
            once += imported(inner)
        elif inner.type == "lexical_declaration":
            once += declared(inner)
        elif inner.type in _CLASSES:
            once.append(said(inner.child_by_field_name("name")))
        elif inner.type in _FUNCTIONS:
            others.add(said(inner.child_by_field_name("name")))
        elif inner.type == "variable_declaration":
            others.update(declared(inner))
    return len(once) == len({*once}) and others.isdisjoint(once)
