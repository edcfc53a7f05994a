"""The media of a lake in a folder and in a bucket: kept once a day and project, held, watched, removed."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

import pytest
from obstore.store import LocalStore, from_url
from tests.store.lake_rows import AT_NS, DAY_NS, keep, look_after, open_lake, span
from tests.waiting import eventually, happened

from genyard.core.clock import day_of
from genyard.core.digest import digest_of_bytes
from genyard.core.errors import Corrupted, InvalidInput, Unreachable
from genyard.store import lake as lake_module
from genyard.store.lake import Lake
from genyard.store.media import Media, MediaObject
from genyard.store.media_shelves import FolderMedia
from genyard.store.media_sizes import Taken
from genyard.store.places import Stored
from genyard.store.table_place import LakePlace

TODAY, TOMORROW = day_of(AT_NS), day_of(AT_NS + DAY_NS)
CONTENT = b"a picture" * 500


@pytest.fixture
def lake(place: str, tmp_path: Path) -> Iterator[Lake]:
    lake = open_lake(tmp_path, url=place)
    yield lake
    lake.close()


@pytest.fixture
def media(lake: Lake) -> Media:
    return lake.media


def one(content: bytes = CONTENT, day: str = TODAY) -> MediaObject:
    return MediaObject(day=day, digest=digest_of_bytes(content), content=content)


def kept(media: Media, *objects: MediaObject, project: str = "acme") -> None:
    media.hold(project, objects).let_go()


def there(media: Media, project: str = "acme") -> list[tuple[str, bytes | None]]:
    listed = sorted(media.listing(project), key=lambda each: (each.day, each.digest))
    return [(each.day, media.read(project, each.day, each.digest)) for each in listed]


def test_what_is_kept_is_read_back_under_its_day_and_project_only(media: Media) -> None:
    kept(media, one(), one(day=TOMORROW))
    kept(media, one())
    assert there(media) == [(TODAY, CONTENT), (TOMORROW, CONTENT)]
    assert media.read("acme", day_of(AT_NS + 5 * DAY_NS), one().digest) is None
    assert media.read("acm", TODAY, one().digest) is None
    assert (there(media, "acm"), there(media, "acme-2")) == ([], [])
    assert media.sizes == {"acme": 2 * len(CONTENT)}
    with pytest.raises(InvalidInput):
        media.read("../acme", TODAY, one().digest)


def test_another_opening_finds_it_and_what_it_takes(place: str, media: Media, tmp_path: Path) -> None:
    kept(media, one())
    again = Media.open(LakePlace.at(place, tmp_path / "wal"))
    again.measure()
    assert (there(again), again.sizes) == ([(TODAY, CONTENT)], {"acme": len(CONTENT)})


def test_damage_is_told_and_never_given_and_mended_by_keeping_it_again(place: str, media: Media) -> None:
    kept(media, one())
    store = from_url(place) if "://" in place else LocalStore(place)
    (path,) = [each["path"] for page in store.list("media") for each in page if each["path"].endswith(one().digest[7:])]
    store.put(path, CONTENT[:-1])
    with pytest.raises(Corrupted):
        media.read("acme", TODAY, one().digest)
    kept(media, one())
    assert there(media) == [(TODAY, CONTENT)]


def test_what_somebody_holds_or_held_since_the_watch_began_is_not_removed(media: Media) -> None:
    kept(media, one(b"old" * 900))
    held = media.hold("acme", [one(b"held" * 900)])
    with media.watched() as watch:
        kept(media, one(b"come" * 900))
        held.let_go()
        media.remove(media.listing("acme"), watch)
    assert sorted(content[:3] for _, content in there(media) if content) == [b"com", b"hel"]
    with media.watched() as watch:
        assert len(media.remove(media.listing("acme"), watch)) == 2
    assert (there(media), media.sizes["acme"]) == ([], 0)
    kept(media, one())
    assert there(media) == [(TODAY, CONTENT)]


def test_removing_makes_only_those_wait_who_keep_the_same_anew(tmp_path: Path) -> None:
    shelf = SlowShelf(tmp_path)
    media = Media(shelf)
    old = [one(b"%d" % number * 900) for number in range(150)]
    held = media.hold("acme", [one()])
    kept(media, *old)
    with media.watched() as watch, ThreadPoolExecutor(2) as threads:
        going = sorted(
            media.listing("acme"), key=lambda each: each.digest == old[-1].digest
        )  # it is in the second batch
        removed = threads.submit(media.remove, going, watch)
        assert happened(shelf.asked)
        first, last = (next(each for each in old if each.digest == going[place].digest) for place in (0, -1))
        anew = threads.submit(media.hold, "acme", [first])
        held.let_go()
        assert media.sizes["acme"] == sum(len(each.content) for each in [one(), *old])
        media.hold("acme", [last]).let_go()
        assert not anew.done()
        shelf.go_on.set()
        assert len(removed.result(10)) == 149
        anew.result(10).let_go()
    assert {content for _, content in there(media)} == {CONTENT, first.content, last.content}
    assert media.sizes["acme"] == sum(len(content or b"") for _, content in there(media))


def test_what_could_not_be_removed_is_kept_anew_without_waiting(tmp_path: Path) -> None:
    media = Media(SlowShelf(tmp_path, error=Unreachable("no answer")))
    kept(media, one())
    with media.watched() as watch, pytest.raises(Unreachable):
        media.remove(media.listing("acme"), watch)
    kept(media, one())
    assert (there(media), media.sizes) == ([(TODAY, CONTENT)], {"acme": len(CONTENT)})


class SlowShelf(FolderMedia):
    """A folder that waits before it removes, as a bucket of many objects does, or fails."""

    def __init__(self, root: Path, *, error: Exception | None = None) -> None:
        super().__init__(root)
        self.asked, self.go_on, self._error = Event(), Event(), error

    def remove(self, paths: Iterable[str]) -> None:
        if self._error:
            raise self._error
        self.asked.set()
        assert happened(self.go_on)
        super().remove(paths)


def test_days_that_are_dropped_take_their_media_along(lake: Lake, place: str, tmp_path: Path) -> None:
    upkeep = look_after(lake, tmp_path, url=place)
    for day, at_ns in ((TODAY, AT_NS), (TOMORROW, AT_NS + DAY_NS)):
        kept(lake.media, one(day=day))
        keep(lake, span(1, start_ns=at_ns, input=f"genyard:media/{one().digest};type=image/png;size=1"))
    kept(lake.media, one(), project="other")
    upkeep.drop_days("acme", before=TOMORROW)
    assert there(lake.media) == [(TOMORROW, CONTENT)]
    assert there(lake.media, "other") == [(TODAY, CONTENT)]
    # Rows of that day were in the log only: they went with it.
    rows = lake.query("SELECT day FROM spans", table="spans", project="acme", since_ns=0, until_ns=AT_NS + 9 * DAY_NS)
    assert [row["day"] for row in rows] == [TOMORROW]


def test_what_comes_and_goes_while_they_are_measured_is_counted_once(media: Media) -> None:
    objects = [one(b"%d" % number * 900, day=day) for number in range(6) for day in (TODAY, TOMORROW)]
    kept(media, *objects[:6])
    late = iter(objects[6:])

    def meanwhile() -> bool:
        kept(media, *filter(None, [next(late, None)]))
        with media.watched() as watch:
            media.remove([each for each in media.listing("acme") if each.digest == objects[0].digest], watch)
        return False

    media.measure(given_up=meanwhile)
    assert media.sizes["acme"] == sum(len(content or b"") for _, content in there(media))
    assert sum(each.bytes for each in media.taken("acme").values()) == media.sizes["acme"]
    assert sum(each.files for each in media.taken("acme").values()) == len(there(media))
    media.measure(given_up=lambda: True)
    assert media.sizes["acme"] == sum(len(content or b"") for _, content in there(media))


def test_what_days_take_is_told_without_looking_again(tmp_path: Path) -> None:
    shelf = Looked(tmp_path)
    kept(Media(shelf), one(), one(b"more" * 900), one(day=TOMORROW))
    media = Media(shelf)
    both = {TODAY: Taken(bytes=len(CONTENT) + 3_600, files=2), TOMORROW: Taken(bytes=len(CONTENT), files=1)}
    assert (media.taken("acme"), shelf.looks) == (both, 1)  # not measured yet
    media.measure()
    kept(media, one(b"late" * 900), one(), project="other")
    assert media.taken("acme") == both
    with media.watched() as watch:
        media.remove([each for each in media.listing("acme") if each.day == TODAY], watch)
    kept(media, one(b"late" * 900))
    assert media.taken("acme") == {TODAY: Taken(bytes=3_600, files=1), TOMORROW: both[TOMORROW]}
    with media.watched() as watch:
        media.remove(media.listing("acme"), watch)
    assert (media.taken("acme"), media.taken("nobody"), media.sizes["acme"]) == ({}, {}, 0)
    assert media.taken("other") == {TODAY: Taken(bytes=len(CONTENT) + 3_600, files=2)}
    assert shelf.looks == 4


class Looked(FolderMedia):
    """A folder that tells how often somebody looked what there is."""

    looks = 0

    def listing(self, prefix: str) -> Iterator[Stored]:
        self.looks += 1
        return super().listing(prefix)


def test_media_are_measured_once_the_place_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_lake(tmp_path)) as first:
        first.hold_media("acme", [one()]).let_go()
    silent = iter((True, True))

    def listing(self: FolderMedia, prefix: str) -> Iterator[Stored]:
        if next(silent, False):
            raise Unreachable("no answer")
        return answered(self, prefix)

    answered = FolderMedia.listing
    monkeypatch.setattr(FolderMedia, "listing", listing)
    monkeypatch.setattr(lake_module, "_RETRY_S", 0.01)
    with closing(open_lake(tmp_path)) as lake:
        eventually(lambda: lake.quotas.state("acme").used == len(CONTENT))
    assert next(silent, None) is None


def test_a_lake_whose_media_do_not_answer_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Event()

    def listing(*_: object) -> Iterator[Stored]:
        asked.set()
        raise Unreachable("no answer")

    monkeypatch.setattr(FolderMedia, "listing", listing)
    monkeypatch.setattr(lake_module, "_RETRY_S", 3_600.0)
    lake = open_lake(tmp_path)
    assert happened(asked)
    lake.close()
    eventually(lambda: "genyard-measure" not in [each.name for each in enumerate_threads()])


def test_media_count_against_the_quota(lake: Lake) -> None:
    lake.quotas.limit({"acme": 1_000})
    lake.hold_media("acme", [one()]).let_go()
    lake.measure()
    assert lake.quotas.state("acme").state == "full"
