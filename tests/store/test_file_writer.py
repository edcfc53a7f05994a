"""The files of an append: one for each project and day, durable before they are named, and all or none."""

import os
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from tests.store.lake_rows import AT_NS, DAY_NS, everything, keep, open_lake, span, span_ids

from genyard.core.errors import StorageFull, Unreachable
from genyard.store.places import FolderPlace
from genyard.store.reads import QueryEngine

DAYS = 97
ROWS = [span(number, start_ns=AT_NS - (number * 7 % DAYS) * DAY_NS) for number in range(2 * DAYS)]


def test_a_row_of_each_of_many_days_is_read_back_once_from_one_commit(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, span(1_000_000))
    lake.flush()
    keep(lake, *ROWS)
    before = everything(lake)
    lake.flush()
    assert everything(lake) == before
    lake.close()
    again = open_lake(tmp_path)
    assert sorted(span_ids(everything(again))) == sorted([*range(2 * DAYS), 1_000_000])
    table = tmp_path / "lake" / "spans"
    assert len(list((table / "_delta_log").glob("*.json"))) == 3
    assert len(list(table.rglob("*.parquet"))) == DAYS + 1
    assert not list(tmp_path.rglob("_append/*"))
    again.close()


def test_each_file_is_durable_before_a_commit_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    named: list[Path] = []
    fsync, commit = os.fsync, DeltaTable.create_write_transaction

    def seen(handle: int) -> None:
        fsync(handle)
        synced.add(os.fstat(handle).st_ino)

    def checked(table: DeltaTable, actions: list, *given: object, **more: object) -> None:  # type: ignore[type-arg]
        named.extend(Path(table.table_uri.removeprefix("file://")) / one.path for one in actions)
        for path in named:
            assert {path.stat().st_ino, path.parent.stat().st_ino} <= synced
        commit(table, actions, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", seen)
    monkeypatch.setattr(DeltaTable, "create_write_transaction", checked)
    lake = open_lake(tmp_path)
    keep(lake, *ROWS[:5])
    lake.flush()
    assert len(named) == 5
    lake.close()


def test_where_a_file_cannot_be_written_none_is_there_and_the_rows_stay_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(tmp_path)
    keep(lake, *ROWS)
    bring, brought = FolderPlace.bring, list[str]()

    def full(self: FolderPlace, file: Path, path: str) -> None:
        if len(brought) > DAYS // 2:
            raise StorageFull("no room", hint="make room")
        brought.append(path)
        bring(self, file, path)

    with monkeypatch.context() as patched:
        patched.setattr(FolderPlace, "bring", full)
        with pytest.raises(StorageFull):
            lake.flush()
    assert not list((tmp_path / "lake").rglob("*.parquet"))
    assert len(everything(lake)) == len(ROWS)
    lake.flush()
    assert len(everything(lake)) == len(ROWS)
    lake.close()


def test_an_attempt_never_takes_the_name_of_one_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise OSError("the power was cut")

    lake = open_lake(tmp_path)
    keep(lake, span(1), span(2))
    with monkeypatch.context() as patched:
        patched.setattr(DeltaTable, "create_write_transaction", cut_off)
        with pytest.raises(Unreachable, match="the power was cut"):
            lake.flush()
    [left] = (tmp_path / "lake").rglob("*.parquet")
    lake.flush()
    left.unlink()
    assert span_ids(everything(lake)) == [1, 2]
    lake.close()


def test_the_rows_stand_in_a_file_as_they_came(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, *(span(number, tags=["a", "b"][: number % 3]) for number in (3, 1, 2)))
    lake.flush()
    lake.close()
    [path] = (tmp_path / "lake").rglob("*.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT span_id, tags FROM read_parquet($1)", [str(path)]).fetchall()
    assert [(int(row[0], 16), row[1]) for row in rows] == [(3, []), (1, ["a"]), (2, ["a", "b"])]


def test_rows_of_a_megabyte_are_searched_in_little_memory_as_they_were_flushed(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, *(span(number, input=f"{number} {'x' * 1_000_000}") for number in range(50)))
    lake.flush()
    lake.close()
    files = list(map(str, tmp_path.glob("lake/spans/project=*/*/*.parquet")))
    engine = QueryEngine([tmp_path], threads=1, memory_mb=40)
    asked = "SELECT count(*) AS count FROM read_parquet($files) WHERE regexp_matches(input, '(?i)XX')"
    assert engine.run(asked, {"files": files}) == [{"count": 50}]
    engine.close()
