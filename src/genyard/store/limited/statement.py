"""Whether a text is exactly one SELECT over the tables that a person may ask.

DuckDB's own parser says what the text is: its statements, and then its tree as JSON. The tree is needed, because a
statement of the type SELECT may hold a ``WITH x AS (COPY …)``. What is not known to be harmless is refused.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from genyard.core.errors import InvalidInput
from genyard.store.columns import TABLES

Node = Mapping[str, Any]

TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "unnest"})
"""All others read files, settings, the catalog or memory."""
REFUSED_FUNCTIONS = frozenset(
    {
        "current_setting",
        "getenv",
        "getvariable",
        "json_deserialize_sql",
        "nextval",
        "pg_sleep",
        "setval",
        "sleep_ms",
        "write_log",
    }
)
"""Functions of one value that reach beyond their arguments, or only wait."""

_PARTS = frozenset(
    {
        "ASCENDING",
        "BASE_TABLE",
        "CTE_NODE",
        "DESCENDING",
        "DISTINCT_MODIFIER",
        "EMPTY",
        "EXPRESSION_LIST",
        "JOIN",
        "LIMIT_MODIFIER",
        "LIMIT_PERCENT_MODIFIER",
        "ORDER_DEFAULT",
        "ORDER_MODIFIER",
        "PIVOT",
        "RECURSIVE_CTE_NODE",
        "SELECT_NODE",
        "SET_OPERATION_NODE",
        "SUBQUERY",
        "TABLE_FUNCTION",
    }
)
"""Nodes of the tree that are no expressions; what else there is changes something or shows the catalog."""
_NOWHERE = -1
_ASK = f"ask {', '.join(TABLES)}; their columns: genyard sql --tables"


def check_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the text of the one SELECT in ``sql``, without what ends it.

    Raises InvalidInput for anything else, with the place, and duckdb.Error where the text cannot be parsed.
    """
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise InvalidInput(
            "there is no statement" if not statements else f"there are {len(statements)} statements",
            hint="write one SELECT",
        )
    statement = statements[0]
    if statement.type is not duckdb.StatementType.SELECT:
        raise _only_select(statement.type.name)
    tree = _tree(connection, sql)
    _check_tree(connection, tree, sql)
    ends = (sql[:at] for at, letter in enumerate(sql) if letter == ";")
    return next((text for text in ends if _tree(connection, text) == tree), sql)


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    row = connection.execute("SELECT json_serialize_sql($1)", [sql]).fetchone()
    return str(row[0] if row else "")


def _check_tree(connection: duckdb.DuckDBPyConnection, text: str, sql: str) -> None:
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise InvalidInput("the statement is nested too deep") from error
    if tree["error"] or len(tree["statements"]) != 1:
        raise _only_select("this")
    nodes = list(_nodes(tree["statements"][0]))
    known = {*TABLES, *_named_here(connection, nodes)}
    for node in nodes:
        _check_node(node, known, sql)


def _nodes(tree: Node) -> Iterator[Node]:
    """Yield every object of the tree. Not by recursion: a statement may be as deep as its parser lets it."""
    waiting: list[Any] = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _named_here(connection: duckdb.DuckDBPyConnection, nodes: list[Node]) -> set[str]:
    """Return the names that the statement gives by WITH. Such a name must not stand for something of the catalog."""
    named = {str(one["key"]).lower() for node in nodes for one in (node.get("cte_map") or {}).get("map", ())}
    taken = "SELECT lower(view_name) FROM duckdb_views() UNION SELECT lower(table_name) FROM duckdb_tables()"
    beside = {str(name) for (name,) in connection.execute(taken).fetchall()} - set(TABLES)
    for name in sorted(named & beside):
        raise InvalidInput(f"{name!r} is a name of the database", hint="take another name after WITH")
    return named


def _check_node(node: Node, known: set[str], sql: str) -> None:
    kind, path = node.get("type"), (node.get("qualified_name") or {}).get("path", ())
    if "class" not in node and isinstance(kind, str) and kind not in _PARTS:
        raise _only_select(_WORDS.get(kind, kind))
    if kind == "BASE_TABLE" and [part.lower() for part in path] not in [[name] for name in known]:
        raise InvalidInput(f"there is no table {'.'.join(path)!r} here{_place(node, sql)}", hint=_ASK)
    if kind == "TABLE_FUNCTION":
        name = _name(node["function"])
        if name not in TABLE_FUNCTIONS:
            raise InvalidInput(f"{name} cannot be asked here{_place(node, sql)}", hint=_ASK)
    if kind == "FUNCTION" and (name := _name(node)) in REFUSED_FUNCTIONS:
        raise InvalidInput(f"{name} cannot be asked here{_place(node, sql)}")


_WORDS = {
    "COPY_QUERY_NODE": "COPY",
    "DELETE_QUERY_NODE": "DELETE",
    "INSERT_QUERY_NODE": "INSERT",
    "SHOW_REF": "DESCRIBE, SHOW or SUMMARIZE",
    "UPDATE_QUERY_NODE": "UPDATE",
}


def _name(function: Node) -> str:
    return str(function["qualified_name"]["path"][-1]).lower()


def _only_select(kind: str) -> InvalidInput:
    return InvalidInput(f"only a SELECT may be asked here, not {kind}", hint=_ASK)


def _place(node: Node, sql: str) -> str:
    return place(sql, node.get("query_location", _NOWHERE))


def place(sql: str, at: int) -> str:
    """Return the line and column of a byte of ``sql``, as the end of a message; nothing where it is not in it."""
    text = sql.encode(errors="replace")
    if not 0 <= at <= len(text):
        return ""
    before = text[:at].decode(errors="ignore")
    return f" (line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})"
