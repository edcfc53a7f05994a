"""Upkeep of the lake in a folder and in a bucket: compaction, dropped days, removed files, several servers."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from obstore.store import LocalStore, from_url
from tests.store.lake_rows import (
    AT_NS,
    DAY_NS,
    Fields,
    everything,
    keep,
    look_after,
    open_lake,
    span,
    span_ids,
)

from genyard.core.clock import CountingClock
from genyard.core.errors import StorageFull
from genyard.core.ids import RandomIds
from genyard.observe.explorer.sql import SqlLimits, SqlQueries
from genyard.store.columns import SPANS
from genyard.store.compacting import CompactHere
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rewrite import Rewriter
from genyard.store.table_place import TablePlace
from genyard.store.upkeep import Upkeep

Opener = Callable[..., Lake]


@pytest.fixture
def servers(place: str, tmp_path: Path) -> Iterator[Opener]:
    """Open the lake as one of several servers: each has its own log and its own copies."""
    opened: list[Lake] = []

    def start(name: str = "first") -> Lake:
        home = tmp_path if "://" not in place else tmp_path / name
        opened.append(open_lake(home, url=place, ids=RandomIds(CountingClock())))
        return opened[-1]

    yield start
    for lake in opened:
        lake.close()


def upkeep(
    lake: Lake, place: str, tmp_path: Path, *, name: str = "first", grace_ns: int = 0, now_ns: int = AT_NS + 2 * DAY_NS
) -> Upkeep:
    home = tmp_path if "://" not in place else tmp_path / name
    return look_after(lake, home, url=place, grace_ns=grace_ns, now_ns=now_ns)


def flushed(lake: Lake, *rows: Fields) -> None:
    keep(lake, *rows)
    lake.flush()


def go_on() -> None:
    """Check nothing."""


def data_files(place: str) -> list[str]:
    """Return the Parquet files of spans that are there, named by the table or not."""
    store = from_url(f"{place}/spans") if "://" in place else LocalStore(Path(place) / "spans")
    return [one["path"] for page in store.list() for one in page if one["path"].startswith("project=")]


def test_small_files_become_one_and_every_row_is_still_read(servers: Opener, place: str, tmp_path: Path) -> None:
    lake = servers()
    for number in range(6, 0, -1):
        flushed(lake, span(number, tags=["a", "b"], input_messages=[{"role": "user"}], release_attested=True))
    keep(lake, span(7))
    before = everything(lake)
    done = upkeep(lake, place, tmp_path).compact(check=go_on)["spans"]
    assert (done.files_before, done.files_after, done.rows, done.repeated) == (6, 1, 6, 0)
    assert everything(lake) == before
    assert len(DeltaTable(f"{place}/spans").file_uris()) == 1
    assert upkeep(lake, place, tmp_path).compact(check=go_on)["spans"].files_before == 0


def test_a_record_sent_again_is_kept_once_the_newest(servers: Opener, place: str, tmp_path: Path) -> None:
    lake = servers()
    for preview in ("first", "second", "third"):
        flushed(lake, span(1, preview=preview), span(2))
    done = upkeep(lake, place, tmp_path).compact(check=go_on)["spans"]
    assert (done.rows, done.repeated) == (2, 4)
    assert [row["preview"] for row in everything(lake)] == ["third", None]
    assert not any(one.supersedes for one in lake.tables["spans"].files)


def test_a_day_that_grows_keeps_what_its_rows_replace_elsewhere(servers: Opener, place: str, tmp_path: Path) -> None:
    lake = servers()
    many = [span(number) for number in range(600)]
    flushed(lake, span(1, preview="old"), *many[2:])
    for preview in range(8):
        flushed(lake, span(1, preview=f"{preview}"))
    here = upkeep(lake, place, tmp_path, now_ns=AT_NS)
    done = here.compact(check=go_on)["spans"]
    assert (done.files_before, done.files_after, done.rows) == (8, 1, 1)
    assert [row["preview"] for row in everything(lake)][:1] == ["7"]
    assert len(everything(lake)) == 599


def test_readers_of_other_programs_find_old_files_until_the_grace_is_over(
    servers: Opener, place: str, tmp_path: Path
) -> None:
    lake = servers()
    for number in (1, 2):
        flushed(lake, span(number))
    upkeep(lake, place, tmp_path, grace_ns=DAY_NS).compact(check=go_on)
    assert len(data_files(place)) == 3
    upkeep(lake, place, tmp_path, grace_ns=DAY_NS, now_ns=AT_NS + 4 * DAY_NS).compact(check=go_on)
    assert data_files(place) == [one.path for one in lake.tables["spans"].files]
    assert span_ids(everything(lake)) == [1, 2]


def test_days_are_dropped_in_every_table_and_of_one_project(servers: Opener, place: str, tmp_path: Path) -> None:
    lake = servers()
    keep(lake, span(1), span(2, start_ns=AT_NS + DAY_NS), span(1, project="other"))
    keep(lake, {"project": "acme", "score_id": "s1", "at_ns": AT_NS}, table="scores")
    lake.flush()
    dropped = upkeep(lake, place, tmp_path).drop_days("acme", before="2025-06-16")
    assert {name: len(files) for name, files in dropped.items()} == {"spans": 1, "scores": 1, "logs": 0}
    assert (span_ids(everything(lake)), everything(lake, table="scores")) == ([2], [])
    assert span_ids(everything(lake, project="other")) == [1]


def test_a_project_at_its_quota_is_refused_and_others_go_on(servers: Opener, place: str, tmp_path: Path) -> None:
    lake = servers()
    flushed(lake, span(1))
    lake.quotas.limit({"acme": 10})
    with pytest.raises(StorageFull, match="quota"):
        keep(lake, span(2))
    keep(lake, span(1, project="other"))
    assert lake.quotas.state("acme").state == "full"
    upkeep(lake, place, tmp_path).drop_days("acme", before="2026-01-01")
    keep(lake, span(3))
    assert span_ids(everything(lake)) == [3]


def test_a_row_sent_again_is_known_in_files_that_others_wrote_meanwhile(
    servers: Opener, place: str, request: pytest.FixtureRequest
) -> None:
    here = servers("here")
    if "folder" in request.node.callspec.id:
        flushed(here, span(1))
        flushed(here, span(2))
        # A merge by another process, of which this one hears later.
        table = TablePlace(table="spans", url=f"{place}/spans", folder=place, writer_id=here.writer_id)
        clock = CountingClock()
        rewriter = Rewriter(table, SPANS, clock=clock, ids=RandomIds(clock))
        done = CompactHere().compact(table, rewriter, now_ns=AT_NS + 2 * DAY_NS, check=go_on)
        assert (done.files_before, done.files_after) == (2, 1)
    else:
        flushed(servers("other"), span(1))
    flushed(here, span(3))
    keep(here, span(1, preview="again"))
    assert [row["preview"] for row in everything(here) if row["span_id"] == f"{1:016x}"] == ["again"]


def test_four_servers_append_to_one_table_while_it_is_compacted(
    servers: Opener, place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "folder" in request.node.callspec.id:
        # In a folder one process writes: the threads of one server stand in for the four.
        lakes = [servers()] * 4
    else:
        lakes = [servers(f"server{number}") for number in range(4)]

    def write(lake: Lake, first: int) -> None:
        for number in range(first, first + 3):
            flushed(lake, span(number), span(1, preview=f"{first}"))

    threads = [threading.Thread(target=write, args=(lake, 100 * n)) for n, lake in enumerate(lakes, start=1)]
    for thread in threads:
        thread.start()
    here = upkeep(lakes[0], place, tmp_path, name="server0", grace_ns=DAY_NS)
    for _ in range(3):
        here.compact(check=go_on)
    for thread in threads:
        thread.join()
    done = here.compact(check=go_on)["spans"]
    expected = [1] + [first + number for first in (100, 200, 300, 400) for number in range(3)]
    for lake in lakes:
        lake.tables["spans"].refresh()
        assert span_ids(everything(lake)) == expected
    assert done.files_after <= 1
    assert len(DeltaTable(f"{place}/spans").file_uris()) == 1


@pytest.mark.parametrize("place", ["bucket"], indirect=True)
def test_a_server_answers_on_when_another_removed_the_files_it_knew(
    servers: Opener, place: str, tmp_path: Path
) -> None:
    one, other = servers("one"), servers("other")
    flushed(one, span(1))
    flushed(other, span(2))
    known = other.tables["spans"].files
    here = upkeep(one, place, tmp_path, name="one")
    here.compact(check=go_on)
    here.purge()
    assert not {file.path for file in known} & set(data_files(place))
    assert span_ids(everything(other)) == [1, 2]


def test_any_delta_reader_and_duckdb_read_what_was_compacted(servers: Opener, place: str, tmp_path: Path) -> None:
    lake = servers()
    for number in range(3):
        flushed(lake, span(number))
    upkeep(lake, place, tmp_path).compact(check=go_on)
    delta = DeltaTable(f"{place}/spans")
    (file,) = lake.tables["spans"].files
    found = delta.get_add_actions(flatten=True).to_struct_array().to_pylist()
    assert [(row["num_records"], row["partition.day"], row["min.start_ns"]) for row in found] == [
        (3, "2025-06-15", AT_NS)
    ]
    local = str(lake.tables["spans"].copies.local(file.path))
    sql = f"SELECT bloom_filter_offset, compression FROM parquet_metadata('{local}') WHERE path_in_schema = 'trace_id'"
    bloom = duckdb.connect().execute(sql).fetchall()
    assert all(offset is not None and compression == "ZSTD" for offset, compression in bloom)
    in_time = "SELECT count(*) AS n FROM spans WHERE trace_id = $t"
    (row,) = lake.query(
        in_time, table="spans", project="acme", since_ns=0, until_ns=EVER_NS, parameters={"t": f"{1:032x}"}
    )
    assert row == {"n": 3}


def test_sql_of_people_finds_what_another_server_merged(
    servers: Opener, place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    here = servers()
    for number in (1, 2):
        flushed(here, span(number), span(3, preview=f"{number}"))
    # In a folder one process writes, and it knows of its own work.
    there = here if "folder" in request.node.callspec.id else servers("second")
    upkeep(here, place, tmp_path).compact(check=go_on)
    queries = SqlQueries(there, limits=SqlLimits(timeout_s=60, memory_mb=256, at_once=2))
    found = queries.run("acme", "SELECT start_ns, preview FROM spans ORDER BY 1", rows=10)
    assert [row[1] for row in found.rows] == [None, None, "2"]
