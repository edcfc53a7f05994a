"""The write-ahead log."""

import asyncio
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from genyard.core.errors import Cancelled, StorageFull, TooLarge
from genyard.core.ids import CountingIds
from genyard.store import wal
from genyard.store.rows import Batch
from genyard.store.wal import AnyBatch, WriteAheadLog


class Kept:
    """Remembers what the log says it kept."""

    def __init__(self) -> None:
        self.batches: list[AnyBatch] = []
        self.groups = 0

    def __call__(self, segment: int, batches: Sequence[AnyBatch], size: int) -> None:
        assert segment > 0
        assert size > 0
        self.groups += 1
        self.batches.extend(batches)


def batch(number: int, *, text: str = "") -> Batch:
    return Batch(table="spans", count=1, columns={"seed": [number], "preview": [text]})


def numbers(log: WriteAheadLog) -> list[object]:
    batches = (one for segment in log.sealed() for one in log.read(segment))
    return [one.column("seed")[0] for one in batches if isinstance(one, Batch)]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def log(tmp_path: Path, kept: Kept) -> Iterator[WriteAheadLog]:
    opened = WriteAheadLog(tmp_path, ids=CountingIds())
    opened.start(kept)
    yield opened
    opened.close()


def test_what_was_acknowledged_is_read_after_opening_again(log: WriteAheadLog, tmp_path: Path) -> None:
    for number in range(3):
        log.append(batch(number)).wait(30)
    log.close()
    assert numbers(WriteAheadLog(tmp_path, ids=CountingIds())) == [0, 1, 2]


def test_rows_are_told_as_kept_before_their_commit_resolves(log: WriteAheadLog, kept: Kept) -> None:
    log.append(batch(7)).wait(30)
    assert kept.batches == [batch(7)]


def test_appends_that_wait_together_share_one_fsync(tmp_path: Path, kept: Kept) -> None:
    log = WriteAheadLog(tmp_path, ids=CountingIds())
    commits = [log.append(batch(number)) for number in range(100)]
    log.start(kept)
    for commit in commits:
        commit.wait(30)
    log.close()
    assert (kept.groups, len(kept.batches)) == (1, 100)


def test_appends_of_many_threads_are_all_kept(log: WriteAheadLog, kept: Kept) -> None:
    def append(first: int) -> None:
        for number in range(first, first + 50):
            log.append(batch(number)).wait(30)

    threads = [threading.Thread(target=append, args=(first,)) for first in range(0, 200, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, kept.batches)) == sorted(str(batch(number)) for number in range(200))


def test_a_commit_can_be_awaited_and_a_cancelled_waiter_cancels_nothing(log: WriteAheadLog, kept: Kept) -> None:
    async def wait_twice() -> None:
        commit = log.append(batch(1))
        waiter = asyncio.ensure_future(commit.done())
        waiter.cancel()
        await commit.done()

    asyncio.run(wait_twice())
    assert len(kept.batches) == 1


def test_sealing_an_empty_segment_makes_no_new_one(log: WriteAheadLog) -> None:
    assert (log.seal(), log.seal()) == (0, 0)


def test_a_segment_number_is_never_used_again(log: WriteAheadLog, tmp_path: Path) -> None:
    log.append(batch(1)).wait(30)
    sealed = log.seal()
    log.drop(sealed)
    log.close()
    again = WriteAheadLog(tmp_path, ids=CountingIds())
    again.start(Kept())
    again.append(batch(2)).wait(30)
    assert again.seal() > sealed
    again.close()


def test_the_writer_id_stays(log: WriteAheadLog, tmp_path: Path) -> None:
    ids = CountingIds()
    ids.uuid7()
    assert WriteAheadLog(tmp_path, ids=ids).writer_id == log.writer_id


def test_a_full_segment_is_sealed_by_itself(tmp_path: Path, kept: Kept) -> None:
    log = WriteAheadLog(tmp_path, ids=CountingIds(), segment_bytes=100)
    log.start(kept)
    for number in range(3):
        log.append(batch(number, text="x" * 100)).wait(30)
    assert len(log.sealed()) == 3
    log.close()


def test_a_batch_over_the_bound_is_refused(log: WriteAheadLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wal, "MAX_BATCH_BYTES", 50)
    with pytest.raises(TooLarge, match="1 rows of spans take"):
        log.append(batch(1, text="x" * 100))


def test_nothing_is_taken_after_close(log: WriteAheadLog) -> None:
    log.close()
    with pytest.raises(Cancelled):
        log.append(batch(1))


def test_a_write_that_fails_half_way_leaves_nothing_and_the_log_goes_on(
    log: WriteAheadLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(batch(1)).wait(30)

    def half(handle: int, content: memoryview) -> int:
        write(handle, content[:5])
        raise OSError(28, "No space left on device")

    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        with pytest.raises(StorageFull):
            log.append(batch(2)).wait(30)
    log.append(batch(3)).wait(30)
    log.close()
    assert numbers(WriteAheadLog(tmp_path, ids=CountingIds())) == [1, 3]
