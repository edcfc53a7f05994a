"""Rows of very many days: written in parts, and one append all the same."""

from pathlib import Path

import pytest
from tests.store.lake_rows import AT_NS, DAY_NS, everything, keep, open_lake, span, span_ids

from genyard.core.errors import StorageFull
from genyard.store.parts import MOST_AT_ONCE, PartWriter
from genyard.store.places import FolderPlace

DAYS = 3 * MOST_AT_ONCE + 1
ROWS = [span(number, start_ns=AT_NS - (number * 7 % DAYS) * DAY_NS) for number in range(2 * DAYS)]


def writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many days are written at once, in turn, from now on."""
    found: list[int] = []
    written = PartWriter._written

    def seen(self: PartWriter, folder: Path, rows, properties):  # type: ignore[no-untyped-def]
        found.append(len(set(rows.column("day").to_pylist())))
        return written(self, folder, rows, properties)

    monkeypatch.setattr(PartWriter, "_written", seen)
    return found


def test_a_row_of_each_of_many_days_is_read_back_once_from_one_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(tmp_path)
    keep(lake, span(1_000_000))
    lake.flush()
    at_once = writes(monkeypatch)
    keep(lake, *ROWS)
    before = everything(lake)
    lake.flush()
    assert everything(lake) == before
    assert at_once == [MOST_AT_ONCE] * 3 + [1]
    lake.close()
    again = open_lake(tmp_path)
    assert sorted(span_ids(everything(again))) == sorted([*range(2 * DAYS), 1_000_000])
    assert len(list((tmp_path / "lake" / "spans" / "_delta_log").glob("*.json"))) == 3
    assert not list(tmp_path.rglob("_append/spans"))
    again.close()


def test_where_a_part_cannot_be_written_none_is_there_and_the_rows_stay_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(tmp_path)
    keep(lake, *ROWS)
    bring, brought = FolderPlace.bring, list[str]()

    def full(self: FolderPlace, file: Path, path: str) -> None:
        if len(brought) > MOST_AT_ONCE:
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
