"""Rendering: deterministic, complete, and clear about broken templates."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kgscaffold.answers import Answers, Database, Framework, Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.render import RENDERING, fingerprint, render
from kgscaffold.render.layers import MANIFEST, templates_root
from kgscaffold.render.rules import find_id, policy_of
from kgscaffold.stacks import stack_of
from kgscaffold.stacks.model import Requirement

ANSWERS = Answers(
    Framework.FASTAPI,
    Database.SQLITE,
    "shop",
    module="store/pay",
    route="/pay/back",
    orders_table="purchases",
    order_data_key="purchase",
)
LAYERS = stack_of(ANSWERS).layers


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Small templates of the same layers as the real ones."""
    root = tmp_path / "templates"
    for layer in LAYERS:
        folder = root / layer
        folder.mkdir(parents=True)
        name = layer.replace("/", "-")
        add(root, f"{name}.txt", f"# kgscaffold:id=core/{name}\n", layer)
    return root


def add(templates: Path, name: str, text: str, layer: str = LAYERS[0], entry: str = "") -> None:
    """Write a template, and its id (or `entry`) into the manifest."""
    path = templates / layer / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    with (templates / layer / MANIFEST).open("a", encoding="utf-8") as manifest:
        manifest.write(f"{name.removesuffix('.jinja')!r} = {entry or repr(find_id(text))}\n")


def test_the_same_answers_give_the_same_files() -> None:
    assert render(ANSWERS) == render(ANSWERS)


def test_every_answer_arrives_and_no_template_syntax_is_left() -> None:
    files = render(ANSWERS)
    text = "\n".join(file.content.decode() for file in files.values())
    for value in ("/pay/back", "purchases", "purchase", "store.pay", 'name = "shop"'):
        assert value in text
    for trace in ("{{", "{%", "kryptogo_path", "app/kryptogo", "app.kryptogo", "/work/", "/tmp/"):
        assert trace not in text, trace
    paths = [file.path for file in files.values()]
    assert len(paths) == len(set(paths))
    assert not any(path.startswith(("app/", "_macros")) for path in paths)


def test_names_suffixes_macros_and_policies(templates: Path) -> None:
    (templates / LAYERS[0] / "_macros").mkdir()
    (templates / LAYERS[0] / "_macros/m.jinja").write_text(
        "{% macro shout(x) %}{{ x | upper }}{% endmacro %}", encoding="utf-8"
    )
    add(
        templates,
        "{{ module_path }}/handlers/success.py.jinja",
        "# kgscaffold:id=handlers/success\r\n"
        "{% from '_macros/m.jinja' import shout %}{{ shout(route) }}\r\n",
    )
    add(templates, "plain.txt", "# kgscaffold:id=core/plain\n{{ not rendered }}\n")
    add(
        templates,
        "{% if database.scheme == 'mysql' %}never.txt{% endif %}.jinja",
        "# kgscaffold:id=core/never\n",
    )
    files = render(ANSWERS, templates)
    assert files["handlers/success"].path == "store/pay/handlers/success.py"
    assert files["handlers/success"].content.endswith(b"/PAY/BACK\n")
    assert files["handlers/success"].policy is Policy.SEEDED
    assert b"{{ not rendered }}" in files["core/plain"].content
    assert "core/never" not in files
    assert len(files) == len(LAYERS) + 2


def test_what_makes_a_rendering_is_known_by_its_fingerprint(templates: Path) -> None:
    before = fingerprint(ANSWERS, templates)
    assert fingerprint(ANSWERS, templates) == before
    found = {before, fingerprint(ANSWERS._replace(route="/other"), templates)}
    add(templates, "a.txt", "# kgscaffold:id=core/a\n")
    found.add(fingerprint(ANSWERS, templates))
    (templates / LAYERS[0] / "a.txt").rename(templates / LAYERS[0] / "b.txt")
    found.add(fingerprint(ANSWERS, templates))
    (templates / LAYERS[0] / "b.txt").rename(templates / LAYERS[0] / "b.txt.jinja")
    found.add(fingerprint(ANSWERS, templates))
    (templates / LAYERS[0] / "_macros").mkdir()
    (templates / LAYERS[0] / "_macros/m.jinja").write_text("{% set x = 1 %}", encoding="utf-8")
    found.add(fingerprint(ANSWERS, templates))
    with (templates / LAYERS[0] / MANIFEST).open("a", encoding="utf-8") as manifest:
        manifest.write("# a remark\n")
    found.add(fingerprint(ANSWERS, templates))
    assert len(found) == 7


def test_the_records_of_a_combination_are_a_part_of_what_makes_it(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(ANSWERS, templates)
    stack = stack_of(ANSWERS)
    more = stack._replace(framework=stack.framework._replace(server=(Requirement("hypercorn>=1"),)))
    monkeypatch.setattr("kgscaffold.render.stack_of", lambda *_: more)
    assert fingerprint(ANSWERS, templates) != before


def test_other_files_from_the_same_templates_need_another_number(templates: Path) -> None:
    add(
        templates,
        "{{ module_path }}/a.txt.jinja",
        "# kgscaffold:id=core/a\r\n  {% if route %}\n{{ route }}\n  {% endif %}\n\n",
    )
    made = [(file.path, file.content) for file in render(ANSWERS, templates).values()]
    assert RENDERING == 1, "then write down what it makes of these now"
    assert ("store/pay/a.txt", b"# kgscaffold:id=core/a\n/pay/back\n\n") in made


def test_the_parent_of_a_migration_is_recorded() -> None:
    files = [file for file in render(ANSWERS).values() if file.policy is Policy.ONCE]
    parents = [file.parent for file in sorted(files, key=lambda file: file.path)]
    assert parents[:3] == [None, "0001", "0002"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.txt", "# kgscaffold:id=core/python-core\n", "two files have the id"),
        ("a.txt.jinja", "# kgscaffold:id=core/a\n{{ no_such_variable }}", "UndefinedError"),
        ("a.txt.jinja", "# kgscaffold:id=core/a\n{% if %}", "TemplateSyntaxError"),
        ("python-fastapi.txt", "# kgscaffold:id=core/a\n", "two layers contain the same path"),
    ],
)
def test_broken_templates_are_named(templates: Path, name: str, text: str, told: str) -> None:
    add(templates, name, text)
    with pytest.raises(PreconditionError, match=told) as refused:
        render(ANSWERS, templates)
    assert refused.value.paths


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("'core/b'", "its kgscaffold:id line is not that of core/b"),
        ("'core/b'\n'more.txt' = 7", "not sound"),
        ("'Not an id'", "not sound"),
        ("{ policy = 'once' }", "not sound"),
        ("{ id = 'core/a', policy = 'mine' }", "not sound"),
        ("", "not sound"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(templates: Path, entry: str, told: str) -> None:
    add(templates, "a.txt", "# kgscaffold:id=core/a\n", entry=entry or "=")
    with pytest.raises(PreconditionError, match=told) as refused:
        render(ANSWERS, templates)
    assert refused.value.paths


def test_a_file_that_no_manifest_names_is_named(templates: Path) -> None:
    (templates / LAYERS[0] / "a.txt").write_text("# kgscaffold:id=core/a\n", encoding="utf-8")
    with pytest.raises(PreconditionError, match=r"the manifest does not name a\.txt") as refused:
        render(ANSWERS, templates)
    assert refused.value.paths == (str(templates / LAYERS[0] / MANIFEST),)


def test_a_file_without_a_header_is_what_the_manifest_says(templates: Path) -> None:
    add(templates, "b.json", "{}\n", entry="'project/b'")
    add(templates, "a.json", "{}\n", entry="{ id = 'core/settings', policy = 'patch' }")
    files = render(ANSWERS, templates)
    assert files["project/b"].policy is Policy.SEEDED
    assert files["core/settings"].policy is Policy.PATCH
    assert files["core/settings"].path == "a.json"


def test_every_file_of_the_templates_is_in_its_manifest_with_the_id_of_its_header() -> None:
    script = Path(__file__).parents[2] / "scripts/manifests.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_no_template_asks_which_framework_or_database_it_is_for() -> None:
    asking = re.compile(rb"\{%-?\s*(?:el)?if\b[^%]*\b(?:framework|database|language)\b")
    for path in templates_root().rglob("*"):
        assert not path.is_file() or not asking.search(path.read_bytes()), path


def test_a_missing_layer_is_named(templates: Path) -> None:
    shutil.rmtree(templates / LAYERS[-1])
    with pytest.raises(PreconditionError, match="cannot be read") as refused:
        render(ANSWERS, templates)
    assert refused.value.paths == (str(templates / LAYERS[-1]),)


def test_copier_says_nothing_and_leaves_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PATH", os.devnull)
    render(ANSWERS)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_no_program_is_started_for_the_files(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    git = tmp_path / "git"
    git.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n', encoding="utf-8")
    git.chmod(0o755)
    script = (
        "from kgscaffold.answers import Answers, Database, Framework as F\n"
        "from kgscaffold.render import render\n"
        "render(Answers(F.FASTAPI, Database.SQLITE, 'shop'))"
    )
    variables = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-c", script], env=variables, check=True)
    assert not calls.exists(), calls.read_text(encoding="utf-8")


def test_two_templates_of_one_file_are_named(templates: Path) -> None:
    add(templates, "a.txt", "# kgscaffold:id=core/a\n")
    add(templates, "a.txt.jinja", "# kgscaffold:id=core/b\n")
    with pytest.raises(PreconditionError, match="two layers contain the same path"):
        render(ANSWERS, templates)


def test_a_template_stays_inside_the_project(templates: Path) -> None:
    add(templates, "{{ '.' * 2 }}/a.txt", "# kgscaffold:id=core/a\n")
    with pytest.raises(PreconditionError, match="outside the project"):
        render(ANSWERS, templates)


@pytest.mark.parametrize(
    ("file_id", "policy"),
    [
        ("handlers/success", Policy.SEEDED),
        ("migrations/0001_orders", Policy.ONCE),
        ("project/pyproject", Policy.PATCH),
        ("project/env-example", Policy.PATCH),
        ("app/main", Policy.PATCH),
        ("app/db", Policy.SEEDED),
        ("project/readme", Policy.SEEDED),
        ("tests/callback", Policy.SEEDED),
        ("core/worker", Policy.OWNED),
        ("module/config", Policy.OWNED),
    ],
)
def test_the_id_decides_the_policy(file_id: str, policy: Policy) -> None:
    assert policy_of(file_id) is policy


def test_the_id_is_looked_for_in_three_lines() -> None:
    assert find_id("#!/bin/sh\n# x\n# kgscaffold:id=core/a\n") == "core/a"
    assert find_id("<!-- kgscaffold:id=project/readme -->\n") == "project/readme"
    assert find_id("1\n2\n3\n# kgscaffold:id=core/a\n") is None


def test_no_template_has_a_trace_of_this_machine() -> None:
    for path in templates_root().rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not any(trace in text for trace in ("/work/", "/root/", "/tmp/"))
