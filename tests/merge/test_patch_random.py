"""Random entry files: every edit of the user's stays, every change of the templates arrives."""

from __future__ import annotations

import ast
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from kgscaffold.merge import Patch, Refusal
from kgscaffold.merge.parse import parses
from kgscaffold.merge.patch import patch_file

IMPORTS = [
    *("import a", "import b", "import a, b", "import c as d"),
    *("from x import e", "from x import e, f", "from x import f", "from .y import e"),
]
BODY = ["app = App()", "app = App(title='t')", "use(e)", "use(f)  # why", "# why\nuse(a)", "g = 1"]
some_imports = st.lists(st.sampled_from(IMPORTS), unique=True, max_size=4)
some_body = st.lists(st.sampled_from(BODY), unique=True, max_size=4)


def module(imports: list[str], body: list[str]) -> str:
    return "\n".join(['"""App."""', "", *imports, "", *body, ""])


modules = st.builds(module, some_imports, some_body)


def imported(text: str) -> set[str]:
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.level} {node.module}" if isinstance(node, ast.ImportFrom) else ""
            found |= {f"{start} {alias.name} {alias.asname}" for alias in node.names}
    return found


def others(text: str) -> list[str]:
    nodes = ast.parse(text).body
    return [ast.dump(node) for node in nodes if not isinstance(node, ast.Import | ast.ImportFrom)]


def named(text: str) -> list[str]:
    """Give the names that a program imports, sets and calls, each as often as it does."""
    nodes = list(ast.walk(ast.parse(text)))
    imports = [item.asname or item.name for item in nodes if isinstance(item, ast.alias)]
    calls = [item.func for item in nodes if isinstance(item, ast.Call)]
    names = [item for item in nodes if isinstance(item, ast.Name)]
    used = [item.id for item in names if isinstance(item.ctx, ast.Store) or item in calls]
    return imports + used


def check(base: str, ours: str, theirs: str) -> None:
    result = patch_file("main.py", base.encode(), ours.encode(), theirs.encode())
    if isinstance(result, Refusal):
        return
    text = result.content.decode()
    if theirs in (base, ours) or base == ours:
        return
    gone = imported(base) - imported(theirs)
    added = imported(theirs) - imported(base)
    assert imported(text) >= (imported(ours) - gone) | added
    assert imported(text) <= imported(ours) | added
    new = [node for node in others(theirs) if node not in others(base)]
    old = [node for node in others(base) if node not in others(theirs)]
    kept = [node for node in others(ours) if node not in old]
    assert [node for node in others(text) if node in kept] == kept
    assert set(others(text)) == {*kept, *new}
    again = patch_file("main.py", base.encode(), result.content, theirs.encode())
    if isinstance(again, Refusal):
        # Of two that the user had of one name, the one left looks like an edit of the other.
        assert max(Counter(named(ours)).values()) > 1
        return
    assert again.content == result.content


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(modules, modules, modules)
def test_random_entry_files(base: str, ours: str, theirs: str) -> None:
    check(base, ours, theirs)


def test_a_name_that_is_no_longer_imported_takes_no_other_with_it() -> None:
    base = module(["import b", "from x import e, f"], [])
    check(base, base + "mine = 1\n", module(["import b", "from x import e"], []))


def test_a_name_that_is_imported_too_leaves_the_others_imported() -> None:
    base = module(["import a"], [])
    check(base, base + "mine = 1\n", module(["import a, b"], []))


PIECES = {
    "pyproject.toml": [
        '[project]\nname = "shop"\n',
        'dependencies = [\n    "a>=1",  # why\n    "b[x]>=2,<3",\n]\n',
        'dependencies = ["a>=2", "c"]\n',
        "[tool.ruff]\nline-length = 100\n",
        '[tool.ruff.lint]\nselect = ["E"]\n',
        "[tool]\nruff = 1\n",
        '[tool.mypy]\nstrict = true\nplugins = [{name = "a"}]\n',
        "[[tool.mypy.overrides]]\nmodule = 1\n",
        "tool.x.y = 1\n",
        "key = '''\n[not.a.table]\n'''\n",
        "# mine\n",
        "\n",
    ],
    ".env.example": [
        *("A=1\n", "# why\nA=2\n", "# A=3\n", "export B=1\n", "# one\n# two\nC='x'\n"),
        *("\n", "# alone\n\n", "D=\n", "not a variable\n", 'E="a\nb"\n'),
    ],
    "requirements.txt": [
        *(
            "a>=1\n",
            "A>=2\n",
            "b[x]>=2,<3 ; python_version > '3'\n",
            "# why\nc\n",
            "-r other.txt\n",
        ),
        *("\n", "d==1 \\\n    --hash=x\n", "https://example.com/e.whl\n", "a\n"),
    ],
    "package.json": [
        *('{\n  "a": 1\n}\n', '{\n  "a": {\n    "b": [\n      "x"\n    ]\n  }\n}\n', "{}\n"),
        *('{\n  "a": [\n    1\n  ]\n}\n', "[]\n", '{\n  "a": null,\n  "c": "d"\n}\n', "{"),
        *('{"c":{"x":"\\"}"},"a":1}', '{ "b": "",\n\t"a": {} }\n', '{\n "a": ["x", "y"], "b": {}}'),
        *('{ "a": { "c": "", "a": [] }, "a-b": true }\n', '{"b": 1, "b": 2}\n'),
    ],
}


def texts(path: str, size: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(PIECES[path]), max_size=size).map("".join)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(PIECES)), st.data())
def test_random_texts_are_kept_or_left_alone(path: str, data: st.DataObject) -> None:
    size = 1 if path.endswith(".json") else 5
    base, theirs = (
        data.draw(texts(path, size).filter(lambda text: parses(path, text.encode()) is not False))
        for _ in range(2)
    )
    ours = data.draw(texts(path, size))
    result = patch_file(path, base.encode(), ours.encode(), theirs.encode())
    if isinstance(result, Refusal) or base == ours:
        return
    text = result.content.decode()
    rest = iter(text.split("\n"))
    own = [line for line in ours.split("\n") if line.strip() and line not in base.split("\n")]
    if not path.endswith(".json"):
        # An array on one line may get more items, at its end.
        assert all(any(line.startswith(kept.removesuffix("]")) for line in rest) for kept in own)
    assert parses(path, ours.encode()) is False or parses(path, result.content) is not False
    assert bool(result.changes) == (text != ours)
    again = patch_file(path, base.encode(), result.content, theirs.encode())
    assert isinstance(again, Patch)
    assert (again.content, again.changes) == (result.content, ())
