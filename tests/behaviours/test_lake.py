"""One suite for the lake in a folder and in a bucket."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable
from tests.store.lake_rows import AT_NS, DAY_NS, everything, keep, open_lake, span, span_ids

from genyard.observe.explorer.sql import SqlLimits, SqlQueries
from genyard.store.lake import Lake

Opener = Callable[[], Lake]


@pytest.fixture
def lakes(place: str, tmp_path: Path) -> Iterator[Opener]:
    """Open the same lake, again and again; each opening closes the one before."""
    opened: list[Lake] = []

    def again() -> Lake:
        for lake in opened:
            lake.close()
        opened.append(open_lake(tmp_path, url=place))
        return opened[-1]

    yield again
    for lake in opened:
        lake.close()


def test_a_lake_without_tables_answers_with_nothing(lakes: Opener) -> None:
    lake = lakes()
    assert (everything(lake), everything(lake, table="scores")) == ([], [])
    lake.flush()


def test_rows_are_read_at_once_after_a_flush_and_after_opening_again(lakes: Opener) -> None:
    lake = lakes()
    keep(lake, span(1), span(2))
    assert span_ids(everything(lake)) == [1, 2]
    lake.flush()
    keep(lake, span(3))
    assert span_ids(everything(lake)) == [1, 2, 3]
    assert span_ids(everything(lakes())) == [1, 2, 3]


def test_a_row_sent_again_counts_once_and_the_newest_counts(lakes: Opener) -> None:
    lake = lakes()
    for preview in ("first", "second"):
        keep(lake, span(1, preview=preview))
        lake.flush()
    keep(lake, span(1, preview="third"))
    assert [row["preview"] for row in everything(lake)] == ["third"]
    assert [row["preview"] for row in everything(lakes())] == ["third"]


def test_rows_of_very_many_days_are_one_append(lakes: Opener, place: str) -> None:
    lake = lakes()
    keep(lake, *(span(number, start_ns=AT_NS + number * DAY_NS) for number in range(1, 41)))
    lake.flush()
    assert span_ids(everything(lake)) == list(range(1, 41))
    assert span_ids(everything(lakes())) == list(range(1, 41))
    assert DeltaTable(f"{place}/spans").version() == 1


def test_projects_and_days_are_kept_apart(lakes: Opener, place: str) -> None:
    lake = lakes()
    day = 86_400 * 10**9
    keep(lake, span(1), span(2, start_ns=AT_NS + day), span(1, project="other", preview="theirs"))
    lake.flush()
    assert [(row["project"], row["day"]) for row in everything(lake)] == [
        ("acme", "2025-06-15"),
        ("acme", "2025-06-16"),
    ]
    assert [row["preview"] for row in everything(lake, project="other")] == ["theirs"]
    partitions = DeltaTable(f"{place}/spans").partitions()
    assert len(partitions) == 3


def test_many_writers_lose_and_double_nothing(lakes: Opener) -> None:
    lake = lakes()

    def write(first: int) -> None:
        for number in range(first, first + 20):
            keep(lake, span(number))

    threads = [threading.Thread(target=write, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        lake.flush()
    for thread in threads:
        thread.join()
    lake.flush()
    expected = [number for first in (100, 200, 300) for number in range(first, first + 20)]
    assert span_ids(everything(lake)) == expected


def test_scores_live_beside_spans(lakes: Opener) -> None:
    lake = lakes()
    keep(lake, {"project": "acme", "score_id": "s1", "at_ns": AT_NS, "name": "f1", "value": 0.5}, table="scores")
    keep(lake, span(1))
    lake.flush()
    assert [row["value"] for row in everything(lakes(), table="scores")] == [0.5]


def test_sql_of_people_reads_the_same_in_a_process_of_its_own(lakes: Opener) -> None:
    lake = lakes()
    keep(lake, span(1), span(2, preview="old"), span(1, project="other"))
    lake.flush()
    keep(lake, span(2, preview="new"), span(3))
    queries = SqlQueries(lake, limits=SqlLimits(timeout_s=60, memory_mb=256, at_once=2))
    found = queries.run("acme", "SELECT start_ns, preview FROM spans ORDER BY 1", rows=10)
    assert found.rows == [[row["start_ns"], row["preview"]] for row in everything(lake)]
    assert [row[1] for row in found.rows] == [None, "new", None]
