"""The second wall: a database of one project that refuses what the first wall would let through by mistake."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.store.lake_rows import keep, open_lake, span
from tests.store.limited.relations import TAIL

from genyard.store.limited.messages import Relation
from genyard.store.limited.tables import open_tables

SECRET = "SENTINEL"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with files of two projects."""
    home: Path = tmp_path_factory.mktemp("home")
    lake = open_lake(home)
    keep(lake, span(1, preview="ours"), span(1, project="other", preview=SECRET))
    lake.flush()
    lake.close()
    return home / "lake"


def file_of(folder: Path, project: str) -> str:
    return str(next(folder.glob(f"spans/project={project}/**/*.parquet")).relative_to(folder))


@pytest.fixture
def connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.chdir(folder)
    relations = [Relation("spans", [file_of(folder, "acme")], [TAIL], []), Relation("scores", [], [], [])]
    with open_tables(relations, memory_mb=256) as opened:
        yield opened


def test_files_and_tail_are_one_table(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute("SELECT project, day, span_id, preview FROM spans ORDER BY start_ns").fetchall()
    assert found == [
        ("acme", "2026-11-23", "1", None),
        ("acme", "2026-11-23", "2", None),
        ("acme", "2025-06-15", f"{1:016x}", "ours"),
    ]
    assert connection.execute("SELECT count(*) FROM scores").fetchall() == [(0,)]


def test_a_condition_on_the_day_leaves_files_unread(connection: duckdb.DuckDBPyConnection) -> None:
    plan = connection.execute("EXPLAIN ANALYZE SELECT count(*) FROM spans WHERE day = '2026-11-23'").fetchall()
    assert "Scanning Files: 0/1" in str(plan)


READS = (
    "SELECT * FROM '{other}'",
    "SELECT * FROM './{own}/../../../project=other/day=2025-06-15/x.parquet'",
    "SELECT * FROM read_parquet('{folder}/{other}')",
    "SELECT * FROM read_parquet('spans/*/*/*.parquet')",
    "SELECT * FROM read_parquet(['{own}', '{other}'])",
    "SELECT * FROM parquet_metadata('{other}')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM glob('spans/*/*/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_text('http://127.0.0.1:1/x')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
)
CHANGES = (
    "COPY spans TO 'x.csv'",
    "COPY (SELECT 1) TO '{own}'",
    "COPY (SELECT 1) TO '/dev/stderr'",
    "EXPORT DATABASE 'x'",
    "ATTACH 'x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/x.duckdb_extension'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '100GB'",
    "SET allowed_directories = ['/']",
    "SET temp_directory = '/tmp'",
    "RESET allowed_paths",
)


@pytest.mark.parametrize("sql", (*READS, *CHANGES))
def test_no_other_file_and_no_setting_is_reached(connection: duckdb.DuckDBPyConnection, folder: Path, sql: str) -> None:
    own, other = file_of(folder, "acme"), file_of(folder, "other")
    before = sorted(folder.rglob("*"))
    with pytest.raises(duckdb.Error) as refused:
        connection.execute(sql.format(folder=folder, own=own, other=other)).fetchall()
    assert SECRET not in str(refused.value)
    assert sorted(folder.rglob("*")) == before


def test_a_variable_of_the_program_is_no_table(connection: duckdb.DuckDBPyConnection) -> None:
    rows = duckdb.connect().sql("SELECT 1")
    assert rows is not None
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM rows")


def test_the_database_knows_no_path_but_those_of_the_project(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    views = str(connection.execute("SELECT sql FROM duckdb_views() WHERE NOT internal").fetchall())
    assert file_of(folder, "acme") in views
    assert str(folder) not in views
    assert "project=other" not in views


def test_rows_that_were_replaced_are_left_out() -> None:
    with open_tables([Relation("spans", [], [TAIL], [(1, "1")])], memory_mb=256) as connection:
        assert connection.execute("SELECT span_id FROM spans").fetchall() == [("2",)]
