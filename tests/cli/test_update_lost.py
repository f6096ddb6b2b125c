"""What a project's own code uses of the module and a later version has dropped, is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import Cli
from tests.cli.templates import Templates
from tests.cli.test_update_told import waits_for_a_person
from tests.releases.upgraded import release

QUEUE = "app/kryptogo/core/queue.py"
KEPT = "from app.kryptogo.core.queue import KEEP_UNREGISTERED\n"
KINDS = ("security: ", "correctness: ", "feature: ", "style: ")
TOLD = (
    "app/report.py: yours; it uses app.kryptogo.core.queue.KEEP_UNREGISTERED, which the templates"
)


@pytest.fixture
def later(templates: Templates) -> Templates:
    """A version in which one name of a module is another."""
    for path in templates.root.rglob("core/*.py"):
        path.write_text(path.read_text().replace("KEEP_UNREGISTERED", "UNREGISTERED_FOR"))
    return templates


def test_a_file_that_uses_a_dropped_name_waits_for_a_person(
    cli: Cli, shop: Path, later: Templates
) -> None:
    (shop / "app/report.py").write_text(KEPT)
    (shop / "app/other.py").write_text("from app.kryptogo.core.queue import MAX_UNREGISTERED\n")
    first = cli("update", "shop", "-y")
    assert first.code == 3, first
    assert TOLD in first.err
    assert "app/other.py" not in first.out + first.err
    waits_for_a_person(cli, shop, TOLD)
    others = cli("status", "shop", "--json").document["others"]
    assert [other["path"] for other in others] == ["app/report.py"]
    assert "it uses app.kryptogo.core.queue.KEEP_UNREGISTERED" in others[0]["left"][0]
    (shop / "app/report.py").write_text(KEPT.replace("KEEP_UNREGISTERED", "UNREGISTERED_FOR"))
    last = cli("update", "shop", "-y")
    assert last.code == 0, last
    assert '"lost"' not in (shop / ".kgscaffold/lock.json").read_text()
    assert cli("update", "shop", "-y").out == "nothing to do\n"


def test_so_does_an_edited_handler_and_a_setting(cli: Cli, shop: Path, later: Templates) -> None:
    success = shop / "app/kryptogo/handlers/success.py"
    lines = success.read_text().splitlines(keepends=True)
    use = "from ..core.queue import KEEP_UNREGISTERED as kept\n"
    success.write_text("".join([lines[0], use, *lines[1:]]))
    queue = "from .kryptogo.core import queue\n\nqueue.KEEP_UNREGISTERED.days\n"
    (shop / "app/jobs.py").write_text(queue)
    result = cli("update", "shop", "-y")
    assert result.code == 3, result
    assert "handlers/success.py: edited by you; the templates did not change it; it uses" in (
        result.err
    )
    assert "app/jobs.py: yours; it uses app.kryptogo.core.queue.KEEP_UNREGISTERED" in result.err


def test_what_was_never_there_or_the_user_took_away_is_none_of_ours(
    cli: Cli, shop: Path, later: Templates
) -> None:
    (shop / "app/report.py").write_text("from app.kryptogo.core.queue import never_there\n")
    path = shop / QUEUE
    path.write_text(path.read_text().replace("MAX_UNREGISTERED", "MOST"))
    (shop / "app/mine.py").write_text("from app.kryptogo.core.queue import MAX_UNREGISTERED\n")
    result = cli("update", "shop", "-n")
    assert "app/report.py" not in result.out
    assert "app/mine.py" not in result.out


def test_an_update_that_left_a_conflict_asks_again_once_it_is_resolved(
    cli: Cli, shop: Path, later: Templates
) -> None:
    (shop / "app/report.py").write_text(KEPT)
    path = shop / QUEUE
    path.write_text(
        path.read_text().replace(
            "KEEP_UNREGISTERED = timedelta(days=7)", "KEEP_UNREGISTERED = timedelta(days=9)"
        )
    )
    first = cli("update", "shop", "-y")
    assert first.code == 3
    assert TOLD in first.err
    assert f"{QUEUE}: " in first.err
    path.write_text("KEEP_UNREGISTERED = 9\n")
    second = cli("update", "shop", "-y")
    assert second.code == 0, second


def test_modules_of_an_earlier_version_are_named_also_in_settings(cli: Cli, tmp_path: Path) -> None:
    root = tmp_path / "old"
    release("0.2.1", "fastapi-sqlite").write(root)
    for path, text in {
        "app/jobs.py": "from app.kryptogo.core import verdict, worker\n\nverdict.Verdict\n",
        "logging.ini": "filter = app.kryptogo.core.access_log.Filter\n",
        "NOTES.md": "app.kryptogo.core.access_log hides the token\n",
    }.items():
        (root / path).write_text(text)
    payments = root / "app/kryptogo/core/payments.py"
    payments.write_text(f"{payments.read_text()}\n\nMINE = 1\n")
    result = cli("update", str(root), "-y")
    assert result.code == 3
    for path, told in {
        "app/jobs.py": "yours; it uses app.kryptogo.core.verdict, which the templates",
        "logging.ini": "yours; it uses app.kryptogo.core.access_log, which the templates",
        "app/kryptogo/core/payments.py": "the templates have dropped it, but you edited it",
    }.items():
        assert f"  {path}: {told}" in result.err
    assert "NOTES.md" not in result.err
    assert payments.read_text().endswith("MINE = 1\n")


def test_a_merge_that_keeps_a_use_and_loses_its_import_is_said(cli: Cli, tmp_path: Path) -> None:
    root = tmp_path / "old"
    release("0.2.1", "fastapi-sqlite").write(root)
    module = root / "app/kryptogo/core/ops.py"
    own = "\n\nasync def totals() -> int:\n    return len(await payments.latest(9, None))\n"
    module.write_text(module.read_text() + own)
    result = cli("update", str(root), "-y")
    assert result.code == 3
    assert "ops.py: your edits kept; it uses app.kryptogo.core.ops.payments, which" in result.err
    assert "async def totals" in module.read_text()


def test_what_the_templates_changed_is_told_once_however_many_files_it_is_in(
    cli: Cli, tmp_path: Path
) -> None:
    root = tmp_path / "old"
    release("0.2.1", "fastapi-sqlite").write(root)
    out = cli("update", str(root), "-n").out
    reasons = [line for line in out.splitlines() if line.startswith(KINDS)]
    assert len(reasons) == len(set(reasons)) < 12
    assert re.search(
        r"^style: The core once more.*\n {9}app/kryptogo/core/.* and \d+ more$", out, re.M
    )
    verbose = cli("update", str(root), "-n", "-v").out
    assert re.search(r"^style: The core once more.*\n {9}.*core/worker.py", verbose, re.M)


def test_what_was_changed_for_another_framework_is_not_told(cli: Cli, tmp_path: Path) -> None:
    """Its files have the same ids."""
    release("0.3.0", "express-sqlite").write(tmp_path / "express")
    release("0.2.1", "fastapi-sqlite").write(tmp_path / "fastapi")
    told = [cli("update", str(tmp_path / name), "-n").out for name in ("express", "fastapi")]
    assert ["A mistake of the code that Node" in text for text in told] == [True, False]
    assert "NestJS" not in "".join(told)
