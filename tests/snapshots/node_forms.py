"""The rendered projects of Node by form, and the packages that a form's projects need."""

from __future__ import annotations

import json
from pathlib import Path

from node_tools import install_packages

from kgscaffold.answers import Answers, LanguageName
from tests.snapshots.trees import SUPPORTED, rendered

GATES = Path(__file__).parent / "node_gates"


def form_of(answers: Answers) -> str:
    """Give the name of a form, `javascript_esm`."""
    return f"{answers.language}_{answers.module_system}"


CELLS = [answers for answers in SUPPORTED if answers.language is not LanguageName.PYTHON]
FORMS = sorted({form_of(cell) for cell in CELLS})


def packages_of(form: str) -> Path:
    """Give a folder with the packages that the form's projects need, and with the linter's own."""
    cells = [cell for cell in CELLS if form_of(cell) == form]
    manifests = [json.loads(rendered(cell)["package.json"]) for cell in cells]
    needed: dict[str, str] = {"globals": "^17", "typescript-eslint": "^8"}
    overrides: dict[str, dict[str, str]] = {}
    for manifest in manifests:
        needed |= manifest["dependencies"] | manifest["devDependencies"]
        overrides |= manifest.get("overrides", {})
    whole = manifests[0] | {
        "dependencies": needed,
        "devDependencies": {},
        "overrides": overrides,
    }
    files = {"package.json": json.dumps(whole, indent=2).encode()}
    return install_packages(f"rendered-{form}", files)
