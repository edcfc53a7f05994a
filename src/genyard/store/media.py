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
from itertools import islice

import msgspec

from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import Corrupted
from genyard.core.refs import check_name
from genyard.store.media_shelves import BucketMedia, FolderMedia, MediaShelf
from genyard.store.media_sizes import MediaSizes, Sized, Taken
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
    changed_ns: int = 0
    """When it was put last, as its place says. In a bucket that is each time that somebody keeps it."""

    @property
    def path(self) -> str:
        return _path(self.project, self.day, self.digest)


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
        self._open: set[Held] = set()
        self._watches: list[Watch] = []
        self._sizes = MediaSizes()

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
        self._take_hold(held)
        try:
            for path, one in zip(held.paths, objects, strict=True):
                if self._shelf.put(path, one.content):
                    kept = KeptMedia(project=project, day=one.day, digest=one.digest, size=len(one.content))
                    self._sizes.came(_sized(kept))
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
        try:
            self._shelf.remove([one.path for one in going])
            for one in going:
                self._sizes.went(_sized(one))
        finally:
            with self._changing:
                self._going = frozenset()
                self._went.notify_all()
        return going

    def sweep(self) -> None:
        """Remove what writers that were killed left unfinished. Only for the holder of the home's lock."""
        self._shelf.sweep()

    def measure(self, *, given_up: Callable[[], bool] = lambda: False) -> None:
        """Look how much there is, a day after the other. Raises Unreachable."""
        self._sizes.measure(map(_sized, self._listing("")), given_up)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each project, as far as was seen here since they were measured."""
        return self._sizes.by_project

    def taken(self, project: str) -> Mapping[str, Taken]:
        """Return what the days of a project take, likewise. Until they were measured all are looked at.

        Raises Unreachable then.
        """
        counted = self._sizes.by_day(project)
        if counted is None:
            counted = dict[str, Taken]()
            for one in self.listing(project):
                counted[one.day] = counted.get(one.day, Taken()) + Taken(bytes=one.size, files=1)
        return counted

    def _listing(self, prefix: str) -> Iterator[KeptMedia]:
        for one in self._shelf.listing(prefix):
            found = _PATH.fullmatch(one.path)
            if found:
                yield KeptMedia(
                    project=found[1],
                    day=found[2],
                    digest=Digest(f"sha256:{found[3]}"),
                    size=one.size,
                    changed_ns=one.changed_ns,
                )

    def settled(self, *, within_s: float) -> bool:
        """Wait until everything that is held now is let go of; return whether it is."""
        with self._changing:
            held = frozenset(self._open)
            return self._went.wait_for(lambda: self._open.isdisjoint(held), within_s)

    def _take_hold(self, held: "Held") -> None:
        paths = held.paths
        with self._changing:
            self._open.add(held)
            self._held.update(paths)
            for watch in self._watches:
                watch.seen.update(paths)
            # From now on nobody begins to remove them. Who has begun shall be done, so that they are kept anew.
            self._went.wait_for(lambda: self._going.isdisjoint(paths))

    def let_go(self, held: "Held") -> None:
        """Hold these no longer. For ``Held`` only."""
        with self._changing:
            self._open.discard(held)
            self._held.subtract(held.paths)
            for path in held.paths:
                if not self._held[path]:
                    del self._held[path]
            self._went.notify_all()


class Held:
    """Objects that are there and stay there."""

    def __init__(self, media: Media, paths: Sequence[str]) -> None:
        self.paths = paths
        self._media = media

    def let_go(self) -> None:
        """Hold them no longer: what refers to them can be read, or was never kept. To be called once."""
        self._media.let_go(self)


def _sized(one: KeptMedia) -> Sized:
    return Sized(day=(one.project, one.day), path=one.path, size=one.size)


def _path(project: str, day: str, digest: Digest) -> str:
    return f"project={project}/day={day}/{digest.removeprefix('sha256:')}"
