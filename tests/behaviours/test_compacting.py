"""Merging in a process of its own, in a folder and in a bucket: the same files, and nothing of what was stopped."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable
from tests.processes import children
from tests.store.lake_rows import AT_NS, DAY_NS, everything, keep, look_after, open_lake, span

from genyard.core.clock import CountingClock
from genyard.core.errors import Cancelled, Unreachable
from genyard.core.ids import RandomIds
from genyard.store.compacting import CompactInProcess
from genyard.store.lake import Lake
from genyard.store.upkeep import Upkeep


@pytest.fixture
def lake(place: str, tmp_path: Path) -> Iterator[Lake]:
    """A lake of six files of one day, two rows of which are one record."""
    lake = open_lake(tmp_path, url=place, ids=RandomIds(CountingClock()))
    for number in (6, 5, 4, 3, 2, 2):
        keep(lake, span(number, tags=["a"]))
        lake.flush()
    yield lake
    lake.close()


@pytest.fixture
def upkeep(lake: Lake, place: str, tmp_path: Path) -> Upkeep:
    return look_after(
        lake, tmp_path, url=place, grace_ns=DAY_NS, now_ns=AT_NS + 2 * DAY_NS, compactor=CompactInProcess()
    )


def files(place: str) -> int:
    return len(DeltaTable(f"{place}/spans").file_uris())


def test_a_process_merges_as_this_one_would(lake: Lake, upkeep: Upkeep, place: str) -> None:
    before = everything(lake)
    done = upkeep.compact(check=lambda: None)["spans"]
    assert (done.files_before, done.files_after, done.rows, done.repeated) == (6, 1, 5, 1)
    assert ([row["span_id"] for row in everything(lake)], files(place)) == ([row["span_id"] for row in before], 1)
    assert upkeep.compact(check=lambda: None)["spans"].files_before == 0


def test_a_merge_that_is_stopped_ends_its_process_and_leaves_the_table(
    lake: Lake, upkeep: Upkeep, place: str, tmp_path: Path
) -> None:
    before, running = everything(lake), set(children())
    seen: list[int] = []

    def stop() -> None:
        seen.extend(set(children()) - running)
        raise Cancelled("stopped by a person")

    with pytest.raises(Cancelled):
        upkeep.compact(check=stop)
    assert len(seen) == 1 and set(children()) <= running
    assert (everything(lake), files(place)) == (before, 6)
    assert list(tmp_path.rglob("_rewrite/*")) == []


def test_a_process_that_is_killed_is_told_and_the_next_merge_does_its_work(
    lake: Lake, upkeep: Upkeep, place: str
) -> None:
    running = set(children())

    def kill() -> None:
        for child in set(children()) - running:
            os.kill(child, signal.SIGKILL)

    before = everything(lake)
    with pytest.raises(Unreachable, match="ended"):
        upkeep.compact(check=kill)
    assert everything(lake) == before
    upkeep.compact(check=lambda: None)
    assert files(place) == 1
