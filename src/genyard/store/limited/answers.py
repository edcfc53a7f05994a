"""The rows of a statement as values of JSON, up to a bound of rows and bytes."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import msgspec

from genyard.core.errors import TooLarge
from genyard.store.limited.messages import Found


class Failed(Exception):
    """Raised when DuckDB refuses a statement. It counts the place from ``shift`` bytes before the statement."""

    def __init__(self, error: duckdb.Error, *, shift: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.shift = shift


_AS_THEY_ARE = frozenset(
    {
        "BIGINT",
        "BOOLEAN",
        "DOUBLE",
        "FLOAT",
        "HUGEINT",
        "INTEGER",
        "SMALLINT",
        "TINYINT",
        "UBIGINT",
        "UHUGEINT",
        "UINTEGER",
        "USMALLINT",
        "UTINYINT",
        "VARCHAR",
    }
)
_INTEGERS = range(-(2**63), 2**64)
_AT_ONCE = 16
"""Rows fetched in one step: few, because each may hold whole conversations."""


def answer(connection: duckdb.DuckDBPyConnection, select: str, *, rows: int, size: int) -> Found:
    """Run one SELECT. Raises TooLarge where one row alone is over ``size`` bytes, and Failed."""
    with _place_in(shape := "FROM (\n"):
        described = connection.execute(f"{shape}{select}\n) LIMIT 0").description or ()
        connection.fetchall()
    columns, types = [str(one[0]) for one in described], [str(one[1]) for one in described]
    names = [f"c{number}" for number in range(len(types))]
    values = ", ".join(_as_json(name, kind) for name, kind in zip(names, types, strict=True))
    with _place_in(before := f"SELECT {values} FROM (\n"):
        # The end stands on a line of its own: a text may end with a comment. The limit makes a sort keep few rows.
        cursor = connection.execute(f"{before}{select}\n) AS asked({', '.join(names)}) LIMIT {rows + 1}")
        found, cut = _bounded(_plain(cursor, types), rows=rows, size=size)
    return Found(columns=columns, types=types, rows=found, cut=cut)


@contextmanager
def _place_in(before: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise Failed(error, shift=len(before)) from error


def _as_json(name: str, kind: str) -> str:
    """Return the SQL that makes a value one that JSON has, or the text of it."""
    if kind in _AS_THEY_ARE:
        return name
    if _is_nested(kind):
        return f"to_json({name})::VARCHAR"
    return f"{name}::DOUBLE" if kind.startswith("DECIMAL") else f"{name}::VARCHAR"


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


def _plain(cursor: duckdb.DuckDBPyConnection, types: Sequence[str]) -> Iterator[list[Any]]:
    nested = [_is_nested(kind) for kind in types]
    while batch := cursor.fetchmany(_AT_ONCE):
        for row in batch:
            yield [_value(value, nested=inside) for value, inside in zip(row, nested, strict=True)]


def _value(value: Any, *, nested: bool) -> Any:
    if nested and value is not None:
        return _read(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # Neither msgpack nor most readers of JSON have wider numbers.
    return str(value) if isinstance(value, int) and value not in _INTEGERS else value


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _bounded(
    rows_: Iterator[list[Any]], *, rows: int, size: int
) -> tuple[list[list[Any]], Literal["", "rows", "size"]]:
    found: list[list[Any]] = []
    for row in rows_:
        if len(found) == rows:
            return found, "rows"
        size -= len(msgspec.json.encode(row))
        if size < 0:
            if not found:
                raise TooLarge("one row is larger than an answer may be", hint="select fewer columns")
            return found, "size"
        found.append(row)
    return found, ""
