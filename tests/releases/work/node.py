"""What people do to a shop in TypeScript or JavaScript, with either module system."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from kgscaffold.answers import Answers, Framework, LanguageName, ModuleSystem
from kgscaffold.project.loading import load_lock
from tests.editing import edit

SHIPPING = "shipping the goods of ${orderId}"
OWN_TEST = """
test("goods are shipped", () => {
  if (shipGoods("42") !== "shipping the goods of 42") throw new Error("lost");
});
"""
# By framework: the file that is renamed, its new name, and where it is imported.
RENAMED = {
    Framework.EXPRESS: ("src/shop", "src/pages", "src/app"),
    Framework.NESTJS: ("src/orders/checkout.controller", "src/orders/pages", "src/app.module"),
}
_LOGS = re.compile(r"^ +(?:console|this\.logger)\.log\(", re.MULTILINE)
_NAMES = re.compile(r"\{.*\}")
_FROM_ORDERS = re.compile(r"^.*\.\./\.\./orders.*\n", re.MULTILINE)
_FROM_SOURCE = re.compile(r"^.*\.\./src/kryptogo/handlers.*\n", re.MULTILINE)
_MODULE = re.compile(r"orders/orders\.service|orders|kryptogo/handlers(?:/success|/index)?")


def work_on(root: Path) -> None:
    """Edit handlers and other files, rename one, add code and a migration."""
    answers = load_lock(root).answers
    suffix = suffix_of(answers)
    success = root / f"src/kryptogo/handlers/success{suffix}"
    _change(success, _FROM_ORDERS, lambda line: line + _shipped(line))
    _change(success, _LOGS, lambda line: f"    shipGoods(payment.order_id);\n{line}")
    refunded = root / f"src/kryptogo/handlers/insufficient_refunded{suffix}"
    refunded.write_text(refunded.read_text() + "// Accounting wants to know of every refund.\n")
    (root / f"src/shipping{suffix}").write_text(_shipping(answers))
    _add_migration(root)
    old, new, entry = RENAMED[answers.framework]
    (root / (old + suffix)).rename(root / (new + suffix))
    edit(root / (entry + suffix), old.replace("src/", "./"), new.replace("src/", "./"))
    tests = own_tests(root)
    _change(tests, _FROM_SOURCE, lambda line: _shipped(line) + line)
    tests.write_text(tests.read_text() + OWN_TEST)
    edit(root / "package.json", '"version": "0.1.0"', '"version": "2.3.0"')
    (root / "README.md").write_text((root / "README.md").read_text() + "\nAsk Mei about refunds.\n")


def made(root: Path) -> dict[str, str]:
    """Give what must stand in which files afterwards."""
    answers = load_lock(root).answers
    suffix = suffix_of(answers)
    log = "this.logger" if answers.framework is Framework.NESTJS else "console"
    _, new, entry = RENAMED[answers.framework]
    handlers = "src/kryptogo/handlers"
    return {
        f"{handlers}/success{suffix}": f"    shipGoods(payment.order_id);\n    {log}.log(",
        f"{handlers}/insufficient_refunded{suffix}": "// Accounting wants to know",
        own_tests(root).relative_to(root).as_posix(): OWN_TEST,
        entry + suffix: new.replace("src/", "./"),
        new + suffix: "kgscaffold:id=app/shop",
        "package.json": '"version": "2.3.0"',
        "README.md": "Ask Mei about refunds.",
    }


def suffix_of(answers: Answers) -> str:
    """Give how its files of code end."""
    return ".ts" if answers.language is LanguageName.TYPESCRIPT else ".js"


def own_tests(root: Path) -> Path:
    """Give the shop's tests of the callback."""
    header = "kgscaffold:id=tests/kryptogo"
    (found,) = [path for path in root.glob("test*/*.*s") if header in path.read_text()]
    return found


def _change(path: Path, sought: re.Pattern[str], change: Callable[[str], str]) -> None:
    """Change what the pattern finds first."""
    text, number = sought.subn(lambda found: change(found[0]), path.read_text(), count=1)
    if not number:
        raise RuntimeError(f"{path} does not have {sought.pattern}")
    path.write_text(text)


def _shipped(line: str) -> str:
    """Give the line that imports what ships, as another import of the file is written."""
    return _MODULE.sub("shipping", _NAMES.sub("{ shipGoods }", line), count=1)


def _shipping(answers: Answers) -> str:
    if answers.language is LanguageName.TYPESCRIPT:
        head = "/** Where the goods go. */\nexport function shipGoods(orderId: string): string {"
    else:
        typed = "/**\n * Where the goods go.\n *\n * @param {string} orderId\n */\n"
        exported = "" if answers.module_system is ModuleSystem.COMMONJS else "export "
        head = f"{typed}{exported}function shipGoods(orderId) {{"
    text = f"{head}\n  return `{SHIPPING}`;\n}}\n"
    if (answers.language, answers.module_system) == (
        LanguageName.JAVASCRIPT,
        ModuleSystem.COMMONJS,
    ):
        return f'"use strict";\n\n{text}\nmodule.exports = {{ shipGoods }};\n'
    return text


def _add_migration(root: Path) -> None:
    """Write one like the first, which made the orders, as people do."""
    (first,) = [*root.glob("migrations/0001_*"), *root.glob("src/migrations/0001_*")]
    text = first.read_text().partition("\n")[2]
    for old, new in (("orders", "customers"), ("Orders1700000000001", "Customers1800000000003")):
        text = text.replace(old, new)
    first.with_name(f"0003_customers{first.suffix}").write_text(text)
