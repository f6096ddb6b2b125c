"""The generated code on MySQL: what it refuses, and what it accepts, when it starts."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.mariadb import Cluster, Databases
from tests.servers.mysql_shop import execute, play, run
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    pass


def test_a_server_that_only_reads_is_left_for_another(project: Path, server: str, url: str) -> None:
    """Its connection is not used again: behind the address another may have taken over."""
    play(
        project,
        url,
        """
        await register("a", "o")
        seen = []

        async def work(tx):
            seen.append(await tx.scalar(sa.text("SELECT CONNECTION_ID()")))
            if len(seen) == 1:
                refusal = Exception(1290, "running with the --read-only option")
                raise DBAPIError("UPDATE", (), refusal, False)

        await database.transaction(work)
        assert len(set(seen)) == 2, seen
        """,
    )


COLLATION = "ALTER TABLE kryptogo_callbacks CONVERT TO CHARACTER SET utf8mb4 COLLATE "
ENGINE = "ALTER TABLE kryptogo_payments ENGINE = "
LATIN = (
    "ALTER TABLE kryptogo_callbacks MODIFY payment_intent_id varchar(64)"
    " CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL"
)


@pytest.mark.parametrize(
    ("broken", "mend", "told"),
    [
        (f"{COLLATION}utf8mb4_general_ci", f"{COLLATION}utf8mb4_bin", "utf8mb4_general_ci"),
        (
            LATIN,
            f"{COLLATION}utf8mb4_bin",
            "latin1_swedish_ci",
        ),
        (f"{ENGINE}MyISAM", f"{ENGINE}InnoDB", "MyISAM"),
    ],
    ids=["collation", "column", "engine"],
)
def test_a_table_that_breaks_what_is_relied_on_stops_the_start(
    project: Path, url: str, broken: str, mend: str, told: str
) -> None:
    execute(url, broken)
    ran = run(project, url, "-m", "app.kryptogo", "work", "--once")
    assert ran.returncode == 1, ran
    for part in (told, "DATABASE_URL", mend):
        assert part in ran.stderr
    assert "Traceback" not in ran.stderr
    execute(url, mend)
    assert run(project, url, "-m", "app.kryptogo", "work", "--once").returncode == 0


def test_a_server_without_innodb_stops_the_start(project: Path, reaper: Reaper) -> None:
    cluster = Cluster(reaper, {"innodb": "OFF", "default-storage-engine": "Aria"})
    try:
        url = Databases(cluster.url).create("shop")
        ran = run(project, url, "-m", "app.kryptogo", "work", "--once")
    finally:
        cluster.close()
    assert ran.returncode == 1, ran
    assert "DATABASE_URL names a server without InnoDB" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "wrong", ["postgresql://localhost/shop", "sqlite:///shop.db", "mysql+nonsense://localhost/shop"]
)
def test_an_address_of_another_kind_is_told_by_its_variable(project: Path, wrong: str) -> None:
    ran = run(project, wrong, "-m", "app.kryptogo", "work", "--once")
    assert ran.returncode == 1, ran
    assert "DATABASE_URL" in ran.stderr
    assert "mysql+asyncmy://localhost/shop" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+aiomysql"])
def test_an_address_with_another_known_driver_is_as_good(
    project: Path, url: str, scheme: str
) -> None:
    other = url.replace("mysql://", f"{scheme}://")
    ran = run(project, other, "-m", "app.kryptogo", "list")
    assert ran.returncode == 0, ran


def test_the_usual_log_in_of_mysql_has_what_it_needs(project: Path) -> None:
    """MariaDB has no `caching_sha2_password`; without TLS, the driver needs one package more."""
    assert '"cryptography' in (project / "pyproject.toml").read_text()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sent = import_module("asyncmy.auth").sha2_rsa_encrypt(b"secret", b"s" * 20, public)
    assert len(sent) == 256
