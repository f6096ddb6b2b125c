"""What a file offers to others, and what of others it uses, by full dotted names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import definition, key_of
from kgscaffold.languages.javascript.names import WHOLE, bound, declared, exported, imports_of
from kgscaffold.languages.javascript.tree import bare, program, said, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_SUFFIX = re.compile(r"\.(?:d\.)?[cm]?[jt]sx?$")
_NAME = re.compile(r"#?[\w$]+(?:\.#?[\w$]+)*")
_EXPORTS = re.compile(r"(?:module\.)?exports\.(?=\w)")
_READ = frozenset(("identifier", "type_identifier", "shorthand_property_identifier"))
_BINDING = frozenset(
    "function_declaration generator_function_declaration class_declaration function_expression"
    " abstract_class_declaration interface_declaration enum_declaration type_alias_declaration"
    " class internal_module".split()
)


def module_of(path: str) -> str:
    """Give the name of a file: its path with dots, as all names here are."""
    return _SUFFIX.sub("", path).replace("/", ".").removesuffix(".index")


def offered(path: str, text: str, grammars: Sequence[str]) -> frozenset[str]:
    """Give a module's name and those of all that it defines or imports; none if it is unsound."""
    root = program(text.splitlines(), grammars)
    if root is None:
        return frozenset()
    module = module_of(path)
    names = filter(_NAME.fullmatch, _names(root))
    return frozenset({module, *(f"{module}.{name}" for name in names)})


def used(path: str, text: str, grammars: Sequence[str]) -> frozenset[str]:
    """Give the names that a file imports or reaches through what it imports; none if unsound.

    Every text that is a path of a file is among them: a test replaces `"../core/client.js"`. So are
    names of the file's own that nothing there binds: a merge may keep their use, not their import.
    """
    root = program(text.splitlines(), grammars)
    if root is None:
        return frozenset()
    module, folder = module_of(path), posixpath.dirname(path)
    local: dict[str, str] = {}
    found = {f"{module}.{name}" for name in _unbound(root)}
    for node in walk(root):
        for one in imports_of(node):
            source = _resolved(folder, one.source)
            if source is not None:
                whole = source if one.name in ("", WHOLE) else f"{source}.{one.name}"
                local[one.local] = whole
                found.add(whole)
        source = _resolved(folder, text_of(node) or "")
        if source is not None:
            found.add(source)
            found |= {f"{source}.{name}" for name in _passed_on(node)}
    for node in walk(root):
        root_name, _, rest = _chain(node).partition(".")
        if rest and root_name in local:
            found.add(f"{local[root_name]}.{rest}")
    return frozenset(found)


def _resolved(folder: str, source: str) -> str | None:
    """Give the name of the module at a relative path, None for a package's and other texts."""
    if not source.startswith(("./", "../")):
        return None
    return module_of(posixpath.normpath(posixpath.join(folder, source)))


def _passed_on(source: Node) -> Iterator[str]:
    """Give what `export { a } from` passes on, of the module at a path."""
    statement = source.parent
    if statement is not None and statement.type == "export_statement":
        for node in walk(statement):
            if node.type == "export_specifier":
                yield said(node.child_by_field_name("name"))


def _names(root: Node) -> Iterator[str]:
    for node in root.named_children:
        found = definition(node)
        yield from (name.removeprefix("export ") for name, _ in exported(node))
        yield from (one.local for one in imports_of(node) if one.local)
        yield from declared(node.child_by_field_name("declaration") or node)
        if found is None:
            continue
        name = _EXPORTS.sub("", found.name)
        yield name
        for member in _members(found.inner):
            yield member if name == "module.exports" else f"{name}.{member}"


def _members(node: Node) -> Iterator[str]:
    body = node.child_by_field_name("body") or node
    if body.type in ("class_body", "object", "enum_body", "interface_body"):
        for member in body.named_children:
            yield key_of(member) or said(member)


def _unbound(root: Node) -> set[str]:
    """Give the names that are read and bound in no scope at all."""
    names, taken = set[str](), set[str]()
    for node in walk(root):
        if node.type in _READ:
            names.add(said(node))
        if node.type in _BINDING:
            taken.add(said(node.child_by_field_name("name")))
        elif node.type == "variable_declarator":
            taken.update(bound(node.child_by_field_name("name") or node))
        elif node.type.endswith("_parameter") or node.type == "formal_parameters":
            taken.update(bound(node))
        elif node.type in ("arrow_function", "catch_clause", "for_in_statement"):
            fields = map(node.child_by_field_name, ("parameter", "left"))
            taken.update(name for one in fields if one is not None for name in bound(one))
        taken.update(one.local for one in imports_of(node))
    return names - taken


def _chain(node: Node) -> str:
    """Give `a.b.c` for such an expression, nothing for another."""
    if node.type == "identifier":
        return said(node)
    if node.type in ("member_expression", "nested_type_identifier"):
        owner = node.child_by_field_name("object") or node.child_by_field_name("module")
        inner = _chain(bare(owner) or node) if owner is not None else ""
        name = node.child_by_field_name("property") or node.child_by_field_name("name")
        return f"{inner}.{said(name)}" if inner else ""
    return ""
