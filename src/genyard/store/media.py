"""Images, recordings and files that spans refer to: each once a project and day, by the digest of its bytes.

**A span is acknowledged only after what it refers to is durable, and while it is there nobody removes that.** So who
keeps spans holds their media until the spans can be read, and who removes media watches what is held meanwhile.
``docs/design/media.md`` says where a crash may fall.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice

import msgspec

from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import Corrupted
from genyard.core.refs import check_name
from genyard.store.media_shelves import BucketMedia, FolderMedia, MediaShelf
from genyard.store.table_place import LakePlace

_BATCH = 100
"""How many are removed at a time. Who keeps one of them anew waits for as many."""
_PATH = re.compile(r"project=([^/]+)/day=(\d{4}-\d{2}-\d{2})/([0-9a-f]{64})")


class MediaObject(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes on their way to the lake. ``day`` is the UTC day of the row that refers to them."""

    day: str
    digest: Digest
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMedia:
    """One object that is there."""

    project: str
    day: str
    digest: Digest
    size: int

    @property
    def path(self) -> str:
        return _path(self.project, self.day, self.digest)


_Day = tuple[str, str]
"""Project and day."""


class Watch:
    """Knows what was held at any time since it began."""

    def __init__(self, held: Iterable[str]) -> None:
        self.seen = set(held)


class Media:
    """The media of a lake. Safe to use from many threads; one process a home removes."""

    def __init__(self, shelf: MediaShelf) -> None:
        self._shelf = shelf
        # Never held while the disk or the bucket works: the event loop and the flush take it too.
        self._changing = threading.Lock()
        self._removing = threading.Lock()
        self._went = threading.Condition(self._changing)
        self._going: frozenset[str] = frozenset()
        """What is being removed now."""
        self._held: Counter[str] = Counter()
        self._watches: list[Watch] = []
        self._sizes: Counter[str] = Counter()
        self._measuring = threading.Lock()
        self._measured: dict[_Day, int] | None = None
        """The bytes of the days that were looked through, while they are measured."""
        self._meanwhile: dict[_Day, dict[str, int]] = {}
        """What came (its bytes) and went (none) in the other days since then, by path."""

    @classmethod
    def open(cls, lake: LakePlace) -> "Media":
        """Open the media of a lake."""
        if lake.in_bucket:
            return cls(BucketMedia(f"{lake.url}/media", lake.folder / "media"))
        return cls(FolderMedia(lake.folder / "media"))

    def hold(self, project: str, objects: Sequence[MediaObject]) -> "Held":
        """Keep objects: they are durable on return, and stay at least until they are let go of.

        Raises StorageFull, Unreachable; nothing is held then.
        """
        check_name(project, "project")
        held = Held(self, [_path(project, one.day, one.digest) for one in objects])
        self._take_hold(held.paths)
        try:
            for path, one in zip(held.paths, objects, strict=True):
                if self._shelf.put(path, one.content):
                    kept = KeptMedia(project=project, day=one.day, digest=one.digest, size=len(one.content))
                    with self._changing:
                        self._count(kept, kept.size)
        except BaseException:
            held.let_go()
            raise
        return held

    def read(self, project: str, day: str, digest: Digest) -> bytes | None:
        """Return the bytes; None where there are none. Raises Corrupted, Unreachable."""
        content = self._shelf.read(_path(check_name(project, "project"), day, digest))
        if content is not None and digest_of_bytes(content) != digest:
            raise Corrupted(f"the media {digest} of {day} are not what was written", hint="restore them from a backup")
        return content

    def listing(self, project: str) -> Iterator[KeptMedia]:
        """Yield what a project has, a day after the other. Raises Unreachable."""
        return self._listing(f"project={check_name(project, 'project')}")

    @contextmanager
    def watched(self) -> Iterator[Watch]:
        """Watch what is held, from before one looks for what may go until it is gone."""
        with self._changing:
            watch = Watch(self._held)
            self._watches.append(watch)
        try:
            yield watch
        finally:
            with self._changing:
                self._watches.remove(watch)

    def remove(self, objects: Iterable[KeptMedia], watch: Watch) -> list[KeptMedia]:
        """Remove objects that nobody held since ``watch`` began; return those. Raises Unreachable."""
        left, gone = iter(objects), list[KeptMedia]()
        while batch := list(islice(left, _BATCH)):
            with self._removing:
                gone += self._remove(batch, watch)
        return gone

    def _remove(self, batch: Sequence[KeptMedia], watch: Watch) -> list[KeptMedia]:
        """Remove a few. One thread at a time: another's would remove what was kept anew since this one's."""
        with self._changing:
            going = [one for one in batch if one.path not in watch.seen]
            self._going = frozenset(one.path for one in going)
        gone = False
        try:
            self._shelf.remove([one.path for one in going])
            gone = True
        finally:
            with self._changing:
                for one in going if gone else ():
                    self._count(one, -one.size)
                self._going = frozenset()
                self._went.notify_all()
        return going

    def sweep(self) -> None:
        """Remove what writers that were killed left unfinished. Only for the holder of the home's lock."""
        self._shelf.sweep()

    def measure(self, *, given_up: Callable[[], bool] = lambda: False) -> None:
        """Look how much there is, a day after the other. Raises Unreachable."""
        with self._measuring:
            with self._changing:
                self._measured, self._meanwhile = {}, {}
            try:
                for day, objects in groupby(self._listing(""), key=lambda one: (one.project, one.day)):
                    found: dict[str, int] = {}
                    for one in objects:
                        if given_up():
                            return
                        found[one.path] = one.size
                    with self._changing:
                        self._take_over(day, found)
                with self._changing:
                    for day in list(self._meanwhile):
                        self._take_over(day, {})
                    self._sizes = Counter()
                    for (project, _), size in self._measured.items():
                        self._sizes[project] += size
            finally:
                with self._changing:
                    self._measured = None

    def _take_over(self, day: _Day, found: dict[str, int]) -> None:
        """Take what was listed of a day, and what came or went since: a listing may have seen that, or not."""
        assert self._measured is not None
        found |= self._meanwhile.pop(day, {})
        self._measured[day] = self._measured.get(day, 0) + sum(found.values())

    def _count(self, one: KeptMedia, change: int) -> None:
        """Count what came or went. Under the lock."""
        self._sizes[one.project] += change
        if self._measured is None:
            return
        day = one.project, one.day
        if day in self._measured:
            self._measured[day] += change
        else:
            self._meanwhile.setdefault(day, {})[one.path] = max(0, change)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each project, as far as was seen here since they were measured."""
        with self._changing:
            return dict(self._sizes)

    def _listing(self, prefix: str) -> Iterator[KeptMedia]:
        for one in self._shelf.listing(prefix):
            found = _PATH.fullmatch(one.path)
            if found:
                yield KeptMedia(project=found[1], day=found[2], digest=Digest(f"sha256:{found[3]}"), size=one.size)

    def _take_hold(self, paths: Sequence[str]) -> None:
        with self._changing:
            self._held.update(paths)
            for watch in self._watches:
                watch.seen.update(paths)
            # From now on nobody begins to remove them. Who has begun shall be done, so that they are kept anew.
            self._went.wait_for(lambda: self._going.isdisjoint(paths))

    def let_go(self, paths: Sequence[str]) -> None:
        """Hold these no longer. For ``Held`` only."""
        with self._changing:
            self._held.subtract(paths)
            for path in paths:
                if not self._held[path]:
                    del self._held[path]


class Held:
    """Objects that are there and stay there."""

    def __init__(self, media: Media, paths: Sequence[str]) -> None:
        self.paths = paths
        self._media = media

    def let_go(self) -> None:
        """Hold them no longer: what refers to them can be read, or was never kept. To be called once."""
        self._media.let_go(self.paths)


def _path(project: str, day: str, digest: Digest) -> str:
    return f"project={project}/day={day}/{digest.removeprefix('sha256:')}"
