"""The tree of a JavaScript or TypeScript text, and what its nodes say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

FUNCTIONS = frozenset(
    "arrow_function function_expression generator_function function_declaration"
    " generator_function_declaration method_definition".split()
)
_WRAPPERS = frozenset(
    "await_expression parenthesized_expression satisfies_expression as_expression"
    " non_null_expression type_assertion".split()
)
_DEEPEST = 200
# TypeScript 5's `export type * from`, which the grammar does not know: read without the word.
_PASSED_ON = re.compile(rb"^(\s*export\s+)type(\s*\*)", re.MULTILINE)
_CLOSING = frozenset((")", "]", "}"))
_BODIES = frozenset(("statement_block", "class_body", "switch_body"))
_VERBATIM = frozenset(("template_string", "regex", "jsx_text"))


@cache
def _parser(grammar: str) -> Parser:
    from tree_sitter import Language, Parser

    if grammar == "javascript":
        import tree_sitter_javascript

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    if grammar == "tsx":
        return Parser(Language(tree_sitter_typescript.language_tsx()))
    return Parser(Language(tree_sitter_typescript.language_typescript()))


def program(lines: Sequence[str], grammars: Sequence[str]) -> Node | None:
    """Give the program that some lines are, by the first grammar that fits.

    None if none does, and for what is nested too deep to be gone through.
    """
    root = parsed(lines, grammars)
    return None if root is None or is_too_deep(root) else root


def parsed(lines: Sequence[str], grammars: Sequence[str]) -> Node | None:
    """Give the same, however deep it is."""
    try:
        text = "".join(f"{line}\n" for line in lines).encode()
    except UnicodeEncodeError:
        return None
    text = _PASSED_ON.sub(rb"\1    \2", text)
    for grammar in grammars:
        root = _parser(grammar).parse(text).root_node
        if not root.has_error:
            return root
    return None


def is_too_deep(root: Node) -> bool:
    """Tell whether more is within one another than Python goes down."""
    cursor = root.walk()
    while True:
        if cursor.goto_first_child():
            if cursor.depth > _DEEPEST:
                return True
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False


def broken_at(text: str, grammar: str) -> int:
    """Give the first line, from 1, at which a text that does not parse is not understood."""
    node = _parser(grammar).parse(text.encode()).root_node
    while inner := next((child for child in node.children if child.has_error), None):
        node = inner
    return node.start_point.row + 1


def said(node: Node | None) -> str:
    """Give the text of a node, nothing for none."""
    return (node.text or b"").decode() if node is not None else ""


def rows(node: Node) -> range:
    """Give the lines that a node is at."""
    return range(node.start_point.row, node.end_point.row + 1)


def meaning(node: Node) -> str:
    """Give all that a node says, whatever its layout, its quotes and its comments."""
    return " ".join(_tokens(node, whole=True))


def header(node: Node) -> str:
    """Give what a node says without the bodies in it: those of functions, branches, classes."""
    return " ".join(_tokens(node, whole=False))


def brief(node: Node) -> str:
    """Give the same in as few signs as it takes, for what is short: `app.locals.name`."""
    return "".join(_tokens(node, whole=False))


def text_of(node: Node) -> str | None:
    """Give what a string, or a template without values, stands for; None for another node."""
    if node.type == "string" and node.is_named:
        return said(node)[1:-1]
    if node.type == "template_string" and not _has_values(node):
        return said(node)[1:-1]
    return None


def bare(node: Node | None) -> Node | None:
    """Give an expression without what only surrounds it: `await`, brackets, `satisfies`."""
    while node is not None and node.type in _WRAPPERS:
        node = next((child for child in node.named_children if child.type != "comment"), None)
    return node


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all that is in it."""
    yield node
    for child in node.children:
        yield from walk(child)


def _has_values(node: Node) -> bool:
    return any(child.type == "template_substitution" for child in node.children)


def _tokens(node: Node, *, whole: bool) -> Iterator[str]:
    if node.type in _VERBATIM:
        yield said(node)
    elif node.type == "string" and node.is_named:
        yield _quoted(said(node))
    elif node.type in _BODIES and not whole:
        yield "{}"
    elif not node.children:
        yield said(node)
    else:
        yield from _inner_tokens(node, whole=whole)


def _inner_tokens(node: Node, *, whole: bool) -> Iterator[str]:
    """Give the tokens in a node, without those that a formatter adds and takes away."""
    alone = node.child_by_field_name("parameter") if node.type == "arrow_function" else None
    children = [child for child in node.children if child.type not in ("comment", ";")]
    for place, child in enumerate(children):
        following = children[place + 1].type if place + 1 < len(children) else ""
        if child.type == "," and following in _CLOSING and children[place - 1].is_named:
            continue
        if child == alone:
            yield from ("(", said(child), ")")
        else:
            yield from _tokens(child, whole=whole)


def _quoted(text: str) -> str:
    """Give a string in double quotes."""
    if text.startswith('"'):
        return text
    inner = text[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{inner}"'
