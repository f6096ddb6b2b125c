"""The built wheel, installed into an environment of its own, works without the repository."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "uv", "build", "-q", "--wheel", "-o", folder, REPOSITORY, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_template(wheel: Path) -> None:
    templates = REPOSITORY / "templates"
    expected = {
        f"kgscaffold/templates/{path.relative_to(templates).as_posix()}"
        for path in templates.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert expected <= names
    assert not [name for name in names if name.startswith(("tests/", "examples/", "templates/"))]


def test_the_wheel_says_under_which_licence_it_and_what_it_writes_may_be_used(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = [name for name in packed.namelist() if name.endswith("/METADATA")]
        (licence,) = [name for name in packed.namelist() if name.endswith("/LICENSE")]
        assert "\nLicense-Expression: MIT\n" in packed.read(metadata).decode()
        assert "What kgscaffold writes into a project belongs" in packed.read(licence).decode()


def test_init_status_and_update_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    python = environment / "bin/python"
    run(sys.executable, "-m", "uv", "venv", "-q", "-p", sys.executable, environment, cwd=tmp_path)
    run(sys.executable, "-m", "uv", "pip", "install", "-q", "-p", python, wheel, cwd=tmp_path)
    command = environment / "bin/kgscaffold"
    flags = ["--framework", "fastapi", "--database", "sqlite", "--no-input", "--json"]
    created = json.loads(run(command, "init", "shop", *flags, cwd=tmp_path))
    status = json.loads(run(command, "status", "shop", "--json", cwd=tmp_path))
    assert status["counts"] == {"clean": created["counts"]["create"]}
    assert status["behind"] is False
    run(command, "update", "shop", "--check", cwd=tmp_path)
    pyproject = tmp_path / "shop/pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n[tool.mine]\nx = 1\n")
    run(command, "update", "shop", "--set", "module=app/pay", "--yes", cwd=tmp_path)
    run(command, "undo", "shop", cwd=tmp_path)
    pyproject.write_text(pyproject.read_text().removesuffix("\n[tool.mine]\nx = 1\n"))
    where = run(python, "-c", "import kgscaffold; print(kgscaffold.__file__)", cwd=tmp_path)
    assert where.startswith(str(environment))
    run(command, "undo", "shop", "--yes", cwd=tmp_path)
    assert not (tmp_path / "shop").exists()
