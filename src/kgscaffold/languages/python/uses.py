"""What a Python file offers to others, and what of others it uses, by full dotted names."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from kgscaffold.languages.python.scope import program

_DOTTED = re.compile(r"\w+(?:\.\w+)+")
# Another folder may be the root of imports, in a project that was moved into one.
_ROOT = "src/"


def module_of(path: str) -> str:
    """Give the name by which code imports a file."""
    name = path.removeprefix(_ROOT).rpartition(".")[0].replace("/", ".")
    return name.removesuffix(".__init__")


def offered(path: str, text: str) -> frozenset[str]:
    """Give a module's name and those of all that it defines or imports; none if it is unsound."""
    tree = program(text.splitlines())
    if tree is None:
        return frozenset()
    module = module_of(path)
    return frozenset({module, *(f"{module}.{name}" for name in _names(tree.body))})


def used(path: str, text: str) -> frozenset[str]:
    """Give the names that a file imports or reaches through what it imports; none if unsound.

    Names in texts are among them: a test replaces `"app.module.name"`. So are names of the file's
    own that nothing there binds: a merge may keep their use, and not their import.
    """
    tree = program(text.splitlines())
    if tree is None:
        return frozenset()
    module = package = module_of(path)
    if not path.endswith("__init__.py"):
        package = package.rpartition(".")[0]
    bound: dict[str, str] = {}
    found = {f"{module}.{name}" for name in _unbound(tree)}
    for node in ast.walk(tree):
        for name, whole in _imported(node, package):
            bound[name] = whole
            found.add(whole)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(_source(node, package))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value} if _DOTTED.fullmatch(node.value) else set()
    for node in ast.walk(tree):
        root, _, rest = _chain(node).partition(".")
        if rest and root in bound:
            found.add(f"{bound[root]}.{rest}")
    return frozenset(found)


def _names(body: list[ast.stmt], outer: str = "") -> Iterator[str]:
    """Give what statements bind, members of classes after the class's name."""
    for node in body:
        for child in ast.walk(node) if not _is_scope(node) else [node]:
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield f"{outer}{child.id}"
            elif isinstance(child, ast.alias):
                yield f"{outer}{child.asname or child.name.partition('.')[0]}"
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{outer}{child.name}"
        if isinstance(node, ast.ClassDef):
            yield from _names(node.body, f"{outer}{node.name}.")


def _unbound(tree: ast.Module) -> set[str]:
    """Give the names that are read and bound in no scope at all."""
    read, bound = set[str](), set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
    return read - bound


def _is_scope(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Give the names that an import binds, each with what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, whole
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{_source(node, package)}.{alias.name}"


def _source(node: ast.ImportFrom, package: str) -> str:
    """Give the module that names are imported from."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    parents = parents[: len(parents) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _chain(node: ast.AST) -> str:
    """Give `a.b.c` for such an expression, nothing for another."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _chain(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""
