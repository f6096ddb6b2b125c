"""Which part of the package may import which: arrows point down, and nothing goes in circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import kgscaffold

PACKAGE = Path(kgscaffold.__file__).parent
NAME = PACKAGE.name
# Each part, a package or a module, with all that it may import; these stand above it. What is not
# here fails: a part as well as an import. Imports in functions and for types count like any other.
ALLOWED = {
    "errors": "",
    "ports": "",
    "program": "",
    "versions": "",
    "answers": "",
    "languages": "answers errors",
    "migrations": "answers errors languages",
    "stacks": "answers errors languages migrations",
    "validation": "answers errors languages migrations stacks",
    "output": "errors",
    "state": "answers errors languages validation versions",
    "render": "answers errors languages migrations stacks state versions",
    "merge": "errors languages",
    "apply": "errors state",
    "project": "answers apply errors languages merge render state",
    "detect": "apply errors project state",
    "plan": "answers apply errors languages merge migrations output project render stacks state"
    " versions",
    "scaffold": "answers apply detect errors plan project render state",
    "install": "errors languages stacks",
    "simulator": "",
    "verify": "errors ports simulator",
    "demo": "answers apply detect errors languages ports program project scaffold simulator stacks"
    " state",
    "cli": "answers apply demo detect errors install languages output plan program project render"
    " scaffold simulator stacks state validation verify versions",
    "__main__": "cli",
}
Imports = dict[str, set[str]]


def _modules() -> dict[str, Path]:
    """Give the source of every module by its full name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join((NAME, *parts)).removesuffix(".__init__")] = path
    return found


MODULES = _modules()


def _imported(tree: ast.AST) -> Iterator[str]:
    """Give the modules of this package that a module names, wherever in it it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are written in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                target = full if full in MODULES else str(node.module)
                if target in MODULES:
                    yield target


def _graph() -> Imports:
    return {
        name: set(_imported(ast.parse(path.read_text(encoding="utf-8")))) - {name}
        for name, path in MODULES.items()
    }


GRAPH = _graph()


def _part(module: str) -> str:
    """Give the part that a module belongs to; the package's own file is none."""
    return module.removeprefix(NAME).removeprefix(".").partition(".")[0]


def _between_parts() -> Imports:
    parts: Imports = {}
    for module, imported in GRAPH.items():
        parts.setdefault(_part(module), set()).update(map(_part, imported))
    return {part: {*imported} - {part, ""} for part, imported in parts.items() if part}


PARTS = _between_parts()


def test_every_part_is_in_the_table() -> None:
    assert PARTS.keys() <= ALLOWED.keys()


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_imports_only_what_the_table_allows(part: str) -> None:
    assert PARTS[part] <= set(ALLOWED[part].split())


def test_arrows_point_one_way_so_that_no_part_imports_itself_through_others() -> None:
    order = list(ALLOWED)
    for part, allowed in ALLOWED.items():
        assert all(order.index(name) < order.index(part) for name in allowed.split()), part


def test_no_modules_import_each_other_in_a_circle() -> None:
    """But for a package's own file, which may name what stands in the package."""
    without = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    TopologicalSorter(
        {name: imported - without for name, imported in GRAPH.items() if name not in without}
    ).prepare()


def test_it_is_first_looked_at_then_planned_then_applied() -> None:
    reach = {part: set(allowed.split()) for part, allowed in ALLOWED.items()}
    assert {"detect", "plan", "apply"} <= reach["scaffold"]
    assert "plan" not in reach["detect"]
    assert not {"detect", "plan"} & reach["apply"]
