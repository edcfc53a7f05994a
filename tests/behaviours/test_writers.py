"""The servers that write one lake, over each kind of place."""

from pathlib import Path

import pytest

from genyard.core.clock import CountingClock
from genyard.core.ids import RandomIds
from genyard.store.places import BucketPlace, FolderPlace, Place
from genyard.store.writers import Writers


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return FolderPlace(tmp_path)
    return BucketPlace(f"{request.getfixturevalue('bucket')}/lake", tmp_path)


def writer(place: Place, name: str, *, every_s: float = 30) -> Writers:
    return Writers(place, writer_id=name, host=f"host of {name}", every_s=every_s, ids=RandomIds(CountingClock()))


def test_each_sees_the_newest_beat_of_the_others(place: Place) -> None:
    here, there = writer(place, "here"), writer(place, "there", every_s=0.5)
    here.join()
    assert here.others() == {}
    there.join()
    (first,) = here.others().values()
    assert (first.every_s, first.host, list(there.others())) == (1, "host-of-there", ["here"])
    there.beat()
    (second,) = here.others().values()
    assert second.id != first.id
    assert len(list(place.listing("writers"))) == 2
    there.leave()
    assert here.others() == {}


def test_one_that_was_killed_says_nothing_new_until_it_flushed(place: Place) -> None:
    here = writer(place, "here")
    writer(place, "there").join()
    before = here.others()
    again = writer(place, "there")
    again.join()
    assert here.others() == before
    again.beat()
    assert here.others().keys() == before.keys() and here.others() != before
    assert len(list(place.listing("writers/there"))) == 1


def test_what_is_no_beat_is_passed_over(place: Place) -> None:
    place.create("writers/there/notes.txt", b"")
    assert writer(place, "here").others() == {}
