"""The servers that write one lake in a bucket: each says there, again and again, that the tables have its log.

``docs/design/erasure.md`` has what follows from it. A beat is an object whose name says all; none is overwritten.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from genyard.core.ids import IdSource
from genyard.store.places import Place

_FOLDER = "writers"
_BEAT = re.compile(rf"{_FOLDER}/(?P<writer>[^/]+)/(?P<id>[0-9a-f-]+)_(?P<every_s>[0-9]+)_(?P<host>[A-Za-z0-9.-]*)")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One sign of life: what its writer acknowledged before the flush before it is in the tables."""

    id: str
    every_s: int
    """The next one comes after so many seconds, where the writer lives."""
    host: str


class Writers:
    """What one writer knows of the others, and tells them. For one thread at a time, but ``others``."""

    def __init__(self, place: Place, *, writer_id: str, host: str, every_s: float, ids: IdSource) -> None:
        """``place`` is the lake's own; nothing is read or written before ``join``."""
        self._place = place
        self._writer_id = writer_id
        self._tail = f"_{math.ceil(every_s)}_{_UNSAFE.sub('-', host)[:100]}"
        self._ids = ids
        self._own: list[str] = []
        self._unsure: str | None = None
        """The beat that was put and not answered."""

    def join(self) -> None:
        """Be among the writers, before the first row is taken. Raises Unreachable.

        One that was killed is there already, and says nothing new: its log may hold rows that no table has.
        """
        self._own = [one.path for one in self._place.listing(f"{_FOLDER}/{self._writer_id}")]
        if not self._own:
            self.beat()

    def beat(self) -> None:
        """Say that the tables have all that was acknowledged before the last flush began. Raises Unreachable."""
        if self._unsure is None:
            self._unsure = f"{_FOLDER}/{self._writer_id}/{self._ids.uuid7()}{self._tail}"
            self._own.append(self._unsure)
        # One without an answer may come to be later, beside the next: so that is put again, and they count as one.
        self._place.create(self._unsure, b"")
        self._unsure = None
        self._place.remove(self._own[:-1])
        self._own = self._own[-1:]

    def leave(self) -> None:
        """Be no writer any more: the log is empty, and takes no more rows. Raises Unreachable."""
        self._place.remove(self._own)
        self._own = []

    def others(self) -> Mapping[str, Beat]:
        """Return the newest beat of each of the other writers. Raises Unreachable."""
        found: dict[str, Beat] = {}
        for path in sorted(one.path for one in self._place.listing(_FOLDER)):
            said = _BEAT.fullmatch(path)
            if said and said["writer"] != self._writer_id:
                found[said["writer"]] = Beat(id=said["id"], every_s=int(said["every_s"]), host=said["host"])
        return found
