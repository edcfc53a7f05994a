"""The tail of a table: rows that are durable in the log and not yet in the lake's files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arro3.core import RecordBatch

from genyard.store.arrow import record_batch
from genyard.store.columns import LakeTable
from genyard.store.rows import Batch, Value

Key = tuple[Value, ...]
"""Project and key columns of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A batch as it came from the log. ``arrival`` is that of its first row."""

    segment: int
    arrival: int
    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows of one segment, ready to be read."""

    segment: int
    rows: RecordBatch
    projects: frozenset[str]
    first_ns: int
    last_ns: int
    superseded: tuple[int, ...]
    """Arrivals of the rows that rows of this chunk replace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What is known of the keys of some parts."""

    earlier: Mapping[int, int]
    """Arrival of a row to the arrival of the row that it replaces."""
    first: Mapping[Key, int]
    """Keys that the tail did not have, with the arrival of their first row: only files may have an earlier one."""
    newest: Mapping[Key, int]
    """Every key, with the arrival of its newest row."""


class Tail:
    """Parts as they came, and chunks made of them when somebody first reads. The caller holds a lock."""

    def __init__(self, table: LakeTable) -> None:
        self.table = table
        self.parts: list[Part] = []
        self.chunks: tuple[Chunk, ...] = ()
        self._seen: dict[Key, int] = {}
        """Every key of the chunks, with the arrival of the newest row that has it."""
        self._arrivals: dict[int, int] = {}
        """Rows so far of each segment."""

    def add(self, segment: int, batch: Batch) -> None:
        if not batch.count:
            return
        before = self._arrivals.get(segment, 0)
        self._arrivals[segment] = before + batch.count
        self.parts.append(Part(segment=segment, arrival=segment << 32 | before, batch=batch))

    def match(self, parts: Sequence[Part]) -> Matches:
        """Find the earlier row of each row of ``parts``, in the chunks and in the parts themselves."""
        earlier: dict[int, int] = {}
        first: dict[Key, int] = {}
        newest: dict[Key, int] = {}
        for part in parts:
            for arrival, key in enumerate(keys_of(self.table, part.batch), start=part.arrival):
                before = newest.get(key) or self._seen.get(key)
                if before is None:
                    first[key] = arrival
                else:
                    earlier[arrival] = before
                newest[key] = arrival
        return Matches(earlier=earlier, first=first, newest=newest)

    def replace(self, parts: Sequence[Part], chunks: Iterable[Chunk], newest: Mapping[Key, int]) -> None:
        """Put ``chunks`` in the place of ``parts``, which are the oldest."""
        self.parts = self.parts[len(parts) :]
        self.chunks = (*self.chunks, *chunks)
        self._seen.update(newest)

    def forget(self, segment: int) -> None:
        """Let go of a segment's rows: the files have them."""
        self.chunks = tuple(chunk for chunk in self.chunks if chunk.segment != segment)
        self._seen = {key: newest for key, newest in self._seen.items() if newest >> 32 != segment}
        self._arrivals.pop(segment, None)


def keys_of(table: LakeTable, batch: Batch) -> Iterable[Key]:
    return zip(*(batch.column(name) for name in ("project", *table.key)), strict=True)


def chunks_of(table: LakeTable, parts: Sequence[Part], earlier: Mapping[int, int]) -> list[Chunk]:
    """Return one chunk a segment. ``earlier`` has the arrival of the row that a row replaces, by its arrival."""
    segments = dict.fromkeys(part.segment for part in parts)
    return [_chunk(table, [part for part in parts if part.segment == one], earlier) for one in segments]


def _chunk(table: LakeTable, parts: Sequence[Part], earlier: Mapping[int, int]) -> Chunk:
    count = sum(part.batch.count for part in parts)
    names = {name for part in parts for name in part.batch.columns}
    columns: dict[str, list[Value]] = {
        name: [value for part in parts for value in part.batch.column(name)] for name in names
    }
    arrivals = [part.arrival + position for part in parts for position in range(part.batch.count)]
    columns["arrival"] = list(arrivals)
    columns["supersedes"] = [earlier.get(arrival) for arrival in arrivals]
    times = [at for at in columns[table.time] if isinstance(at, int)]
    return Chunk(
        segment=parts[0].segment,
        rows=record_batch(table, columns, count),
        projects=frozenset(map(str, columns["project"])),
        first_ns=min(times),
        last_ns=max(times),
        superseded=tuple(earlier[arrival] for arrival in arrivals if arrival in earlier),
    )
