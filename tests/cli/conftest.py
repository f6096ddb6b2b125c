from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import INIT, Cli
from tests.cli.templates import Templates


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder; logs of unexpected errors go beside it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sys.stdin", None)
    return folder


@pytest.fixture
def cli(work: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line, in the empty working folder."""
    return Cli(capsys)


@pytest.fixture
def shop(cli: Cli, work: Path) -> Path:
    """A fresh project in `shop`."""
    assert cli("init", "shop", *INIT, "--no-input").code == 0
    return work / "shop"


@pytest.fixture
def templates(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Templates:
    """Templates to change, after the project was made."""
    return Templates(tmp_path / "templates", monkeypatch)
