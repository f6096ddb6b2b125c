"""Scenarios of names: what both define, what one deleted, and keys that both add."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kgscaffold.merge.parse import has_markers
from tests.merge.blocks import added_above, moved_above, without
from tests.merge.shop import SHOPS, Shop
from tests.merge.table import scenario
from tests.merge.worlds import Templates, Updated, edit, initialise, released, update

PYTHON = SHOPS[:1]
Edit = Callable[[str], str]
EXPIRED = "app/kryptogo/handlers/expired.py"
REFUNDED = "app/kryptogo/handlers/insufficient_refunded.py"
TABLES = "app/kryptogo/core/tables.py"
SHOP = "app/shop.py"
MAIN = "app/main.py"
ALEMBIC = "alembic.ini"
ENV = ".env.example"
AFTER = "async def after_commit(payment: Payment, event: PaymentEvent) -> None:\n    {}()"


def _templates(path: str, change: Edit) -> Templates:
    """Give what the first release rendered, with one file otherwise."""
    files = dict(released())
    (file,) = [file for file in files.values() if file.path == path]
    text = change(file.content.decode())
    assert text.encode() != file.content
    return files | {file.id: file._replace(content=text.encode())}


def _both(root: Path, path: str, mine: Edit, theirs: Edit) -> tuple[Updated, str]:
    """Have the user and the templates change a file of a shop; give what came of it."""
    initialise(root, released())
    edit(root, path, mine)
    result = update(root, _templates(path, theirs))
    return result, (root / path).read_bytes().decode()


def _is_conflict(root: Path, path: str, mine: Edit, theirs: Edit) -> str:
    """See that there is a conflict that keeps the user's lines, and give what is said of it."""
    result, text = _both(root, path, mine, theirs)
    assert (result.code, result.kinds()) == (3, {path: "conflict"})
    assert has_markers(text.encode())
    own = _side_of_the_user(text)
    assert own.split("\n") == mine(_pristine(path)).split("\n")
    (action,) = [item for item in result.actions if item["path"] == path]
    return " ".join(action["notes"])


def _is_put_beside(root: Path, path: str, mine: Edit, theirs: Edit) -> str:
    """See that the user's file is as it was, the new one beside it, and give what is said."""
    result, text = _both(root, path, mine, theirs)
    assert (result.code, result.kinds()) == (3, {f"{path}.kg-new": "sidecar"})
    assert text == mine(_pristine(path))
    return result.reason(f"{path}.kg-new")


def _pristine(path: str) -> str:
    (file,) = [file for file in released().values() if file.path == path]
    return file.content.decode()


def _side_of_the_user(text: str) -> str:
    kept, side = [], True
    for line in text.split("\n"):
        if line.startswith(("<<<<<<< ", "||||||| ", ">>>>>>> ")):
            side = not line.startswith("||||||| ")
        elif side:
            kept.append(line)
    return "\n".join(kept)


def _above(block: str, other: str) -> Edit:
    return lambda text: added_above(text, block, other)


def _below(block: str) -> Edit:
    return lambda text: f"{text}\n\n{block}\n"


def _moved(name: str, other: str) -> Edit:
    return lambda text: moved_above(text, name, other)


def _deleted(name: str) -> Edit:
    return lambda text: without(text, name)


@scenario("S22", PYTHON)
def both_add_a_function_of_one_name(root: Path, _: Shop) -> None:
    mine, theirs = _above(AFTER.format("mine"), "apply"), _below(AFTER.format("theirs"))
    assert "`after_commit`" in _is_conflict(root, EXPIRED, mine, theirs)


@scenario("S22")
def both_move_a_function(root: Path, shop: Shop) -> None:
    old = shop.handlers("pending", "success", "expired", "refunded")
    mine = shop.handlers("refunded", "pending", "success", "expired")
    initialise(root, shop.release(handlers=old))
    edit(root, shop.HANDLERS, lambda _: mine)
    new = shop.handlers("pending", "refunded", "success", "expired")
    result = update(root, shop.release(handlers=new))
    assert (result.code, result.kinds()) == (3, {shop.HANDLERS: "conflict"})


@scenario("S22", PYTHON)
def both_add_a_method_of_one_name(root: Path, _: Shop) -> None:
    method = "    def python_type(self) -> type:\n        return {}"
    _is_conflict(
        root,
        TABLES,
        _above(method.format("str"), "load_dialect_impl"),
        lambda text: (
            text.replace("class UtcDateTime", f"{method.format('int')}\n\n\nclass Utc", 1)
            .replace("\n\n\n    def python_type", "\n\n    def python_type")
            .replace("class Utc(", "class UtcDateTime(")
        ),
    )


@scenario("S22", PYTHON)
def both_add_a_route_of_one_path(root: Path, _: Shop) -> None:
    route = '@router.get("{}")\nasync def {}() -> None:\n    pass'
    mine = _above(route.format("/orders/{id}/refund", "mine"), "create_order")
    notes = _is_conflict(
        root, SHOP, mine, _below(route.format("/orders/{order_id}/refund", "theirs"))
    )
    assert "refund" in notes


@scenario("S22", PYTHON)
def both_bind_a_name_at_the_top(root: Path, _: Shop) -> None:
    _is_conflict(root, SHOP, _above("LIMIT = 1", "NewOrder"), _below("LIMIT = 2"))


@scenario("S22", PYTHON)
def both_add_a_function_of_one_name_to_the_entry_file(root: Path, _: Shop) -> None:
    health = '@app.get("/health{0}")\ndef health() -> str:\n    return "{0}"'
    reason = _is_put_beside(root, MAIN, _below(health.format("a")), _below(health.format("b")))
    assert "`health`" in reason


@scenario("S22", PYTHON)
def both_add_a_route_of_one_path_to_the_entry_file(root: Path, _: Shop) -> None:
    health = '@app.get("/health")\ndef {0}() -> str:\n    return "{0}"'
    _is_put_beside(root, MAIN, _below(health.format("mine")), _below(health.format("theirs")))


@scenario("S22", PYTHON)
def both_serve_one_path_of_the_entry_file_in_other_words(root: Path, _: Shop) -> None:
    mine = '@app.api_route("/health", methods=["GET"])\ndef mine() -> str:\n    return "mine"'
    theirs = '@app.get("/health")\ndef theirs() -> str:\n    return "theirs"'
    _is_put_beside(root, MAIN, _below(mine), _below(theirs))


@scenario("S22", PYTHON)
def both_set_an_attribute_of_the_application(root: Path, _: Shop) -> None:
    def mine(text: str) -> str:
        return text.replace("app.include_router(shop", "app.state.kg = 5\napp.include_router(shop")

    reason = _is_put_beside(root, MAIN, mine, lambda text: f"{text}app.state.kg = 1\n")
    assert "`app.state.kg`" in reason


@scenario("S22", PYTHON)
def both_add_a_key_to_the_table_of_handlers(root: Path, _: Shop) -> None:
    last = "REFUNDED: insufficient_refunded,\n"
    notes = _is_conflict(
        root,
        "app/kryptogo/handlers/__init__.py",
        lambda text: text.replace("    Status.PENDING", '    "x": pending,\n    Status.PENDING'),
        lambda text: text.replace(last, f'{last}    "x": None,\n'),
    )
    assert "'x'" in notes


@scenario("S22", PYTHON)
def both_add_the_same_function_in_one_place(root: Path, _: Shop) -> None:
    same = _below(AFTER.format("same"))
    result, text = _both(
        root, EXPIRED, lambda text: same(text).replace("in time.", "in time. Never mind."), same
    )
    assert (result.code, text.count("after_commit")) == (0, 1)


@scenario("S23", PYTHON)
def a_function_that_the_user_deleted_and_the_templates_move(root: Path, _: Shop) -> None:
    deleted, moved = _deleted("after_commit"), _moved("after_commit", "apply")
    assert "`after_commit`" in _is_conflict(root, REFUNDED, deleted, moved)


@scenario("S23", PYTHON)
def a_function_that_the_user_deleted_and_the_templates_move_and_change(root: Path, _: Shop) -> None:
    def theirs(text: str) -> str:
        return moved_above(text, "after_commit", "apply").replace("tell the", "write to the")

    _is_conflict(root, REFUNDED, _deleted("after_commit"), theirs)


@scenario("S23", PYTHON)
def a_decorated_function_that_the_user_deleted_and_the_templates_move(root: Path, _: Shop) -> None:
    path = "app/kryptogo/core/route.py"
    _is_conflict(root, path, _deleted("lifespan"), _moved("lifespan", "_body"))


@scenario("S23", PYTHON)
def a_method_that_the_user_deleted_and_the_templates_move(root: Path, _: Shop) -> None:
    name = "process_bind_param"
    _is_conflict(root, TABLES, _deleted(name), _moved(name, "load_dialect_impl"))


@scenario("S23", PYTHON)
def a_function_deleted_from_the_entry_file_that_the_templates_move_and_change(
    root: Path, _: Shop
) -> None:
    health = '@app.get("/health")\ndef health() -> str:\n    return "{}"'
    old, new = health.format("a"), health.format("b")
    base = _below(old)(_pristine(MAIN))
    initialise(root, _templates(MAIN, lambda _: base))
    edit(root, MAIN, lambda text: text.replace(f"\n\n{old}\n", "\n\nMINE = 1\n"))
    moved = base.replace(f"\n\n\n{old}", "").replace(
        "app.include_router(shop", f"\n\n{new}\n\n\napp.include_router(shop"
    )
    before = (root / MAIN).read_text()
    result = update(root, _templates(MAIN, lambda _: moved))
    assert (result.code, result.kinds()) == (3, {f"{MAIN}.kg-new": "sidecar"})
    assert (root / MAIN).read_text() == before


@scenario("S24", PYTHON)
def both_add_a_key_to_an_ini_file_with_other_values(root: Path, _: Shop) -> None:
    result, text = _both(
        root,
        ALEMBIC,
        lambda text: text.replace("script_location", "timezone = Asia/Taipei\nscript_location"),
        lambda text: f"{text}# How versions are dated.\ntimezone = UTC\noutput_encoding = utf-8\n",
    )
    assert (result.code, result.kinds()) == (3, {ALEMBIC: "merge"})
    assert text == _pristine(ALEMBIC).replace(
        "script_location", "timezone = Asia/Taipei\nscript_location"
    ) + ("output_encoding = utf-8\n")
    (action,) = [item for item in result.actions if item["path"] == ALEMBIC]
    assert action["notes"][:1] == ["timezone: yours is kept; kgscaffold has timezone = UTC"]


@scenario("S24", PYTHON)
def both_add_a_key_to_an_ini_file_in_the_same_place(root: Path, _: Shop) -> None:
    result, text = _both(
        root,
        ALEMBIC,
        lambda text: f"{text}timezone = Asia/Taipei\n",
        lambda text: f"{text}timezone = UTC\n",
    )
    assert (result.code, text) == (3, f"{_pristine(ALEMBIC)}timezone = Asia/Taipei\n")


@scenario("S24", PYTHON)
def both_add_a_key_to_an_ini_file_with_the_same_value(root: Path, _: Shop) -> None:
    mine = _pristine(ALEMBIC).replace("script_location", "timezone=UTC\nscript_location")
    result, text = _both(root, ALEMBIC, lambda _: mine, lambda text: f"{text}timezone = UTC\n")
    assert (result.code, text) == (0, mine)


def _variable(root: Path, mine: str, theirs: str) -> tuple[int, str]:
    result, text = _both(
        root,
        ENV,
        lambda text: text.replace("DATABASE_URL", f"X={mine}\nDATABASE_URL"),
        lambda text: f"{text}X={theirs}\n",
    )
    (action,) = [item for item in result.actions if item["path"] == ENV]
    assert text == _pristine(ENV).replace("DATABASE_URL", f"X={mine}\nDATABASE_URL")
    return result.code, " ".join(action["notes"][:1])


@scenario("S24", PYTHON)
def both_add_a_variable_with_other_values(root: Path, _: Shop) -> None:
    assert _variable(root, "mine", "theirs") == (3, "X: yours is kept; kgscaffold has X=theirs")


@scenario("S24", PYTHON)
def both_add_a_variable_with_the_same_value(root: Path, _: Shop) -> None:
    assert _variable(root, "same", "same") == (0, "")


@scenario("S24", PYTHON)
def both_add_a_key_to_a_toml_file(root: Path, _: Shop) -> None:
    result, text = _both(
        root,
        "pyproject.toml",
        lambda text: text.replace("strict = true", "strict = true\npretty = true"),
        lambda text: text.replace("strict = true", "pretty = false\nstrict = true"),
    )
    assert (result.code, text.count("pretty")) == (3, 1)
    assert "pretty = true" in text


@scenario("S28", PYTHON)
def a_method_that_the_user_moved_and_the_templates_delete(root: Path, _: Shop) -> None:
    name = "process_bind_param"
    notes = _is_conflict(root, TABLES, _moved(name, "load_dialect_impl"), _deleted(name))
    assert f"`{name}`" in notes
    again = root.parent / "again"
    initialise(again, released())
    edit(again, TABLES, _moved(name, "load_dialect_impl"))
    assert update(again, _templates(TABLES, _deleted(name)), "--check").code == 4


@scenario("S28", PYTHON)
def a_method_that_the_user_moved_and_edited(root: Path, _: Shop) -> None:
    name = "process_bind_param"

    def mine(text: str) -> str:
        return moved_above(text, name, "load_dialect_impl").replace(
            "else Decimal(value)", "else Decimal(value.strip())"
        )

    _is_conflict(root, TABLES, mine, _deleted(name))


@scenario("S28", PYTHON)
def a_method_that_the_user_moved_to_another_class(root: Path, _: Shop) -> None:
    name = "process_bind_param"
    block = _pristine(TABLES).partition("    def process_bind_param")[2].partition("\n\n")[0]

    def mine(text: str) -> str:
        rest, start, end = without(text, name).partition("class UtcDateTime")
        head, line, body = end.partition("    cache_ok = True\n")
        return f"{rest}{start}{head}{line}\n    def process_bind_param{block}\n{body}"

    _is_conflict(root, TABLES, mine, _deleted(name))


@scenario("S28", PYTHON)
def a_statement_that_the_user_moved_and_the_templates_delete(root: Path, _: Shop) -> None:
    line = "        worker.wake()\n"
    path = "app/kryptogo/core/route.py"
    _is_conflict(
        root,
        path,
        lambda text: text.replace(line, "        pass\n").replace(
            "    config = settings()\n    try",
            f"    config = settings()\n    if worker := {WAKE}{line}    try",
        ),
        lambda text: text.replace(f"    if worker := {WAKE}{line}", ""),
    )


WAKE = 'getattr(request.state, "kryptogo_worker", None):\n'


@scenario("S28", PYTHON)
def a_function_of_the_entry_file_that_the_user_edited_and_the_templates_delete(
    root: Path, _: Shop
) -> None:
    health = '@app.get("/health")\ndef health() -> str:\n    return "{}"'
    base = _below(health.format("a"))(_pristine(MAIN))
    initialise(root, _templates(MAIN, lambda _: base))
    edit(root, MAIN, lambda text: text.replace('return "a"', 'return "mine"'))
    result = update(root, released())
    assert (result.code, result.kinds()) == (3, {f"{MAIN}.kg-new": "sidecar"})
    assert update(root, released(), "--check").code == 4


@scenario("S28", PYTHON)
def a_call_of_the_entry_file_that_the_user_edited_and_the_templates_delete(
    root: Path, _: Shop
) -> None:
    line = 'logging.getLogger("httpx").setLevel(logging.WARNING)\n'
    mine = line.replace("WARNING", "INFO")
    reason = _is_put_beside(
        root, MAIN, lambda text: text.replace(line, mine), lambda text: text.replace(line, "")
    )
    assert "setLevel" in reason


@scenario("S28", PYTHON)
def a_call_of_the_entry_file_that_both_delete(root: Path, _: Shop) -> None:
    line = 'logging.getLogger("httpx").setLevel(logging.WARNING)\n'

    def mine(text: str) -> str:
        return text.replace(line, "").replace('title="shop"', 'title="My shop"')

    result, text = _both(root, MAIN, mine, lambda text: text.replace(line, ""))
    assert (result.code, result.kinds(), text) == (0, {}, mine(_pristine(MAIN)))
