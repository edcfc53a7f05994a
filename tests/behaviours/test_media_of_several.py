"""Two servers keep the same media in a bucket: an erasure on one never takes what a span of the other needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.store.lake_rows import AT_NS, keep, open_lake, span
from tests.waiting import eventually

from genyard.core.clock import CountingClock, SystemClock, day_of
from genyard.core.digest import digest_of_bytes
from genyard.core.ids import RandomIds
from genyard.core.media import MediaReference
from genyard.govern.erased_media import ErasedMedia
from genyard.store.lake import Lake
from genyard.store.media import MediaObject

CONTENT = b"a picture" * 500
DIGEST = digest_of_bytes(CONTENT)
DAY = day_of(AT_NS)
REFERENCE = MediaReference(digest=DIGEST, media_type="image/png", size=len(CONTENT))
PICTURE = MediaObject(day=DAY, digest=DIGEST, content=CONTENT)


@pytest.fixture
def here(bucket: str, tmp_path: Path) -> Iterator[Lake]:
    lake = open_lake(tmp_path / "here", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
    yield lake
    lake.close()


@pytest.fixture
def there(bucket: str, tmp_path: Path) -> Iterator[Lake]:
    lake = open_lake(tmp_path / "there", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
    yield lake
    lake.close()


def take_in(lake: Lake) -> None:
    """Acknowledge a span with the picture."""
    held = lake.hold_media("acme", [PICTURE])
    keep(lake, span(1, input_messages=[{"content": str(REFERENCE)}]))
    held.let_go()


def sweep(lake: Lake, *, wait_for: Lake) -> None:
    def wait() -> bool:
        wait_for.flush()
        lake.refresh()
        return True

    ErasedMedia(lake=lake).sweep("acme", [], check=lambda: None, wait=wait)


def is_there(lake: Lake) -> bool:
    return lake.media.read("acme", DAY, DIGEST) == CONTENT


def test_what_only_another_servers_log_mentions_stays(here: Lake, there: Lake) -> None:
    here.hold_media("acme", [PICTURE]).let_go()
    take_in(there)
    sweep(here, wait_for=there)
    assert is_there(here)


def test_what_nobody_mentions_goes(here: Lake, there: Lake) -> None:
    here.hold_media("acme", [PICTURE]).let_go()
    sweep(here, wait_for=there)
    assert not is_there(here)


def test_what_another_server_keeps_anew_after_the_look_stays(here: Lake, there: Lake) -> None:
    here.hold_media("acme", [PICTURE]).let_go()
    (before,) = here.media.listing("acme")

    def kept_anew() -> bool:
        # A bucket tells times in seconds.
        while next(iter(here.media.listing("acme"))).changed_ns == before.changed_ns:
            there.hold_media("acme", [PICTURE])
        return True

    ErasedMedia(lake=here).sweep("acme", [], check=lambda: None, wait=kept_anew)
    assert is_there(here)


def test_what_another_server_keeps_anew_while_mentions_are_looked_for_stays(
    here: Lake, there: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.hold_media("acme", [PICTURE]).let_go()
    (before,) = here.media.listing("acme")
    waited, ask = list[bool](), Lake.query

    def asked(lake: Lake, sql: str, **window: Any) -> list[dict[str, object]]:
        # The second look has listed the picture already. A bucket tells times in seconds.
        while waited and next(iter(here.media.listing("acme"))).changed_ns == before.changed_ns:
            there.hold_media("acme", [PICTURE])
        return ask(lake, sql, **window)

    def wait() -> bool:
        waited.append(True)
        return True

    monkeypatch.setattr(Lake, "query", asked)
    ErasedMedia(lake=here).sweep("acme", [], check=lambda: None, wait=wait)
    assert waited and is_there(here)


def test_a_beat_waits_for_who_holds_media_before_it(bucket: str, tmp_path: Path) -> None:
    with beating(bucket, tmp_path / "here") as here, beating(bucket, tmp_path / "there") as there:
        held = there.hold_media("acme", [PICTURE])
        before = here.others()
        assert not there.media.settled(within_s=0)
        held.let_go()
        assert there.media.settled(within_s=0)
        eventually(lambda: here.others() != before)


@contextmanager
def beating(bucket: str, home: Path) -> Iterator[Lake]:
    clock = SystemClock()
    lake = Lake.open(f"{bucket}/lake", home / "wal", clock=clock, ids=RandomIds(clock), flush_age_s=0.1)
    yield lake
    lake.close()


def test_where_another_server_is_silent_only_what_was_erased_goes(here: Lake, there: Lake) -> None:
    take_in(there)  # and it is killed, or cannot reach the bucket
    ErasedMedia(lake=here).sweep("acme", [], check=lambda: None, wait=lambda: False)
    assert is_there(here)
    ErasedMedia(lake=here).sweep("acme", [f"{DAY}/{DIGEST}"], check=lambda: None, wait=lambda: False)
    assert not is_there(here)
