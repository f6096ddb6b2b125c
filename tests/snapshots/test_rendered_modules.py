"""Tables in the generated code that nothing but a test keeps complete, asked for by importing it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.snapshots.trees import PYTHON, name_of, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kgscaffold.answers import Answers
    from tests.snapshots.trees import Tree

CORE = "app/kryptogo/core"
_EXPORTS = """
import json
from app import kryptogo
print(json.dumps([n for n in [*kryptogo.__all__, "not_exported"] if not hasattr(kryptogo, n)]))
"""
_TABLES = """
import json
from app.kryptogo.core.model import Status
from app.kryptogo.core.screen import REASONS, explain
from app.kryptogo.core.decision import Move, decide
held = [f"{t}_after_{o}" for o in Status for t in Status if decide(o, t) is Move.HOLD]
print(json.dumps([held, {reason: explain(reason) for reason in [*REASONS, "of_another_version"]}]))
"""


def _asked(program: str, tree: Tree, folder: Path) -> Any:
    """What a program in a project's folder prints, as JSON."""
    for path, content in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("answers", PYTHON, ids=name_of)
def test_all_that_the_package_exports_is_there(answers: Answers, tmp_path: Path) -> None:
    missing = _asked(_EXPORTS, rendered(answers), tmp_path)
    assert missing == ["not_exported"]


@pytest.mark.parametrize("answers", PYTHON, ids=name_of)
def test_every_reason_for_a_review_is_explained_and_no_other(
    answers: Answers, tmp_path: Path
) -> None:
    tree = rendered(answers)
    held, explained = _asked(_TABLES, tree, tmp_path)
    given = {*_reasons_in(tree[f"{CORE}/decision.py"]), *_reasons_in(tree[f"{CORE}/settle.py"])}
    assert {"amount_mismatch", "order_already_paid", "unsettled_for_30_days"} <= given
    assert len(held) > 0
    assert set(explained) == {*given, *held, "of_another_version"}
    for told in explained.values():
        assert told["happened"].endswith(".")
        assert told["keep"]
        assert told["adopt"]


def _reasons_in(source: bytes) -> Iterator[str]:
    """What `_held` is given, what a function returns, and what is noted for review."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="_held"), args=values) | ast.BoolOp(values=values):
                yield from _texts(values)
            case ast.Return(value=ast.Constant() as value):
                yield from _texts([value])
            case ast.Return(value=ast.IfExp(body=value)):
                yield from _texts([value])


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
