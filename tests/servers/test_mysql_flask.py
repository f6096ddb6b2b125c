"""Flask on MySQL: its transactions refuse a commit inside, which a delivery's statement makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgscaffold.answers import Answers, Database, Framework
from tests.servers.mariadb import Databases
from tests.servers.mysql_shop import run
from tests.snapshots.trees import rendered

if TYPE_CHECKING:
    from pathlib import Path

DELIVER = """
from wsgi import app
client = app.test_client()
for status in ("success", "success", "expired"):
    callback = {"payment_intent_id": "early", "status": status}
    print(client.post("/api/payment/callback?token=token", json=callback).status_code)
"""


def test_deliveries_before_their_registration_are_stored(server: str, tmp_path: Path) -> None:
    for path, content in rendered(Answers(Framework.FLASK, Database.MYSQL, "shop")).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    databases = Databases(server)
    url = databases.create("flask")
    migrated = run(tmp_path, url, "-m", "flask", "db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    ran = run(tmp_path, url, "-c", DELIVER)
    databases.drop("flask")
    assert ran.stdout.split() == ["200", "200", "200"], ran.stderr
