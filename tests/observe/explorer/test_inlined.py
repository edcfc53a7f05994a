"""Media put back into spans: how much is read for one, and where it is looked for."""

from pathlib import Path

import pytest
from tests.store.lake_rows import AT_NS, DAY_NS

from genyard.core.clock import day_of
from genyard.core.digest import digest_of_bytes
from genyard.core.media import MediaReference
from genyard.observe.explorer.inlined import MOST_BYTES, inlined
from genyard.observe.explorer.one_trace import Row
from genyard.store.media import Media, MediaObject
from genyard.store.media_shelves import FolderMedia

TODAY = day_of(AT_NS)
MIDNIGHT_NS = AT_NS // DAY_NS * DAY_NS
MINUTE_NS = 60_000_000_000
LARGE = MOST_BYTES * 3 // 8  # two of these fit into a span as base64
CONTENTS = [bytes([number]) * LARGE for number in range(4)]


class Shelf(FolderMedia):
    """A folder that tells how many were read."""

    reads = 0

    def read(self, path: str) -> bytes | None:
        self.reads += 1
        return super().read(path)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("media"))
    keep(shelf, *CONTENTS)
    return shelf


def keep(shelf: Shelf, *contents: bytes, day: str = TODAY) -> None:
    objects = [MediaObject(day=day, digest=digest_of_bytes(one), content=one) for one in contents]
    Media(shelf).hold("acme", objects).let_go()


def reference(content: bytes, size: int | None = None) -> str:
    size = len(content) if size is None else size
    return str(MediaReference(digest=digest_of_bytes(content), media_type="image/png", size=size))


def written(shelf: Shelf, *texts: str, start_ns: int = AT_NS, duration_ns: int = 5) -> tuple[Row, int]:
    """Return the span with media in it, and how many objects were read for it."""
    before = shelf.reads
    row: Row = {"start_ns": start_ns, "duration_ns": duration_ns, "input_messages": list(texts)}
    ((made,),) = inlined(Media(shelf), "acme", [row])
    return made, shelf.reads - before


def inside(made: Row) -> list[bool]:
    texts = made["input_messages"]
    assert isinstance(texts, list)
    return [str(one).startswith("data:image/png;base64,") for one in texts]


def test_nothing_is_read_of_what_does_not_fit_any_more(shelf: Shelf) -> None:
    made, reads = written(shelf, *map(reference, [*CONTENTS, *CONTENTS]))
    assert (inside(made), reads) == ([True, True] + [False] * 6, 2)


def test_what_is_named_again_is_read_once_and_counts_again(shelf: Shelf) -> None:
    made, reads = written(shelf, *[reference(CONTENTS[0])] * 9)
    assert (inside(made), reads) == ([True, True] + [False] * 7, 1)


def test_a_reference_that_says_less_than_is_true_is_the_last_that_is_read(shelf: Shelf) -> None:
    small = b"small" * 900
    keep(shelf, small)
    sent = [reference(CONTENTS[0]), reference(small), reference(b"gone" * 900)]
    made, reads = written(shelf, *sent, *(reference(one, size=0) for one in CONTENTS[1:]), reference(small))
    assert (inside(made), reads) == ([True, True, False, False, False, False, False], 4)


@pytest.mark.parametrize(
    ("start_ns", "duration_ns", "day_ns", "found"),
    [
        (MIDNIGHT_NS - MINUTE_NS, 5, MIDNIGHT_NS, True),
        (MIDNIGHT_NS + MINUTE_NS, 5, MIDNIGHT_NS - 1, True),
        (MIDNIGHT_NS - DAY_NS, DAY_NS - 5, MIDNIGHT_NS, True),
        (MIDNIGHT_NS - 3 * DAY_NS, 4 * DAY_NS, MIDNIGHT_NS - 1, True),
        (MIDNIGHT_NS - 900 * DAY_NS, 900 * DAY_NS, MIDNIGHT_NS, True),
        (MIDNIGHT_NS - 120 * MINUTE_NS, 5, MIDNIGHT_NS, False),
    ],
)
def test_media_of_log_records_lie_under_the_days_of_those(
    tmp_path: Path, start_ns: int, duration_ns: int, day_ns: int, found: bool
) -> None:
    shelf, picture = Shelf(tmp_path), b"picture" * 900
    keep(shelf, picture, day=day_of(day_ns))
    made, reads = written(shelf, reference(picture), start_ns=start_ns, duration_ns=duration_ns)
    assert inside(made) == [found]
    assert reads < 12
