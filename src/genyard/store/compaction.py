"""Many small files of a day made into few large ones: rows in order of time, each record once.

What to merge is decided by number, rows and time of the files alone, so the decision is a pure function.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from arro3.core import RecordBatch

from genyard.core.clock import day_of
from genyard.core.errors import GenyardError, TooLarge
from genyard.store.copies import Copies
from genyard.store.delta import DataFile
from genyard.store.merging import Merging
from genyard.store.reads import QueryEngine
from genyard.store.rewrite import NewFile, Rewriter, replace

log = logging.getLogger(__name__)

MOST_ROWS = 1 << 20
"""Rows of a file that compaction writes, at most; a file of more is written as several."""
FAN_IN = 8
"""So many files of about one size are merged while a day still grows. Each row is then written about five times."""
_SETTLED_NS = 3_600_000_000_000
_TIER_ROWS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What a compaction did to a table."""

    files_before: int = 0
    files_after: int = 0
    rows: int = 0
    repeated: int = 0
    """Rows that were left out: the same record came again."""
    bytes_before: int = 0
    bytes_after: int = 0

    def plus(self, other: "Compacted") -> "Compacted":
        return Compacted(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


def groups(files: Sequence[DataFile], *, now_ns: int) -> Iterator[tuple[DataFile, ...]]:
    """Yield the files that are to become one, or a few that follow each other in time."""
    days: defaultdict[tuple[str, str], list[DataFile]] = defaultdict(list)
    for one in files:
        days[one.project, one.day].append(one)
    settled = day_of(max(0, now_ns - _SETTLED_NS))
    for _, day in sorted(days):
        in_order = sorted(days[_, day], key=lambda one: (one.first_ns, one.last_ns, one.path))
        yield from _settled(in_order) if day < settled else _growing(in_order)


def _growing(files: Sequence[DataFile]) -> Iterator[tuple[DataFile, ...]]:
    """Merge files of about one size as soon as there are enough of them."""
    tiers: defaultdict[int, list[DataFile]] = defaultdict(list)
    for one in files:
        tiers[_tier(one.rows)].append(one)
    for tier in sorted(tiers):
        for group in _packed([(one,) for one in tiers[tier] if one.rows < MOST_ROWS // 2]):
            if len(group) >= FAN_IN:
                yield group


def _tier(rows: int) -> int:
    tier = 0
    while rows > _TIER_ROWS * FAN_IN**tier:
        tier += 1
    return tier


def _settled(files: Sequence[DataFile]) -> Iterator[tuple[DataFile, ...]]:
    """Merge what overlaps in time, whole, so that no record stays twice; then what is small."""
    for group in _packed(_overlapping(files)):
        if len(group) > 1 or any(one.supersedes for one in group):
            yield group


def _overlapping(files: Sequence[DataFile]) -> list[tuple[DataFile, ...]]:
    """Return sets of files such that no file of one reaches into the time of another."""
    found: list[list[DataFile]] = []
    last_ns = -1
    for one in files:
        if not found or one.first_ns > last_ns:
            found.append([])
        found[-1].append(one)
        last_ns = max(last_ns, one.last_ns)
    return [tuple(one) for one in found]


def _packed(units: Sequence[tuple[DataFile, ...]]) -> Iterator[tuple[DataFile, ...]]:
    """Join neighbours as long as they make no file of too many rows."""
    pack: list[DataFile] = []
    for unit in units:
        if pack and sum(one.rows for one in chain(pack, unit)) > MOST_ROWS:
            yield tuple(pack)
            pack = []
        pack += unit
    if pack:
        yield tuple(pack)


def compact(
    rewriter: Rewriter, *, engines: Sequence[QueryEngine], copies: Copies, now_ns: int, check: Callable[[], None]
) -> Compacted:
    """Merge what is to be merged; ``check`` is called now and then and may raise to stop.

    ``engines`` have more and more memory: the next is taken for rows that are too large for one, and files whose rows
    are too large for all are left as they are. Raises Conflict when another server rewrote the same files, StorageFull,
    Unreachable. What is merged stays so.
    """
    done = Compacted()
    for group in list(groups(rewriter.files(), now_ns=now_ns)):
        for engine in engines:
            check()
            try:
                done = done.plus(merge(rewriter, group, engine=engine, copies=copies, check=check))
                break
            except TooLarge as error:
                too_large = error
        else:
            log.warning("%d files of %s are not merged: %s", len(group), group[0].day, too_large)
    return done


def merge(
    rewriter: Rewriter,
    files: Sequence[DataFile],
    *,
    engine: QueryEngine,
    copies: Copies,
    check: Callable[[], None],
) -> Compacted:
    """Put files of one project and day into one, or into a few that follow each other in time."""
    local = [str(copies.local(one.path)) for one in files]
    merging = Merging(engine, rewriter.table, local)
    added = write_all(rewriter, merging, project=files[0].project, day=files[0].day, check=check)
    replace(rewriter, removed=files, added=added, operation="OPTIMIZE")
    return Compacted(
        files_before=len(files),
        files_after=len(added),
        rows=sum(one.rows for one in added),
        repeated=merging.repeated,
        bytes_before=sum(one.size for one in files),
        bytes_after=sum(one.size for one in added),
    )


def write_all(
    rewriter: Rewriter, merging: Merging, *, project: str, day: str, check: Callable[[], None]
) -> list[NewFile]:
    """Write the rows into files of at most so many rows. None is left behind when that fails."""
    batches = _checked(merging.batches(), check)
    added: list[NewFile] = []
    try:
        for first in batches:
            rows = _up_to(first, batches)
            file = rewriter.write(rows, project=project, day=day, row_group=merging.row_group)
            added += [file] if file else []
    except GenyardError:
        rewriter.discard(added)
        raise
    return added


def _up_to(first: RecordBatch, more: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
    rows = first.num_rows
    yield first
    while rows < MOST_ROWS and (batch := next(more, None)) is not None:
        rows += batch.num_rows
        yield batch


def _checked(batches: Iterator[RecordBatch], check: Callable[[], None]) -> Iterator[RecordBatch]:
    for batch in batches:
        check()
        yield batch
