"""How much media each project has, by day: measured once, and counted from then on as they come and go."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

ProjectDay = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the media of a day take."""

    bytes: int = 0
    files: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(bytes=self.bytes + other.bytes, files=self.files + other.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """One object, and where it counts."""

    day: ProjectDay
    path: str
    size: int


class MediaSizes:
    """Safe to use from many threads. Its lock is never held while the disk or a bucket works."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._measuring = threading.Lock()
        self._was_measured = False
        self._sizes: Counter[str] = Counter()
        self._days: dict[str, dict[str, Taken]] = {}
        """By project and day."""
        self._measured: dict[ProjectDay, Taken] | None = None
        """The days that were looked through, while they are measured."""
        self._meanwhile: dict[ProjectDay, dict[str, int | None]] = {}
        """What came (its bytes) and went (none) in the other days since then, by path."""

    def came(self, one: Sized) -> None:
        """Count an object that was not there before."""
        self._count(one, Taken(bytes=one.size, files=1), one.size)

    def went(self, one: Sized) -> None:
        """Count an object that is not there any more."""
        self._count(one, Taken(bytes=-one.size, files=-1), None)

    @property
    def by_project(self) -> Mapping[str, int]:
        """Bytes of each project, as far as was seen here since they were measured."""
        with self._changing:
            return dict(self._sizes)

    def by_day(self, project: str) -> Mapping[str, Taken] | None:
        """Return what the days of a project take, likewise; None where they were never measured."""
        with self._changing:
            return dict(self._days.get(project, {})) if self._was_measured else None

    def measure(self, objects: Iterable[Sized], given_up: Callable[[], bool]) -> None:
        """Count all ``objects``, which come a day after the other, anew. Raises what they raise."""
        with self._measuring:
            with self._changing:
                self._measured, self._meanwhile = {}, {}
            try:
                for day, listed in groupby(objects, key=lambda one: one.day):
                    found: dict[str, int | None] = {}
                    for one in listed:
                        if given_up():
                            return
                        found[one.path] = one.size
                    with self._changing:
                        self._take_over(self._measured, day, found)
                with self._changing:
                    for day in list(self._meanwhile):
                        self._take_over(self._measured, day, {})
                    self._begin_with(self._measured)
            finally:
                with self._changing:
                    self._measured = None

    def _take_over(self, measured: dict[ProjectDay, Taken], day: ProjectDay, found: dict[str, int | None]) -> None:
        """Take what was listed of a day, and what came or went since: a listing may have seen that, or not."""
        found |= self._meanwhile.pop(day, {})
        there = [size for size in found.values() if size is not None]
        measured[day] = measured.get(day, Taken()) + Taken(bytes=sum(there), files=len(there))

    def _begin_with(self, measured: Mapping[ProjectDay, Taken]) -> None:
        self._sizes, self._days, self._was_measured = Counter(), {}, True
        for day, taken in measured.items():
            self._add(day, taken)

    def _count(self, one: Sized, change: Taken, size: int | None) -> None:
        with self._changing:
            self._add(one.day, change)
            if self._measured is None:
                return
            if one.day in self._measured:
                self._measured[one.day] += change
            else:
                self._meanwhile.setdefault(one.day, {})[one.path] = size

    def _add(self, day: ProjectDay, change: Taken) -> None:
        project, date = day
        self._sizes[project] += change.bytes
        days = self._days.setdefault(project, {})
        days[date] = days.get(date, Taken()) + change
        if not days[date].files:
            del days[date]
