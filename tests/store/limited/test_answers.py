"""Values of SQL as values of JSON, and answers that end at a bound."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from tests.store.limited.relations import IN_TAIL

from genyard.core.errors import TooLarge
from genyard.store.limited.answers import Failed, answer
from genyard.store.limited.tables import open_tables


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_tables(IN_TAIL, memory_mb=256) as opened:
        yield opened


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NULL", None),
        ("true", True),
        ("42", 42),
        ("9223372036854775807", 9223372036854775807),
        ("2::HUGEINT * 100000000000000000000", "200000000000000000000"),
        ("sum(1)", 1),
        ("0.25::DECIMAL(9, 2)", 0.25),
        ("1.5::DOUBLE", 1.5),
        ("'nan'::DOUBLE", "nan"),
        ("'-infinity'::DOUBLE", "-inf"),
        ("'text'", "text"),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
        ("DATE '2026-11-23'", "2026-11-23"),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
        ("TIMESTAMP '2026-11-23 09:00:00'", "2026-11-23 09:00:00"),
        ("TIMESTAMPTZ '2026-11-23 09:00:00+02'", "2026-11-23 07:00:00+00"),
        ("'infinity'::TIMESTAMP", "infinity"),
        ("INTERVAL 1 MONTH", "1 month"),
        ("TIME '10:00'", "10:00:00"),
        ("'\\xAA'::BLOB", "\\xAA"),
        ("[1, NULL]", [1, None]),
        ("[]", []),
        ("[1.5, 2.25]", [1.5, 2.25]),
        ("{'a': 1, 'b': ['x']}", {"a": 1, "b": ["x"]}),
        ("MAP {'a': 1}", {"a": 1}),
        ("'00000000-0000-0000-0000-000000000001'::UUID", "00000000-0000-0000-0000-000000000001"),
        ("'a'::ENUM('a', 'b')", "a"),
        ("[DATE '2026-11-23']", ["2026-11-23"]),
    ],
)
def test_a_value_is_one_of_json(connection: duckdb.DuckDBPyConnection, expression: str, value: Any) -> None:
    assert answer(connection, f"SELECT {expression}", rows=1, size=1000).rows == [[value]]


def test_columns_keep_their_order_names_and_types(connection: duckdb.DuckDBPyConnection) -> None:
    found = answer(
        connection, "SELECT tags, cost_usd AS cost, 1 AS cost FROM spans ORDER BY span_id -- end", rows=9, size=1000
    )
    assert found.rows == [[["x", "y"], 0.5, 1], [None, None, 1]]
    assert found.columns == ["tags", "cost", "cost_1"]
    assert (found.types, found.cut) == (["VARCHAR[]", "DOUBLE", "INTEGER"], "")


def test_an_order_holds(connection: duckdb.DuckDBPyConnection) -> None:
    found = answer(connection, "SELECT i FROM range(5000) r(i) ORDER BY hash(i)", rows=5000, size=1 << 20).rows
    expected = connection.execute("SELECT i FROM range(5000) r(i) ORDER BY hash(i)").fetchall()
    assert found == [list(row) for row in expected]


def test_an_answer_ends_at_its_bounds_and_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    every = "SELECT repeat('x', 90) FROM range(10000000000)"
    by_rows = answer(connection, every, rows=7, size=10_000)
    assert (len(by_rows.rows), by_rows.cut) == (7, "rows")
    by_size = answer(connection, every, rows=1000, size=1000)
    assert (len(by_size.rows), by_size.cut) == (10, "size")
    assert answer(connection, "FROM range(7)", rows=7, size=1000).cut == ""
    with pytest.raises(TooLarge, match="one row is larger"):
        answer(connection, "SELECT repeat('x', 2000)", rows=7, size=1000)


def test_a_sort_of_wide_rows_keeps_few_of_them(connection: duckdb.DuckDBPyConnection) -> None:
    # 400 MB of text in 256 MB of memory.
    found = answer(connection, "SELECT i, repeat('x', 2000) FROM range(200000) r(i) ORDER BY i DESC", rows=2, size=9999)
    assert [row[0] for row in found.rows] == [199999, 199998]


def test_a_place_is_counted_from_the_statement(connection: duckdb.DuckDBPyConnection) -> None:
    for sql in ("SELECT nope FROM spans", "SELECT 'x'::INTEGER", "SELECT cast(span_id || 'x' AS INTEGER) FROM spans"):
        with pytest.raises(Failed) as failed:
            answer(connection, sql, rows=7, size=1000)
        assert failed.value.shift > 0
