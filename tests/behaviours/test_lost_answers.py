"""A bucket that does what it was asked, and whose answer gets lost: nothing that was acknowledged goes with it."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from tests.lossy_bucket import LossyBucket, lossy
from tests.store.lake_rows import AT_NS, DAY_NS, everything, keep, look_after, open_lake, span, span_ids

from genyard.core.clock import CountingClock
from genyard.core.errors import Unreachable
from genyard.core.ids import RandomIds
from genyard.store.lake import Lake
from genyard.store.places import BucketPlace
from genyard.store.upkeep import Upkeep
from genyard.store.writers import Writers

NUMBERS = (1, 2)


@pytest.fixture
def wire(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LossyBucket]:
    """What every server here speaks to; asked for after ``bucket``, which sets the environment up."""
    with lossy(s3) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
        yield wire


@pytest.fixture
def opened() -> Iterator[list[Lake]]:
    lakes: list[Lake] = []
    yield lakes
    for lake in lakes:
        lake.close()


def server(opened: list[Lake], bucket: str, home: Path) -> Lake:
    opened.append(open_lake(home, url=f"{bucket}/lake", ids=RandomIds(CountingClock())))
    return opened[-1]


def upkeep(lake: Lake, bucket: str, home: Path) -> Upkeep:
    return look_after(lake, home, url=f"{bucket}/lake", grace_ns=DAY_NS, now_ns=AT_NS + 2 * DAY_NS)


def is_commit(method: str, path: str) -> bool:
    return method == "PUT" and "/spans/_delta_log/" in path and path.partition("?")[0].endswith(".json")


@pytest.mark.parametrize("instead", [0, 403], ids=["asked again", "given up"])
def test_a_merge_whose_commit_nobody_confirms_takes_no_row_away(
    bucket: str, wire: LossyBucket, opened: list[Lake], tmp_path: Path, instead: int
) -> None:
    here = server(opened, bucket, tmp_path / "here")
    for number in NUMBERS:
        keep(here, span(number))
        here.flush()
    looking_after = upkeep(here, bucket, tmp_path / "here")
    wire.lose(lambda method, path: is_commit(method, path) and not wire.lost, instead=instead)
    with pytest.raises(Unreachable) if instead else nullcontext():
        looking_after.compact(check=lambda: None)
    assert wire.lost
    # It has no copies: what the table names is fetched out of the bucket.
    there = server(opened, bucket, tmp_path / "there")
    assert len(there.tables["spans"].files) == 1
    assert span_ids(everything(there)) == list(NUMBERS)


def test_a_server_whose_clock_is_wrong_leaves_what_another_one_is_about_to_name(
    bucket: str, wire: LossyBucket, opened: list[Lake], tmp_path: Path
) -> None:
    here = server(opened, bucket, tmp_path / "here")
    keep(here, span(1))
    here.flush()
    there = server(opened, bucket, tmp_path / "there")
    far_ahead = look_after(there, tmp_path / "there", url=f"{bucket}/lake", now_ns=2**62)
    purged = list[str]()

    def purge(method: str, path: str) -> None:
        if is_commit(method, path) and not purged:
            purged.append(path)
            far_ahead.purge()

    wire.tell(purge)
    keep(here, span(2))
    here.flush()
    assert purged
    there.refresh()
    assert span_ids(everything(there)) == [1, 2]


@pytest.mark.parametrize("instead", [0, 403], ids=["asked again", "given up"])
def test_a_flush_whose_commit_nobody_confirms_keeps_each_row_once(
    bucket: str, wire: LossyBucket, opened: list[Lake], tmp_path: Path, instead: int
) -> None:
    here = server(opened, bucket, tmp_path / "here")
    keep(here, span(1))
    here.flush()
    wire.lose(lambda method, path: is_commit(method, path) and not wire.lost, instead=instead)
    keep(here, span(2))
    with suppress(Unreachable):
        here.flush()
    assert wire.lost
    here.flush()
    assert here.unflushed_rows == 0
    for lake in (here, server(opened, bucket, tmp_path / "there")):
        assert span_ids(everything(lake)) == [1, 2]


def test_a_beat_that_nobody_confirms_counts_once(bucket: str, wire: LossyBucket, tmp_path: Path) -> None:
    def writer(name: str) -> Writers:
        place = BucketPlace(f"{bucket}/lake", tmp_path / name)
        return Writers(place, writer_id=name, host=name, every_s=1, ids=RandomIds(CountingClock()))

    here, there = writer("here"), writer("there")
    there.join()
    wire.lose(lambda method, _: method == "PUT" and not wire.lost, instead=403)
    with pytest.raises(Unreachable):
        there.beat()
    unsure = here.others()
    there.beat()
    assert here.others() == unsure
    there.beat()
    assert here.others() != unsure
