"""Derive the other forms of the Node templates: `python scripts/derive_node.py`.

`templates/node/typescript_esm` is written by hand; the folders of `FORMS` come from it, by the
program in `scripts/derive_node/`, and are never edited by hand. `--check` writes nothing and exits
1 where they are not what would be derived.
"""

from __future__ import annotations

import argparse
import json
import posixpath
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from jinja2 import ChainableUndefined, Template
from node_tools import find_node, install

from kgscaffold.answers import Database, Framework
from kgscaffold.render.data import template_data
from kgscaffold.stacks import answers_for, stack_of

TEMPLATES = Path(__file__).resolve().parent.parent / "templates/node"
PROGRAM = Path(__file__).resolve().parent / "derive_node"
SOURCE = "typescript_esm"
FORMS = ("typescript_commonjs", "javascript_esm", "javascript_commonjs")
ONLY_TYPESCRIPT = re.compile(r"(shop/)?(nestjs|typeorm|typeorm_drivers)/")
"""The parts that live by decorators, which JavaScript has not."""
RENDERED = ".jinja"
TAG = re.compile(r"\{\{ .*? \}\}")
UNUSED = 0xE000  # the first of the letters that mean nothing
REQUIRED = re.compile(r"""^(?:const [^=]*|\}) = require\("(\.[^"]*)"\)""", re.MULTILINE)


def derive() -> dict[str, str]:
    """Give the text of every derived file by its path below `TEMPLATES`.

    Raises ValueError where a text cannot be derived, with its file and line.
    """
    texts = _texts(SOURCE)
    sent = {path: without_tags(path, text) for path, text in texts.items() if _is_code(path)}
    decorated = {path: text for path, text in sent.items() if ONLY_TYPESCRIPT.match(path)}
    made = converted({path: text for path, text in sent.items() if path not in decorated})
    made |= converted(decorated, "--typescript")
    derived = {}
    for path, text in texts.items():
        for form in FORMS[:1] if ONLY_TYPESCRIPT.match(path) else FORMS:
            one = made[path][form] if path in sent else _named(text, form)
            derived[f"{form}/{_named(path, form)}"] = (
                with_tags(text, one) if path.endswith(RENDERED) else one
            )
    commonjs = "javascript_commonjs/"
    refuse_circles({path: text for path, text in derived.items() if path.startswith(commonjs)})
    return derived


def without_tags(path: str, text: str) -> str:
    """Give a template with text as long as usual for each tag: what is derived is formatted."""
    if not path.endswith(RENDERED):
        return text
    named = [database for database in Database if f"/{database}/" in path]
    answers = answers_for("shop", Framework.EXPRESS, named[0] if named else Database.SQLITE)
    data = template_data(answers, stack_of(answers))
    for tag, letter in _letters(text).items():
        # What a template imports is not there: it stands in statements of many lines.
        usual = Template(tag, undefined=ChainableUndefined).render(data)
        text = text.replace(tag, letter * max(1, len(usual)))
    return text


def with_tags(text: str, made: str) -> str:
    """Give what was made of a template, with its tags and no others: JSDoc has braces, too."""
    made = made.replace("{{", '{{ "{{" }}')
    for tag, letter in _letters(text).items():
        made = re.sub(f"{letter}+", tag.replace("\\", "\\\\"), made)
    return made


def _letters(text: str) -> dict[str, str]:
    """Give a letter that is in no text, for each tag of one."""
    return {tag: chr(UNUSED + number) for number, tag in enumerate(sorted(set(TAG.findall(text))))}


def refuse_circles(texts: dict[str, str]) -> None:
    """Raise ValueError for modules that `require` each other, by their paths in the layers."""
    needs: dict[str, set[str]] = {}
    for path, text in texts.items():
        module = path.removesuffix(RENDERED).removesuffix(".js")
        module = module[max(module.find("{{"), 0) :]  # its layers come together in a project
        for found in REQUIRED.finditer(text):
            needed = posixpath.normpath(posixpath.join(posixpath.dirname(module), found[1]))
            needs.setdefault(module.removesuffix("/index"), set()).add(needed)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ValueError(f"these modules require each other: {circle}") from error


def _texts(form: str) -> dict[str, str]:
    """Give the files of a form by their paths in it."""
    folder = TEMPLATES / form
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _is_code(path: str) -> bool:
    return path.removesuffix(RENDERED).endswith(".ts")


def _named(text: str, form: str) -> str:
    """Give a path, or the paths of a manifest, as the form has them."""
    return re.sub(r"\.ts(?=\.jinja$|$|\")", ".js", text) if form.startswith("java") else text


def converted(code: dict[str, str], *flags: str) -> dict[str, dict[str, str]]:
    """Give what the program, with its flags, makes of each text of TypeScript, by path and form.

    Raises ValueError where a text cannot be derived, with its file and line.
    """
    installed = install(PROGRAM)
    ran = subprocess.run(
        [find_node(), str(installed / "main.ts"), *flags],
        input=json.dumps({path.removesuffix(RENDERED): text for path, text in code.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise ValueError(ran.stderr.strip())
    made: dict[str, dict[str, str]] = json.loads(ran.stdout)
    return {path: made[path.removesuffix(RENDERED)] for path in code}


def main() -> int:
    """Write the derived files, or compare with `--check`; the exit code."""
    parser = argparse.ArgumentParser(description="Derive the other forms of the Node templates.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    check: bool = parser.parse_args().check
    try:
        derived = derive()
    except ValueError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    present = {f"{form}/{path}": text for form in FORMS for path, text in _texts(form).items()}
    changed = sorted(
        path for path in present.keys() | derived.keys() if present.get(path) != derived.get(path)
    )
    for path in changed:
        sys.stderr.write(f"{'differs' if check else 'derived'}: templates/node/{path}\n")
        if check:
            continue
        file = TEMPLATES / path
        if path in derived:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(derived[path], encoding="utf-8")
        else:
            file.unlink()
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
