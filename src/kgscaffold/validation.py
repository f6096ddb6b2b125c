"""The rules for what a user may enter; prompts and flags use the same functions.

Each takes the text and gives the value to use, or raises InvalidValueError with the rule. The
values end up in Python, SQL, TOML and URLs, so every rule is a list of what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kgscaffold.answers import LanguageName
from kgscaffold.languages import language_named
from kgscaffold.languages.model import InvalidValueError
from kgscaffold.migrations import TOOLS
from kgscaffold.stacks.names import names_in_code

__all__ = [
    "RULES",
    "InvalidValueError",
    "checked",
    "valid_module",
    "valid_order_data_key",
    "valid_project_name",
    "valid_route",
    "valid_table",
]

_ROUTE = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,63}[a-z0-9])?")
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")

_STARTER_ROUTES = frozenset({"/orders", "/healthz", "/docs", "/redoc", "/openapi.json"})
_OWN_TABLES = ("kryptogo_", "sqlite_", "pg_")

# Reserved in PostgreSQL, MySQL or SQLite: unquoted, each breaks hand-written SQL on one of them.
_SQL_RESERVED = frozenset(
    """
    abort accessible action add after all alter always analyse analyze and any array as asc
    asensitive asymmetric attach authorization autoincrement before begin between bigint binary
    blob both by call cascade case cast change char character check collate collation column commit
    concurrently condition conflict constraint continue convert create cross cube cume_dist current
    current_catalog current_date current_role current_schema current_time current_timestamp
    current_user cursor database databases day_hour day_microsecond day_minute day_second dec
    decimal declare default deferrable deferred delayed delete dense_rank desc describe detach
    deterministic distinct distinctrow div do double drop dual each else elseif empty enclosed end
    escape escaped except exclude exclusive exists exit explain fail false fetch filter first_value
    float float4 float8 following for force foreign freeze from full fulltext function generated
    get glob grant group grouping groups having high_priority hour_microsecond hour_minute
    hour_second if ignore ilike immediate in index indexed infile initially inner inout insensitive
    insert instead int int1 int2 int3 int4 int8 integer intersect interval into io_after_gtids
    io_before_gtids is isnull iterate join json_table key keys kill lag last last_value lateral
    lead leading leave left like limit linear lines load localtime localtimestamp lock long
    longblob longtext loop low_priority master_bind match materialized maxvalue mediumblob
    mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural no
    no_write_to_binlog not nothing notnull nth_value ntile null nulls numeric of offset on only
    optimize optimizer_costs option optionally or order others out outer outfile over overlaps
    parallel partition percent_rank placing plan pragma preceding precision primary procedure purge
    qualify query raise range rank read reads read_write real recursive references regexp reindex
    release rename repeat replace require resignal restrict return returning revoke right rlike
    rollback row row_number rows savepoint schema schemas second_microsecond select sensitive
    separator session_user set show signal similar smallint some spatial specific sql
    sql_big_result sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl
    starting stored straight_join symmetric system system_user table tablesample temp temporary
    terminated then ties tinyblob tinyint tinytext to trailing transaction trigger true unbounded
    undo union unique unlock unsigned update usage use user using utc_date utc_time utc_timestamp
    vacuum values varbinary varchar varcharacter variadic varying verbose view virtual when where
    while window with within without write xor year_month zerofill
    """.split()
)


def valid_route(text: str) -> str:
    """Give the callback route, an absolute URL path."""
    if not _ROUTE.fullmatch(text) or len(text) > 200:
        raise InvalidValueError(
            "must be an absolute path such as /api/payment/callback: it starts with / and its"
            " parts are letters, digits and - . _ ~ only (no query, fragment, braces, spaces or"
            " trailing slash; at most 200 characters)"
        )
    if any(part in {".", ".."} for part in text.split("/")):
        raise InvalidValueError("must not contain the parts . or ..")
    if text in _STARTER_ROUTES or text.startswith("/orders/"):
        raise InvalidValueError(
            "must not be a route of the shop itself (/orders…, /healthz, /docs)"
        )
    return text


def valid_module(text: str, language: LanguageName = LanguageName.PYTHON) -> str:
    """Give the generated module's path, PACKAGE/NAME, by the rule of its language."""
    return language_named(language).free_module(text, names_in_code(language))


def checked(name: str, text: str, language: LanguageName) -> str:
    """Give the value of an answer by its rule, of which the module's is its language's."""
    return valid_module(text, language) if name == "module" else RULES[name](text)


def valid_table(text: str) -> str:
    """Give the orders table's name, an SQL identifier that needs no quotes anywhere."""
    if not _TABLE.fullmatch(text):
        raise InvalidValueError(
            "must be an SQL identifier such as orders: lower-case letters, digits and underscores,"
            " not starting with a digit, at most 63 characters"
        )
    if text in _SQL_RESERVED:
        raise InvalidValueError(f"must not be a reserved word of SQL; {text}_table would do")
    of_tools = [table for tool in TOOLS for table in tool.tables]
    if text.startswith(_OWN_TABLES) or text in of_tools:
        raise InvalidValueError(
            "must not be a table of the payment module, of the migrations or of the database"
            f" (kryptogo_…, {', '.join(of_tools)}, sqlite_…, pg_…)"
        )
    return text


def valid_project_name(text: str) -> str:
    """Give the project's name, as `stacks.names.project_name_of` makes it from the folder's."""
    if not _PROJECT.fullmatch(text):
        raise InvalidValueError("must be lower-case letters, digits and hyphens")
    return text


def valid_order_data_key(text: str) -> str:
    """Give the key of KryptoGO's `order_data` that holds the order's id."""
    if not _KEY.fullmatch(text):
        raise InvalidValueError(
            "must be a key such as order_id: letters, digits and _ . - , starting with a letter or"
            " an underscore, at most 64 characters"
        )
    return text


# The rule of each answer that `init` takes as a flag, and `update --set` may change.
RULES: dict[str, Callable[[str], str]] = {
    "module": valid_module,
    "route": valid_route,
    "orders_table": valid_table,
    "order_data_key": valid_order_data_key,
}
