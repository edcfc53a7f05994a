"""The tail of a table: rows that are durable in the log and not yet in the lake's files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arro3.core import RecordBatch

from genyard.store.arrow import record_batch
from genyard.store.columns import LakeTable
from genyard.store.packed import UnpackedBatch, whole
from genyard.store.rows import Batch, Value

_MANY_ROWS = 256
Key = tuple[Value, ...]
"""Project and key columns of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A batch as it came from the log. ``arrival`` is that of its first row."""

    segment: int
    arrival: int
    batch: Batch | UnpackedBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows of one segment, ready to be read."""

    segment: int
    rows: tuple[RecordBatch, ...]
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

    def add(self, segment: int, batch: Batch | UnpackedBatch) -> None:
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


def keys_of(table: LakeTable, batch: Batch | UnpackedBatch) -> Iterable[Key]:
    if isinstance(batch, UnpackedBatch):
        return ((batch.project, *key) for key in batch.keys)
    return zip(*(batch.column(name) for name in ("project", *table.key)), strict=True)


def chunks_of(table: LakeTable, parts: Sequence[Part], earlier: Mapping[int, int]) -> list[Chunk]:
    """Return one chunk a segment. ``earlier`` has the arrival of the row that a row replaces, by its arrival."""
    segments = dict.fromkeys(part.segment for part in parts)
    return [_chunk(table, [part for part in parts if part.segment == one], earlier) for one in segments]


def _chunk(table: LakeTable, parts: Sequence[Part], earlier: Mapping[int, int]) -> Chunk:
    keys = [key for part in parts for key in keys_of(table, part.batch)]
    times = [at for key in keys if isinstance(at := key[-1], int)]
    arrivals = [arrival for part in parts for arrival in _arrivals(part)]
    return Chunk(
        segment=parts[0].segment,
        rows=tuple(_rows(table, run, earlier) for run in _runs(parts)),
        projects=frozenset(str(key[0]) for key in keys),
        first_ns=min(times),
        last_ns=max(times),
        superseded=tuple(earlier[arrival] for arrival in arrivals if arrival in earlier),
    )


def _arrivals(part: Part) -> range:
    return range(part.arrival, part.arrival + part.batch.count)


def _runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Return parts that become one record batch: a large packed part alone, small ones with the same columns together.

    Each row carries its arrival, so their order is free.
    """
    alone: list[list[Part]] = []
    together: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        packed = part.batch if isinstance(part.batch, UnpackedBatch) else None
        if packed is not None and packed.count >= _MANY_ROWS:
            alone.append([part])
        else:
            together.setdefault(tuple(packed.rows.schema.names) if packed else (), []).append(part)
    return [*alone, *together.values()]


def _rows(table: LakeTable, run: Sequence[Part], earlier: Mapping[int, int]) -> RecordBatch:
    arrivals: list[Value] = [arrival for part in run for arrival in _arrivals(part)]
    supersedes: list[Value] = [earlier.get(arrival) for part in run for arrival in _arrivals(part)]
    packed = [part.batch for part in run if isinstance(part.batch, UnpackedBatch)]
    if packed:
        return whole(packed, arrivals=arrivals, supersedes=supersedes)
    batches = [part.batch for part in run if isinstance(part.batch, Batch)]
    names = {name for batch in batches for name in batch.columns}
    columns = {name: [value for batch in batches for value in batch.column(name)] for name in names}
    return record_batch(table, columns | {"arrival": arrivals, "supersedes": supersedes}, len(arrivals))
