"""Rows that are merged are read with as little memory as before, however long they are."""

from pathlib import Path

import duckdb
import pytest
from tests.store.lake_rows import DAY_NS, Fields, everything, keep, look_after, open_lake, span

from genyard.store.reads import QueryEngine

LONG = "x" * 1_000_000


def _nothing() -> None:
    pass


def _long(number: int) -> Fields:
    return span(10_000 + number, start_ns=DAY_NS // 2 + number, input=f"{number} {LONG}")


def _groups(file: str) -> list[int]:
    """Return how many rows each row group of a file has."""
    sql = "SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata($file) ORDER BY 1"
    return [rows for _, rows in duckdb.execute(sql, {"file": file}).fetchall()]


@pytest.mark.parametrize("short", [0, 2_000])
def test_rows_of_a_megabyte_are_searched_in_little_memory_when_they_are_merged(tmp_path: Path, short: int) -> None:
    """Also where many short rows beside them make the mean row short."""
    lake = open_lake(tmp_path)
    keep(lake, *(span(number, start_ns=number, input="y") for number in range(short)))
    for first in (0, 25):
        lake.flush()
        keep(lake, *map(_long, range(first, first + 25)))
    lake.flush()
    before = everything(lake)
    look_after(lake, tmp_path, now_ns=10 * DAY_NS).compact(check=_nothing)
    assert everything(lake) == before
    (merged,) = {str(tmp_path / "lake" / "spans" / one.path) for one in lake.tables["spans"].files}
    lake.close()
    assert sum(_groups(merged)) == short + 50
    engine = QueryEngine([tmp_path], threads=1, memory_mb=40)
    asked = "SELECT count(*) AS count FROM read_parquet($file) WHERE regexp_matches(input, '(?i)XX')"
    assert engine.run(asked, {"file": merged}) == [{"count": 50}]
    engine.close()


def test_short_rows_stay_in_large_groups(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    for first in (0, 3_000):
        keep(lake, *(span(number, start_ns=number, input=f"{number}" * 20) for number in range(first, first + 3_000)))
        lake.flush()
    look_after(lake, tmp_path, now_ns=10 * DAY_NS).compact(check=_nothing)
    (merged,) = {str(tmp_path / "lake" / "spans" / one.path) for one in lake.tables["spans"].files}
    lake.close()
    assert _groups(merged) == [6_000]
