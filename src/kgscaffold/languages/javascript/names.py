"""The names that statements bind, import and export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import arguments, key_of
from kgscaffold.languages.javascript.tree import bare, said, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARED = frozenset(("lexical_declaration", "variable_declaration"))
_BOUND = frozenset(("identifier", "shorthand_property_identifier_pattern"))
WHOLE = "*"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Import:
    """A name that is taken from a module: what it is called there, and here.

    `name` is `*` for the whole module; `kind` are the words of a TypeScript import (`type`).
    """

    source: str
    name: str
    local: str
    kind: str = ""
    required: bool = False


def imports_of(node: Node) -> list[Import]:
    """Give what an `import` or a `const … = require(…)` takes; one of nothing for `import "x"`."""
    if node.type == "import_statement":
        return list(_imports(node))
    if node.type in _DECLARED:
        declarators = [one for one in node.named_children if one.type == "variable_declarator"]
        found = [list(_required(one)) for one in declarators]
        if all(found):
            return [one for several in found for one in several]
    return []


def imported(node: Node) -> list[str]:
    """Give the names that an `import` binds."""
    if node.type != "import_statement":
        return []
    return [one.local for one in _imports(node) if one.local]


def declared(node: Node) -> list[str]:
    """Give the names that `const`, `let` or `var` bind."""
    if node.type not in _DECLARED:
        return []
    targets = [
        target
        for one in node.named_children
        if one.type == "variable_declarator"
        and (target := one.child_by_field_name("name")) is not None
    ]
    return [name for target in targets for name in bound(target)]


def bound(pattern: Node) -> Iterator[str]:
    """Give the names that a pattern binds."""
    if pattern.type in _BOUND:
        yield said(pattern)
        return
    for child in pattern.named_children:
        is_default = pattern.type.endswith("assignment_pattern") and child != pattern.children[0]
        is_key = child == pattern.child_by_field_name("key")
        if not (is_default or is_key):
            yield from bound(child)


def exported(node: Node) -> list[tuple[str, str]]:
    """Give what an `export` says beside what it defines, as a name and a title."""
    if node.type != "export_statement":
        return []
    if any(child.type == DEFAULT for child in node.children):
        return [("export default", "export default")]
    clauses = [child for child in node.named_children if child.type == "export_clause"]
    names = [
        said(one.child_by_field_name("alias") or one.child_by_field_name("name"))
        for clause in clauses
        for one in clause.named_children
        if one.type == "export_specifier"
    ]
    return [(f"export {name}", f"export {{ {name} }}") for name in names]


def _imports(node: Node) -> Iterator[Import]:
    source = node.child_by_field_name("source")
    module = (text_of(source) if source is not None else None) or ""
    clause = next((one for one in node.named_children if one.type == "import_clause"), None)
    if clause is None:
        yield Import(module, "", "")
        return
    kind = "type" if any(child.type == "type" for child in node.children) else ""
    for child in clause.named_children:
        if child.type == "identifier":
            yield Import(module, DEFAULT, said(child), kind)
        elif child.type == "namespace_import":
            yield Import(module, WHOLE, said(child.named_children[-1]), kind)
        for one in child.named_children if child.type == "named_imports" else ():
            if one.type == "import_specifier":
                name = said(one.child_by_field_name("name"))
                local = said(one.child_by_field_name("alias")) or name
                own = "type" if any(part.type == "type" for part in one.children) else kind
                yield Import(module, name, local, own)


def _required(declarator: Node) -> Iterator[Import]:
    value = bare(declarator.child_by_field_name("value"))
    target = declarator.child_by_field_name("name")
    if value is None or target is None or value.type != "call_expression":
        return
    given = arguments(value)
    module = text_of(given[0]) if len(given) == 1 else None
    if module is None or said(value.child_by_field_name("function")) != "require":
        return
    if target.type == "identifier":
        yield Import(module, WHOLE, said(target), required=True)
    elif target.type == "object_pattern" and all(map(_is_plain, target.named_children)):
        for one in target.named_children:
            local = said(one.child_by_field_name("value") or one)
            yield Import(module, key_of(one) or local, local, required=True)


def _is_plain(one: Node) -> bool:
    """Tell whether one of the names in `{ a, b: c }` is taken as it is, not taken apart further."""
    value = one.child_by_field_name("value")
    return one.type == "shorthand_property_identifier_pattern" or (
        one.type == "pair_pattern" and value is not None and value.type == "identifier"
    )
