"""The first wall: a text is one SELECT over the lake's tables, or it is refused."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.limited.relations import IN_TAIL

from genyard.core.errors import InvalidInput
from genyard.store.limited.statement import check_statement
from genyard.store.limited.tables import open_tables

GOOD = (
    "SELECT count(*) FROM spans",
    "from spans",
    "TABLE scores",
    "VALUES (1, 'a')",
    "(SELECT 1)",
    "WITH a AS (SELECT * FROM spans), b(x) AS MATERIALIZED (SELECT 1 FROM a) SELECT * FROM a, b",
    "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < 9) SELECT * FROM a",
    "WITH spans AS (SELECT * FROM spans WHERE status = 'error') SELECT count(*) FROM spans",
    "SELECT day, sum(cost_usd) FROM spans GROUP BY ALL ORDER BY 2 DESC NULLS LAST, 1 ASC LIMIT 50% OFFSET 1",
    "SELECT DISTINCT ON (trace_id) * EXCLUDE (tags) FROM spans QUALIFY row_number() OVER (ORDER BY start_ns) = 1",
    "SELECT * FROM spans s JOIN scores c ON c.trace_id = s.trace_id LEFT JOIN (SELECT 1 AS x) ON true",
    "SELECT t FROM spans, unnest(tags) AS u(t) WHERE t IN (SELECT label FROM scores)",
    "SELECT value FROM spans, json_each(input_messages)",
    "SELECT input_messages->>'$[0].role', list_transform(tags, lambda t: upper(t)), COLUMNS('.*_tokens') FROM spans",
    "SELECT 1 UNION SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4",
    "FROM spans PIVOT (count(*) FOR status IN ('ok', 'error') GROUP BY day)",
    "SELECT (SELECT max(value) FROM scores), EXISTS (FROM spans), i FROM range(3) r(i), generate_series(1, 2)",
)
REFUSED = (
    "",
    "-- nothing",
    ";",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE x",
    "DESCRIBE spans",
    "SHOW TABLES",
    "SUMMARIZE spans",
    "SELECT * FROM (DESCRIBE spans)",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "PIVOT spans ON status USING count(*)",
    "SELECT * FROM 'a.csv'",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM spans, 'b.parquet'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM READ_PARQUET('a')",
    "SELECT * FROM main.read_text('a')",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('a')",
    "SELECT * FROM parquet_metadata('a')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('spans')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_size()",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM python_map_function(1)",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM lake_tail_spans",
    "SELECT * FROM memory.main.lake_tail_spans",
    "WITH duckdb_views AS (SELECT 1) SELECT * FROM (SELECT * FROM duckdb_views)",
    "WITH lake_tail_spans AS (SELECT 1) SELECT 1",
    "SELECT getenv('HOME')",
    "SELECT main.getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "SELECT getvariable('x')",
    "SELECT write_log('x')",
    "SELECT sleep_ms(100000)",
    "WITH a AS (COPY spans TO 'x.csv') SELECT 1",
    "WITH a AS (INSERT INTO spans VALUES (1) RETURNING *) SELECT * FROM a",
    "WITH a AS (DELETE FROM spans RETURNING *) SELECT * FROM a",
    "WITH a AS (UPDATE spans SET day = '' RETURNING *) SELECT * FROM a",
    "SELECT * FROM (WITH a AS (COPY spans TO 'x') SELECT 1)",
    "SELECT" + " (" * 5000 + "1" + ")" * 5000,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_tables(IN_TAIL, memory_mb=256) as opened:
        yield opened


@pytest.mark.parametrize("sql", GOOD)
def test_a_select_over_the_tables_is_let_through(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert check_statement(connection, sql) == sql


@pytest.mark.parametrize("sql", REFUSED)
def test_everything_else_is_refused(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises((InvalidInput, duckdb.ParserException)):
        check_statement(connection, sql)


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT 1;", "SELECT 1"),
        (" SELECT ';' ; -- a;b", " SELECT ';' "),
        ("SELECT 1 -- a;b", "SELECT 1 -- a"),
        ("SELECT 1;;;", "SELECT 1"),
    ],
)
def test_what_ends_a_statement_is_left_out(connection: duckdb.DuckDBPyConnection, sql: str, text: str) -> None:
    assert check_statement(connection, sql) == text


def test_a_refusal_says_where(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(InvalidInput, match=r"read_text cannot be asked here \(line 2, column 6\)"):
        check_statement(connection, "SELECT 'ü'\nFROM read_text('x')")
    with pytest.raises(InvalidInput, match=r"no table 'ü\.csv' here \(line 1, column 17\)"):
        check_statement(connection, "SELECT 'ü' FROM 'ü.csv'")


names = st.sampled_from(["spans", "scores", "x", "main.x", '"a b"'])
files = st.sampled_from(["'x.csv'", "'/etc/passwd'", "'s3://b/x.parquet'", "'out.db'"])
selects = st.sampled_from(["SELECT 1", "FROM spans", "SELECT * FROM spans WHERE day > 'a'", "VALUES (1)"])
OTHERS = (
    "COPY {name} TO {file}",
    "COPY ({select}) TO {file} (FORMAT parquet)",
    "COPY {name} FROM {file}",
    "ATTACH {file} AS y",
    "DETACH y",
    "USE y",
    "SET threads = 8",
    "SET GLOBAL enable_external_access = true",
    "RESET ALL",
    "SET VARIABLE v = ({select})",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "INSTALL httpfs",
    "LOAD {file}",
    "CALL pragma_version()",
    "EXPORT DATABASE {file}",
    "IMPORT DATABASE {file}",
    "CREATE TABLE t AS {select}",
    "CREATE OR REPLACE VIEW {name} AS {select}",
    "CREATE MACRO f(a) AS a",
    "CREATE SECRET (TYPE s3)",
    "INSERT INTO {name} {select}",
    "UPDATE {name} SET day = 'x'",
    "DELETE FROM {name}",
    "TRUNCATE {name}",
    "DROP VIEW {name}",
    "ALTER TABLE {name} RENAME TO z",
    "PREPARE p AS {select}",
    "EXECUTE p",
    "EXPLAIN {select}",
    "VACUUM",
    "CHECKPOINT",
    "BEGIN",
    "COMMENT ON TABLE {name} IS 'x'",
    "{select}; {select}",
    "{select}; COPY {name} TO {file}",
    "WITH w AS (COPY {name} TO {file}) {select}",
    "WITH w AS (INSERT INTO {name} {select} RETURNING *) {select}",
    "DESCRIBE {select}",
    "SUMMARIZE {select}",
    "SELECT * FROM {file}",
    "{select} UNION ALL SELECT * FROM read_csv({file})",
)
blanks = st.sampled_from([" ", "\n", "\t", " -- c\n", " /* ; */ "])


@st.composite
def others(draw: st.DrawFn) -> str:
    """A statement that is no SELECT of the tables, in any case of letters and with any blanks and comments."""
    text = draw(st.sampled_from(OTHERS))
    text = text.format(name=draw(names), file=draw(files), select=draw(selects))
    words = [draw(st.sampled_from([word, word.lower()])) for word in text.split(" ")]
    blank = draw(blanks)
    # A blank inside quotes would make another name of it.
    whole = " ".join(words) if '"' in text else blank.join(words)
    return draw(blanks) + whole + draw(st.sampled_from(["", ";", " ; -- end", "\n;\n"]))


@settings(max_examples=200)
@given(sql=others())
def test_no_other_statement_gets_through(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises((InvalidInput, duckdb.ParserException, duckdb.InvalidInputException)):
        check_statement(connection, sql)


PIECES = ("SELECT", "FROM", "spans", "(", ")", ",", ";", "'", '"', "WITH", "AS", "1", "*")


@settings(max_examples=40)
@given(sql=st.text(max_size=40) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_any_text_is_answered_with_an_error_that_is_expected(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        check_statement(connection, sql)
    except (InvalidInput, duckdb.Error, UnicodeEncodeError) as refused:
        assert str(refused)
