"""`python3 scripts/demo.py` where the machine lacks what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts/demo.py"
PRECONDITION = 5


def _run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=folder,
        env={"PATH": "/nowhere", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = _run(tmp_path, KGSCAFFOLD_CACHE=str(tmp_path / "file"))
    assert ran.returncode == PRECONDITION
    assert "KGSCAFFOLD_CACHE" in ran.stderr


def test_a_python_without_venv_and_pip_is_told_what_to_install(tmp_path: Path) -> None:
    for name in ("venv", "pip"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not here')")
    cache = tmp_path / "cache"
    ran = _run(tmp_path, KGSCAFFOLD_CACHE=str(cache), PYTHONPATH=str(tmp_path))
    assert ran.returncode == PRECONDITION
    assert "python3-venv" in ran.stderr
    assert str(cache / "install.log") in ran.stderr
