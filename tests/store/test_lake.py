"""The lake in one process: what is appended is read, once, whatever happens between."""

import shutil
import threading
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.lake_rows import AT_NS, everything, keep, open_lake, span, span_ids
from tests.waiting import eventually

from genyard.core.canonical import Json
from genyard.core.clock import CountingClock, SystemClock
from genyard.core.errors import Corrupted, InvalidInput, StorageFull, Unreachable
from genyard.core.ids import CountingIds
from genyard.store.columns import MADE_BY_THE_LAKE, SPANS, Column
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rows import read_back

actions = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.integers(1, 12), min_size=1, max_size=4)),
        st.tuples(st.sampled_from(["flush", "reopen", "read"]), st.just([])),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(steps=actions)
def test_any_course_of_appends_flushes_and_openings_keeps_the_newest_row_of_each_key_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[int]]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    lake = open_lake(home)
    expected: dict[int, int] = {}
    for turn, (step, numbers) in enumerate(steps):
        if step == "append":
            keep(lake, *(span(number, repeat=turn * 100 + place) for place, number in enumerate(numbers)))
            expected |= {number: turn * 100 + place for place, number in enumerate(numbers)}
        elif step == "flush":
            lake.flush()
        elif step == "reopen":
            lake.close()
            lake = open_lake(home)
        else:
            everything(lake)
    found = everything(lake)
    lake.close()
    assert dict(zip(span_ids(found), [row["repeat"] for row in found], strict=True)) == expected
    assert len(found) == len(expected)


def values_of(column: Column) -> st.SearchStrategy[Json]:
    by_type: dict[str, st.SearchStrategy[Json]] = {
        "text": st.text(),
        "integer": st.integers(-(2**63), 2**63 - 1),
        "time_ns": st.integers(0, 2**63 - 2),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "texts": st.lists(st.text(), max_size=3),
        "json": st.text() | st.integers() | st.lists(st.text(), max_size=3) | st.dictionaries(st.text(), st.integers()),
    }
    return st.none() | by_type[column.type]


free = [one for one in SPANS.columns if one.name not in {"project", *SPANS.key, *MADE_BY_THE_LAKE, "intake_flags"}]


@settings(max_examples=30, deadline=None)
@given(values=st.fixed_dictionaries({one.name: values_of(one) for one in free}))
def test_any_row_reads_back_as_it_was_from_the_tail_and_from_a_file(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Json]
) -> None:
    lake = open_lake(tmp_path_factory.mktemp("home"))
    row = span(**values)
    keep(lake, row)
    from_tail = read_back(SPANS, everything(lake)[0])
    lake.flush()
    from_file = read_back(SPANS, everything(lake)[0])
    lake.close()
    assert from_tail == from_file
    assert {name: from_file[name] for name in row} == row


def test_a_reader_sees_every_row_once_while_rows_move_to_files(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    stop = threading.Event()

    def flush() -> None:
        while not stop.is_set():
            lake.flush()

    flusher = threading.Thread(target=flush)
    flusher.start()
    seen = []
    for number in range(1, 41):
        keep(lake, span(number))
        seen.append(span_ids(everything(lake)))
    stop.set()
    flusher.join()
    lake.close()
    assert seen == [list(range(1, count + 1)) for count in range(1, 41)]


def test_rows_go_to_the_tables_by_themselves_when_they_are_many(tmp_path: Path) -> None:
    lake = open_lake(tmp_path, flush_rows=3)
    keep(lake, *(span(number) for number in range(1, 4)))
    while lake.unflushed_rows:
        lake._flusher.join(0.01)
    assert list((tmp_path / "lake").rglob("*.parquet")) != []
    lake.close()


def test_a_tail_at_its_limit_holds_appends_back_and_then_refuses_them(tmp_path: Path) -> None:
    lake = open_lake(tmp_path, tail_bytes=100)
    blocked = (tmp_path / "lake" / "spans").absolute()
    blocked.parent.mkdir()
    blocked.write_text("a file where the table's folder should be")
    keep(lake, span(1, preview="x" * 200))
    with pytest.raises(StorageFull, match="wait for the lake"):
        lake.append("spans", [span(2)], patience_s=0)
    blocked.unlink()
    lake.flush()
    keep(lake, span(3))
    assert span_ids(everything(lake)) == [1, 3]
    lake.close()


def test_no_rows_are_no_trouble(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake)
    assert everything(lake) == []
    lake.close()


def test_a_query_that_reads_other_files_is_refused(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(InvalidInput):
        lake.query(
            f"SELECT * FROM read_csv('{tmp_path}/secret.csv')", table="spans", project="acme", since_ns=0, until_ns=1
        )
    lake.close()


def test_a_file_that_is_gone_is_said_to_be_damage(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, span(1))
    lake.flush()
    for path in (tmp_path / "lake").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(Corrupted):
        everything(lake)
    lake.close()


def test_a_query_opens_only_files_that_reach_into_its_time(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, span(1))
    lake.flush()
    for path in (tmp_path / "lake").rglob("*.parquet"):
        path.unlink()
    keep(lake, span(100))
    rows = lake.query(
        "SELECT span_id FROM spans", table="spans", project="acme", since_ns=AT_NS + 50 * 10**9, until_ns=AT_NS * 2
    )
    assert span_ids(rows) == [100]
    lake.close()


def test_an_append_that_worked_and_was_reported_as_failed_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost_answer(*given: Any, **named: Any) -> None:
        write(*given, **named)
        raise OSError("the bucket's answer was lost")

    write = deltalake.DeltaTable.create_write_transaction
    lake = open_lake(tmp_path)
    keep(lake, span(1))
    with monkeypatch.context() as patched:
        patched.setattr(deltalake.DeltaTable, "create_write_transaction", lost_answer)
        with pytest.raises(Unreachable, match="answer was lost"):
            lake.flush()
    assert span_ids(everything(lake)) == [1]
    lake.flush()
    lake.close()
    lake = open_lake(tmp_path)
    assert span_ids(everything(lake)) == [1]
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 1
    lake.close()


def test_a_file_of_traces_has_a_bloom_filter_on_them(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, *(span(number, trace_id=f"{number // 8:032x}") for number in range(80)))
    lake.flush()
    lake.close()
    [path] = (tmp_path / "lake").rglob("*.parquet")
    probe = f"SELECT bloom_filter_excludes FROM parquet_bloom_probe('{path}', 'trace_id', '{'f' * 32}')"
    with duckdb.connect() as connection:
        excluded = connection.execute(probe).fetchall()
    assert excluded == [(True,)]


def test_a_log_that_was_lost_begins_with_numbers_that_no_row_has(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    for number in (1, 2, 3):
        keep(lake, span(number))
        lake.flush()
    lake.close()
    shutil.rmtree(tmp_path / "wal")
    lake = open_lake(tmp_path)
    keep(lake, span(4), span(1, preview="sent again"))
    lake.flush()
    assert span_ids(everything(lake)) == [1, 2, 3, 4]
    lake.close()


def test_a_log_restored_from_an_old_copy_loses_no_new_row(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    shutil.copytree(tmp_path / "wal", tmp_path / "copy")
    for number in (1, 2, 3):
        keep(lake, span(number))
        lake.flush()
    lake.close()
    shutil.rmtree(tmp_path / "wal")
    (tmp_path / "copy").rename(tmp_path / "wal")
    lake = open_lake(tmp_path)
    keep(lake, span(4))
    lake.close()
    lake = open_lake(tmp_path)
    assert span_ids(everything(lake)) == [1, 2, 3, 4]
    lake.close()


def test_rows_leave_the_log_again_after_a_fault_of_the_disk(tmp_path: Path) -> None:
    lake = Lake.open(
        tmp_path / "lake", tmp_path / "wal", clock=SystemClock(), ids=CountingIds(), flush_rows=1, flush_age_s=0.01
    )
    (tmp_path / "wal").rename(tmp_path / "away")
    keep(lake, span(1))
    with pytest.raises(Unreachable):
        lake.flush()
    (tmp_path / "away").rename(tmp_path / "wal")
    eventually(lambda: lake.unflushed_rows == 0)
    assert span_ids(everything(lake)) == [1]
    lake.close()


def test_long_texts_that_wait_in_the_log_are_searched_in_little_memory(tmp_path: Path) -> None:
    """Also by a query that reads the table twice, as a list does."""
    lake = Lake.open(
        tmp_path / "lake", tmp_path / "wal", clock=CountingClock(), ids=CountingIds(), flush_age_s=1e9, memory_mb=24
    )
    keep(lake, *(span(number, input="x" * 1_000_000) for number in range(40)))
    sql = "SELECT span_id FROM spans WHERE span_id IN (SELECT span_id FROM spans WHERE regexp_matches(input, '(?i)XX'))"
    found = lake.query(sql, table="spans", project="acme", since_ns=0, until_ns=EVER_NS)
    assert len(found) == 40
    lake.close()
