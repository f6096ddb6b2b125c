"""The other forms of the Node templates: how a text is derived, and that the committed are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import derive_node
import jinja2
import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = {
    found["name"]: (f"{found['given']}\n", found["form"], f"{found['derived']}\n")
    for found in re.finditer(
        r"^## (?P<name>.*)\n\n```ts\n(?P<given>[^`]*)\n```\n\n"
        r"```\w+ (?P<form>\w+)\n(?P<derived>(?:[^`]|`(?!``))*)\n```$",
        (ROOT / "tests/unit/derive_node.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}
REFUSED = {
    "enum A {}\n": "ts:1: an enum",
    "\nconst a = b!;\n": "ts:2: `!`",
    "const a = f<B>(c);\n": "ts:1: a call's type argument",
    "class A { constructor(readonly b: string) {} }\n": "ts:1: a parameter property",
    "const a = {{ b }};\n": "ts:1: ",
    'export * from "./a.js";\n': "ts:1: export *",
}


@pytest.fixture(scope="module")
def converted() -> dict[str, dict[str, str]]:
    """What becomes of every sample, by its name and form: Node is started once."""
    given = {f"{number}.ts": text for number, (text, _, _) in enumerate(SAMPLES.values())}
    return dict(zip(SAMPLES, derive_node.converted(given).values(), strict=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_form_is_what_its_users_write(converted: dict[str, dict[str, str]], name: str) -> None:
    _, form, derived = SAMPLES[name]
    assert converted[name][form] == derived


def test_what_cannot_be_derived_is_named_with_its_line() -> None:
    texts = {f"{number}.ts": text for number, text in enumerate(REFUSED)}
    with pytest.raises(ValueError, match=r"^0\.ts") as error:
        derive_node.converted(texts)
    lines = str(error.value).splitlines()
    for number, (line, why) in enumerate(zip(lines, REFUSED.values(), strict=True)):
        assert line.startswith(f"{number}.{why}")


def test_modules_that_need_each_other_are_refused() -> None:
    """Where `require` meets a circle, one of the modules is still empty."""
    texts = {
        "core/{{ module_path }}/a.js": 'const { b } = require("./c/b");\n',
        "knex/{{ module_path }}/c/b.js": 'const {\n  a,\n} = require("../a");\n',
    }
    with pytest.raises(ValueError, match=r"a -> .*/c/b -> .*/a"):
        derive_node.refuse_circles(texts)


def test_braces_of_jsdoc_are_no_tags_of_a_template() -> None:
    given = 'const route = "{{ route }}";\nfor (const a of b as { c: string }[]) f(a);\n'
    sent = derive_node.without_tags("x.ts.jinja", given)
    made = derive_node.converted({"x.ts": sent})["x.ts"]["javascript_esm"]
    text = derive_node.with_tags(given, made)
    rendered = jinja2.Template(text, keep_trailing_newline=True).render(route="/pay")
    assert rendered == (
        'const route = "/pay";\n'
        "for (const a of /** @type {{ c: string }[]} */ (b)) f(a);\n\nexport {};\n"
    )


def test_lines_are_as_long_as_those_that_are_rendered() -> None:
    given = "import { payments, RefusedError } from \"./{{ module_path.split('/')[1] }}.js\";\n"
    sent = derive_node.without_tags("x.ts.jinja", given)
    made = derive_node.converted({"x.ts": sent})["x.ts"]["javascript_esm"]
    assert derive_node.with_tags(given, made) == given


def test_the_committed_forms_are_what_is_derived_now() -> None:
    command = [sys.executable, "scripts/derive_node.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.stderr}\nDerive again: python scripts/derive_node.py"
