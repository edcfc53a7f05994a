"""What the lake takes: files, rows and bytes of a project by table and day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genyard.store.delta import DataFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Files, rows and bytes of something."""

    files: int
    rows: int
    size: int

    @property
    def bytes_per_row(self) -> float | None:
        return self.size / self.rows if self.rows else None


def usage_of(files: Iterable[DataFile]) -> Usage:
    """Return what these files take together."""
    listed = list(files)
    return Usage(files=len(listed), rows=sum(one.rows for one in listed), size=sum(one.size for one in listed))


def by_day(files: Iterable[DataFile]) -> Mapping[str, Usage]:
    """Return what the files of each day take, the newest day first."""
    days: defaultdict[str, list[DataFile]] = defaultdict(list)
    for one in files:
        days[one.day].append(one)
    return {day: usage_of(days[day]) for day in sorted(days, reverse=True)}


def by_project(files: Iterable[DataFile]) -> dict[str, int]:
    """Return the bytes of each project."""
    sizes: defaultdict[str, int] = defaultdict(int)
    for one in files:
        sizes[one.project] += one.size
    return dict(sizes)
