"""What people do to a shop in Python."""

from __future__ import annotations

import re
from pathlib import Path

from tests.editing import edit

SHIPPING = '''"""Where the goods go."""

import logging

log = logging.getLogger(__name__)


def ship_goods(order_id: str) -> None:
    log.info("shipping the goods of %s", order_id)
'''
OWN_TEST = """\
def test_goods_are_shipped(caplog: pytest.LogCaptureFixture) -> None:
    from app.shipping import ship_goods

    with caplog.at_level("INFO"):
        ship_goods("42")
    assert "shipping the goods of 42" in caplog.text


"""
# By the file in which each framework's shop is put together: what a renamed shop.py asks for.
ENTRIES = {
    "app/main.py": (("import shop", "import pages"), ("(shop.router)", "(pages.router)")),
    "app/__init__.py": (("import db, shop", "import db, pages"), ("(shop.blue", "(pages.blue")),
}
REVISION = ("revision", "down_revision")
CUSTOMERS = '''"""Our customers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("customers", sa.Column("id", sa.String(32), primary_key=True))


def downgrade() -> None:
    op.drop_table("customers")
'''


def work_on(root: Path) -> None:
    """Edit handlers and other files, rename one, add code and a migration."""
    handlers = root / "app/kryptogo/handlers"
    edit(
        handlers / "success.py",
        "import logging\n",
        "import logging\n\nfrom app.shipping import ship_goods\n",
    )
    edit(
        handlers / "success.py", "    log.info(", "    ship_goods(payment.order_id)\n    log.info("
    )
    refunded = handlers / "insufficient_refunded.py"
    refunded.write_text(refunded.read_text() + "    # Accounting wants to know of every refund.\n")
    (root / "app/shipping.py").write_text(SHIPPING)
    migration = CUSTOMERS.format(head=_head(root / "migrations/versions"))
    (root / "migrations/versions/0003_customers.py").write_text(migration)
    (root / "app/shop.py").rename(root / "app/pages.py")
    for before, after in ENTRIES[entry(root)]:
        edit(root / entry(root), before, after)
    tests = own_tests(root)
    sends = "async def send(" if "async def send(" in tests.read_text() else "def send("
    edit(tests, sends, f"{OWN_TEST}{sends}")
    edit(root / "pyproject.toml", 'version = "0.1.0"', 'version = "2.3.0"')
    (root / "README.md").write_text((root / "README.md").read_text() + "\nAsk Mei about refunds.\n")


def made(root: Path) -> dict[str, str]:
    """Give what must stand in which files afterwards."""
    return {
        "app/kryptogo/handlers/success.py": "    ship_goods(payment.order_id)\n    log.info(",
        "app/kryptogo/handlers/insufficient_refunded.py": "# Accounting wants to know",
        own_tests(root).relative_to(root).as_posix(): "def test_goods_are_shipped",
        entry(root): "(pages.",
        "app/pages.py": "kgscaffold:id=app/shop",
        "pyproject.toml": 'version = "2.3.0"',
        "README.md": "Ask Mei about refunds.",
    }


def entry(root: Path) -> str:
    """Give the file in which the shop is put together."""
    return next(path for path in ENTRIES if (root / path).is_file())


def own_tests(root: Path) -> Path:
    """Give the shop's tests of the callback, which were renamed once."""
    header = "kgscaffold:id=tests/kryptogo"
    (found,) = [path for path in root.glob("tests/*.py") if header in path.read_text()]
    return found


def _head(migrations: Path) -> str:
    text = "".join(path.read_text() for path in migrations.glob("*.py"))
    names, parents = (set(re.findall(rf'^{key} = "(.+)"', text, re.M)) for key in REVISION)
    (head,) = names - parents
    return str(head)
