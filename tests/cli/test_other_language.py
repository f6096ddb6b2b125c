"""A project of another language: one `package.json` and one `.ts` file, as data and a layer.

Nothing of kgscaffold is changed for it. Neither file can be read as a program here, and JSON has no
comment for an id.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgscaffold import languages, stacks
from kgscaffold.answers import Database, Framework, LanguageName, ModuleSystem
from kgscaffold.languages.model import Language
from kgscaffold.languages.python import PYTHON
from kgscaffold.migrations.model import MigrationTool
from kgscaffold.stacks import names
from kgscaffold.stacks.model import Core, Driver, FrameworkRecord, Library, Requirement
from kgscaffold.state.paths import LOCK
from tests.cli.projects import committed
from tests.cli.running import Cli
from tests.editing import edit

INIT = ("init", "shop", "--framework", "express", "--database", "sqlite", "--no-input")
ROUTE = "app/kryptogo/route.ts"
PACKAGE = "package.json"
MANIFEST = """\
"package.json" = { id = "project/package", policy = "patch" }
"tsconfig.json" = "project/tsconfig"
"{{ module_path }}/route.ts" = "core/route"
"""
PACKAGE_TEMPLATE = """\
{
  "name": "{{ project_name }}",
  "scripts": {
    "build": "tsc",
    "start": "node dist/main.js"
  },
  "dependencies": {
{% for one in requirements %}
    "{{ one.text.split('@')[0] }}": "{{ one.text.split('@')[1] }}"{{ "," if not loop.last }}
{% endfor %}
  }
}
"""
TSCONFIG = """\
{
  "compilerOptions": {
    "module": "nodenext",
    "outDir": "dist"
  }
}
"""
ROUTE_TEMPLATE = """\
// kgscaffold:id=core/route
import { Router } from "express";

export const router = Router();

router.post("{{ route }}", (request, response) => {
  response.json({ received: true });
});
"""


class TypeScript(Language):
    name = LanguageName.TYPESCRIPT
    title = "TypeScript"
    module_systems = (ModuleSystem.ESM, ModuleSystem.COMMONJS)
    suffixes = (".ts",)
    manifest = "project/package"
    default_module = "app/kryptogo"
    install = ("npm", "install")
    build = ("npm", "run", "build")
    test = ("npm", "test")

    def module_path(self, text: str) -> str:
        return text


TYPESCRIPT = TypeScript()
EXPRESS = FrameworkRecord(
    name=Framework.EXPRESS,
    title="Express",
    cores=(Core(TYPESCRIPT, ("node/core",), ()),),
    libraries=(
        Library(
            layers=(),
            requirements=(Requirement("knex@^3"),),
            migrations=MigrationTool(),
            migrate=("npm", "run", "migrate"),
            drivers=(Driver(Database.SQLITE, "better-sqlite3", "sqlite", "{name}.db", (), ()),),
        ),
    ),
    requirements=(Requirement("express@^5"),),
    start=("npm", "start"),
    ops=("npm", "run", "--silent", "kryptogo", "--"),
)


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The layer of the throwaway project; kgscaffold's own records have it beside them."""
    root = tmp_path / "templates"
    files = {
        "manifest.toml": MANIFEST,
        "package.json.jinja": PACKAGE_TEMPLATE,
        "tsconfig.json": TSCONFIG,
        "{{ module_path }}/route.ts.jinja": ROUTE_TEMPLATE,
    }
    for name, text in files.items():
        path = root / "node/core" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "shop/dialects/sqlite").mkdir(parents=True)
    (root / "changelog.toml").write_text("", encoding="utf-8")
    for module in ("kgscaffold.render", "kgscaffold.render.changelog"):
        monkeypatch.setattr(f"{module}.templates_root", lambda: root)
    for records in (stacks, names):
        monkeypatch.setattr(records, "FRAMEWORKS", (EXPRESS,))
    monkeypatch.setattr(languages, "LANGUAGES", (PYTHON, TYPESCRIPT))
    return root / "node/core"


@pytest.fixture
def project(cli: Cli, work: Path, layer: Path) -> Path:
    assert cli(*INIT).code == 0
    return work / "shop"


def actions(cli: Cli, *more: str) -> dict[str, str]:
    """Give what an update does with each file, by id."""
    document = cli("update", "shop", "--no-input", "--json", *more).document
    return {action["id"]: action["action"] for action in document["actions"]}


def test_it_is_rendered_locked_and_told_how_to_run(cli: Cli, project: Path) -> None:
    assert json.loads((project / PACKAGE).read_text())["dependencies"] == {
        "express": "^5",
        "knex": "^3",
    }
    assert 'router.post("/api/payment/callback"' in (project / ROUTE).read_text()
    lock = json.loads((project / LOCK).read_text())
    assert lock["answers"]["language"] == "typescript"
    assert lock["answers"]["module_system"] == "esm"
    policies = {file["id"]: file["policy"] for file in lock["files"]}
    assert policies == {
        "project/package": "patch",
        "project/tsconfig": "seeded",
        "core/route": "owned",
    }
    document = cli("status", "shop", "--json").document
    assert document["commands"]["build"] == ["npm", "run", "build"]
    assert cli("update", "shop", "--check").code == 0


def test_the_next_steps_build_it_and_need_no_environment(cli: Cli, layer: Path) -> None:
    steps = cli(*INIT, "--json").document["next"]
    assert steps[:4] == ["cd shop", "npm install", "npm run build", "cp .env.example .env"]


def test_edits_and_changes_of_the_templates_come_together(
    cli: Cli, project: Path, layer: Path
) -> None:
    edit(project / ROUTE, "received: true", "received: true, by: us")
    edit(project / PACKAGE, '"start"', '"lint": "eslint .",\n    "start"')
    edit(project / "tsconfig.json", '"outDir": "dist"', '"outDir": "out"')
    edit(layer / "package.json.jinja", '"start"', '"kryptogo": "node dist/ops.js",\n    "start"')
    edit(
        layer / "{{ module_path }}/route.ts.jinja", "import {", "import type {} from 'x';\nimport {"
    )
    edit(
        layer / "tsconfig.json",
        '{\n  "compilerOptions"',
        '{\n  "include": ["app"],\n  "compilerOptions"',
    )
    assert cli("update", "shop", "--check").code == 4
    assert set(actions(cli).values()) == {"merge", "patch"}
    scripts = json.loads((project / PACKAGE).read_text())["scripts"]
    assert set(scripts) == {"build", "lint", "kryptogo", "start"}
    route = (project / ROUTE).read_text()
    assert "received: true, by: us" in route
    assert "import type {}" in route
    settings = json.loads((project / "tsconfig.json").read_text())
    assert settings == {
        "include": ["app"],
        "compilerOptions": {"module": "nodenext", "outDir": "out"},
    }
    before = committed(project)
    assert "nothing to do" in cli("update", "shop", "--no-input").out
    assert committed(project) == before


def test_the_same_line_changed_twice_is_a_conflict(cli: Cli, project: Path, layer: Path) -> None:
    edit(project / "tsconfig.json", '"dist"', '"out"')
    edit(layer / "tsconfig.json", '"dist"', '"build"')
    assert cli("update", "shop", "--no-input").code == 3
    assert "<<<<<<< yours" in (project / "tsconfig.json").read_text()


def test_a_file_without_a_header_that_is_gone_is_called_deleted(
    cli: Cli, project: Path, layer: Path
) -> None:
    (project / "tsconfig.json").unlink()
    files = {file["id"]: file for file in cli("status", "shop", "--json").document["files"]}
    assert files["project/tsconfig"]["state"] == "missing"
    edit(layer / "tsconfig.json", '"dist"', '"build"')
    told = cli("update", "shop", "--no-input")
    assert "deleted by you" in told.out + told.err
    assert not (project / "tsconfig.json").exists()


def test_a_file_with_a_header_is_found_where_it_was_moved(
    cli: Cli, project: Path, layer: Path
) -> None:
    (project / "app/pay").mkdir()
    (project / ROUTE).rename(project / "app/pay/callback.ts")
    edit(layer / "{{ module_path }}/route.ts.jinja", "received: true", "received: !0")
    assert cli("update", "shop", "--no-input").code == 0
    assert "received: !0" in (project / "app/pay/callback.ts").read_text()
    assert not (project / ROUTE).exists()


def test_undo_and_eject_know_it_too(cli: Cli, project: Path) -> None:
    assert cli("eject", "shop", "--yes").code == 0
    assert "kgscaffold" not in (project / ROUTE).read_text()
    assert cli("undo", "shop", "--yes").code == 0
    assert "kgscaffold:id=core/route" in (project / ROUTE).read_text()
    assert cli("update", "shop", "--check").code == 0
