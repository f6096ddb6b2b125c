"""Scenarios of names in a project of Node: what both define, what one deleted, and one key.

`scenarios_blocks` has the same in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kgscaffold.merge.parse import has_markers
from tests.merge.shop import SHOPS, Shop, without
from tests.merge.table import scenario
from tests.merge.worlds import Templates, Updated, edit, initialise, node_shop, update

NODE = SHOPS[1:]
SUCCESS = "src/kryptogo/handlers/success"
INDEX = "src/kryptogo/handlers/index"
WORKER = "src/kryptogo/core/worker"
PAGES = "src/shop"
APP = "src/app"
PACKAGE = "package.json"
Edit = Callable[[str], str]
AFTER = "  /** At least once"
METHOD = "  refunded(payment) {{\n    {}(payment);\n  }},\n\n"


def _rendered(shop: Shop) -> Templates:
    return {file.id: file for file in node_shop(shop.name)}


def _templates(shop: Shop, path: str, change: Edit) -> Templates:
    """Give what the first release rendered, with one file otherwise."""
    files = _rendered(shop)
    (file,) = [file for file in files.values() if file.path == path]
    text = change(file.content.decode())
    assert text.encode() != file.content
    return files | {file.id: file._replace(content=text.encode())}


def _both(root: Path, shop: Shop, path: str, mine: Edit, theirs: Edit) -> Updated:
    """Have the user and the templates change a file of a shop."""
    initialise(root, _rendered(shop))
    edit(root, path, mine)
    return update(root, _templates(shop, path, theirs))


def _is_conflict(root: Path, shop: Shop, path: str, mine: Edit, theirs: Edit) -> str:
    """See that there is a conflict, and give what is said of it."""
    result = _both(root, shop, path, mine, theirs)
    assert (result.code, result.kinds()) == (3, {path: "conflict"})
    assert has_markers((root / path).read_bytes())
    return " ".join(result.notes(path))


def _is_put_beside(root: Path, shop: Shop, path: str, mine: Edit, theirs: Edit) -> str:
    """See that the user's file is as it was, the new one beside it, and give what is said."""
    initialise(root, _rendered(shop))
    edit(root, path, mine)
    before = (root / path).read_bytes()
    result = update(root, _templates(shop, path, theirs))
    assert (result.code, result.kinds()) == (3, {f"{path}.kg-new": "sidecar"})
    assert (root / path).read_bytes() == before
    return result.reason(f"{path}.kg-new")


def _sub(old: str, new: str) -> Edit:
    def change(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return change


def _cut(text: str, start: str, end: str) -> tuple[str, str]:
    """Give a text without what is from one place to another, and that."""
    before, found, rest = text.partition(start)
    inside, stop, after = rest.partition(end)
    assert found
    assert stop
    return before + stop + after, found + inside


def _deleted(text: str) -> str:
    """Give the handler without what follows the commit."""
    return _cut(text, AFTER, "};\n")[0].replace("  },\n\n};", "  },\n};")


def _moved(text: str) -> str:
    """Give the handler with that above what is in the transaction."""
    rest, method = _cut(text, AFTER, "};\n")
    return rest.replace("  },\n\n};", "  },\n};").replace(
        "  /** The order is", f"{method}\n  /** The order is"
    )


@scenario("S22", NODE)
def both_add_a_method_of_one_name_to_a_handler(root: Path, shop: Shop) -> None:
    path = shop.path(SUCCESS)
    mine = _sub("  /** The order is paid", f"{METHOD.format('mine')}  /** The order is paid")
    theirs = _sub("},\n};\n", f"}},\n\n{METHOD.format('theirs').rstrip()}\n}};\n")
    assert "refunded" in _is_conflict(root, shop, path, mine, theirs)


@scenario("S22", NODE)
def both_add_a_key_to_the_table_of_handlers(root: Path, shop: Shop) -> None:
    path = shop.path(INDEX)
    mine = _sub("  pending,\n", "  extra: pending,\n  pending,\n")
    last = "  insufficient_refunded: insufficientRefunded,\n"
    assert "extra" in _is_conflict(root, shop, path, mine, _sub(last, f"{last}  extra: null,\n"))


@scenario("S22", NODE)
def both_add_a_route_of_one_path(root: Path, shop: Shop) -> None:
    route = 'shop.get("/refunds/:{0}", async (request, response) => {{\n  {0}(response);\n}});\n\n'
    above, below = "/** A new order.", "/** Whether the process answers. */"
    mine = _sub(above, route.format("mine") + above)
    theirs = _sub(below, route.format("theirs") + below)
    assert "/refunds" in _is_conflict(root, shop, shop.path(PAGES), mine, theirs)


@scenario("S22", NODE)
def both_bind_a_name_at_the_top(root: Path, shop: Shop) -> None:
    above, below = "const CURRENCIES", "/** Whether the process answers. */"
    mine = _sub(f"{above} = ", f"const LIMIT = 1;\n{above} = ")
    theirs = _sub(below, f"const LIMIT = 2;\n\n{below}")
    _is_conflict(root, shop, shop.path(PAGES), mine, theirs)


@scenario("S22", NODE)
def both_add_a_function_of_one_name_to_the_entry_file(root: Path, shop: Shop) -> None:
    def added(word: str) -> Edit:
        return lambda text: f"{text}\nfunction health() {{\n  {word}();\n}}\n"

    _is_put_beside(root, shop, shop.path(APP), added("mine"), added("theirs"))


@scenario("S22", NODE)
def both_serve_one_path_in_the_entry_file(root: Path, shop: Shop) -> None:
    use = "  app.use(payments);\n"
    mine = _sub(use, f'  app.get("/health", mine);\n{use}')
    theirs = _sub(use, f'{use}  app.route("/health").get(theirs);\n')
    _is_put_beside(root, shop, shop.path(APP), mine, theirs)


@scenario("S2", NODE)
def both_use_something_in_the_entry_file(root: Path, shop: Shop) -> None:
    use = "  app.use(payments);\n"
    mine = _sub("  app.use(shop);\n", "  app.use(shop);\n  app.use(mine);\n")
    result = _both(root, shop, shop.path(APP), mine, _sub(use, f"{use}  app.use(theirs);\n"))
    assert (result.code, result.kinds()) == (0, {shop.path(APP): "patch"})
    text = (root / shop.path(APP)).read_text()
    assert "  app.use(payments);\n  app.use(theirs);\n  app.use(shop);\n  app.use(mine);\n" in text


@scenario("S23", NODE)
def a_method_that_the_user_deleted_and_the_templates_move(root: Path, shop: Shop) -> None:
    _is_conflict(root, shop, shop.path(SUCCESS), _deleted, _moved)


@scenario("S28", NODE)
def a_method_that_the_user_moved_and_the_templates_delete(root: Path, shop: Shop) -> None:
    path = shop.path(SUCCESS)
    _is_conflict(root, shop, path, _moved, _deleted)
    again = root.parent / "again"
    initialise(again, _rendered(shop))
    edit(again, path, _moved)
    assert update(again, _templates(shop, path, _deleted), "--check").code == 4


@scenario("S28", NODE)
def a_call_of_the_entry_file_that_the_user_edited_and_the_templates_delete(
    root: Path, shop: Shop
) -> None:
    line = "  app.use(tellError);\n"
    mine = _sub(line, "  app.use(tellError(1));\n")
    _is_put_beside(root, shop, shop.path(APP), mine, _sub(line, ""))


@scenario("S24", NODE)
def both_add_a_script_with_other_values(root: Path, shop: Shop) -> None:
    mine = _sub('    "start"', '    "lint": "eslint .",\n    "start"')
    theirs = _sub('    "test"', '    "lint": "eslint src",\n    "test"')
    result = _both(root, shop, PACKAGE, mine, theirs)
    (file,) = [file for file in _rendered(shop).values() if file.path == PACKAGE]
    assert (root / PACKAGE).read_text() == mine(file.content.decode())
    assert result.code == 3
    assert result.notes(PACKAGE)[:1] == ["scripts.lint: yours is kept; it is now 'eslint src'"]


@scenario("S24", NODE)
def both_raise_a_dependency(root: Path, shop: Shop) -> None:
    mine = _sub('"^5.1.0"', '"^5.2.0"')
    result = _both(root, shop, PACKAGE, mine, _sub('"^5.1.0"', '"^5.3.0"'))
    assert result.code == 3
    assert '"express": "^5.2.0"' in (root / PACKAGE).read_text()
    again = root.parent / "again"
    assert _both(again, shop, PACKAGE, mine, mine).code == 0


@scenario("S24", NODE)
def a_dependency_that_the_user_removed_stays_so(root: Path, shop: Shop) -> None:
    mine = _sub('    "big.js": "^7.0.0",\n', "")
    theirs = _sub('    "knex": "^3.1.0"\n', '    "knex": "^3.1.0",\n    "pg": "^8.16.0"\n')
    result = _both(root, shop, PACKAGE, mine, theirs)
    assert (result.code, result.kinds()) == (0, {PACKAGE: "patch"})
    (file,) = [file for file in _rendered(shop).values() if file.path == PACKAGE]
    assert (root / PACKAGE).read_text() == theirs(mine(file.content.decode()))


IMPORTS = {
    "typescript": 'import {{ {0} }} from "./kryptogo/core/{1}.js";\n',
    "javascript": 'const {{ {0} }} = require("./kryptogo/core/{1}");\n',
}


def _mine_uses(root: Path, shop: Shop, name: str, module: str) -> str:
    """Have the user import a name of the module in a file of their own; give its path."""
    path = shop.path("src/mine")
    (root / path).write_text(f"{IMPORTS[shop.name].format(name, module)}{name}();\n")
    return path


@scenario("S4", NODE)
def the_templates_drop_a_file_that_the_user_imports(root: Path, shop: Shop) -> None:
    initialise(root, _rendered(shop))
    path = _mine_uses(root, shop, "processDue", "worker")
    before = (root / path).read_bytes()
    result = update(root, without(_rendered(shop), "core/worker"))
    assert result.code == 3
    assert "it uses src.kryptogo.core.worker" in result.reason(path)
    assert (root / path).read_bytes() == before
    _mine_uses(root, shop, "claim", "queue")
    assert update(root, without(_rendered(shop), "core/worker")).code == 0


@scenario("S4", NODE)
def the_templates_rename_a_function_that_the_user_imports(root: Path, shop: Shop) -> None:
    initialise(root, _rendered(shop))
    path = _mine_uses(root, shop, "processDue", "worker")
    new = _templates(shop, shop.path(WORKER), lambda text: text.replace("processDue", "runDue"))
    result = update(root, new)
    assert result.code == 3
    assert "it uses src.kryptogo.core.worker.processDue" in result.reason(path)
    _mine_uses(root, shop, "runDue", "worker")
    assert update(root, new).code == 0
