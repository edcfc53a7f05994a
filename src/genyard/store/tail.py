"""The tail of a table: rows that are durable in the log and not yet in the lake's files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from arro3.core import Array, DataType, RecordBatch
from numpy.typing import NDArray

from genyard.store.arrow import nulls, record_batch
from genyard.store.columns import LakeTable
from genyard.store.key_hashes import Hashes, Mask, SeenKeys, hashes_of, repeated
from genyard.store.packed import UnpackedBatch, whole
from genyard.store.rows import Batch, Value

_MANY_ROWS = 256
Key = tuple[Value, ...]
"""Project and key columns of a row."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A batch as it came from the log. ``arrival`` is that of its first row."""

    table: LakeTable
    segment: int
    arrival: int
    batch: Batch | UnpackedBatch

    @cached_property
    def hashes(self) -> Hashes:
        # Not before somebody reads: the few rows of an answer that waits for the log take as long as hundreds.
        return self.batch.hashes if isinstance(self.batch, UnpackedBatch) else hashes_of(self.table, self.batch.columns)

    @property
    def arrivals(self) -> NDArray[np.int64]:
        return np.arange(self.arrival, self.arrival + self.batch.count)

    def times(self) -> NDArray[np.int64]:
        if isinstance(self.batch, UnpackedBatch):
            return np.asarray(self.batch.rows.column(self.table.time).to_numpy())
        return np.array(self.batch.column(self.table.time), np.int64)

    @property
    def projects(self) -> frozenset[str]:
        if isinstance(self.batch, UnpackedBatch):
            return frozenset({self.batch.project})
        return frozenset(map(str, self.batch.column("project")))

    def keys(self, rows: Mask) -> Iterator[tuple[int, Key]]:
        """Yield the arrival and key of the rows that are asked for, in order."""
        wanted = np.flatnonzero(rows)
        names = ["project", *self.table.key]
        if isinstance(self.batch, UnpackedBatch):
            taken = self.batch.rows.select(names).take(Array.from_numpy(wanted))
            columns = [cast("list[Value]", taken.column(name).to_pylist()) for name in names]
        else:
            columns = [list(map(self.batch.column(name).__getitem__, wanted)) for name in names]
        return zip((wanted + self.arrival).tolist(), zip(*columns, strict=True), strict=True)


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


class Tail:
    """Parts as they came, and chunks made of them when somebody first reads. The caller holds a lock."""

    def __init__(self, table: LakeTable) -> None:
        self.table = table
        self.parts: list[Part] = []
        self.chunks: tuple[Chunk, ...] = ()
        self._seen: SeenKeys[int] = SeenKeys()
        """Of the chunks, by segment."""
        self._arrivals: dict[int, int] = {}
        """Rows so far of each segment."""

    def add(self, segment: int, batch: Batch | UnpackedBatch) -> None:
        if not batch.count:
            return
        before = self._arrivals.get(segment, 0)
        self._arrivals[segment] = before + batch.count
        self.parts.append(Part(table=self.table, segment=segment, arrival=segment << 32 | before, batch=batch))

    def earlier(self, parts: Sequence[Part]) -> dict[int, int]:
        """Return the arrival of the row that a row of ``parts`` replaces, in the chunks or in the parts themselves."""
        hashes = np.concatenate([part.hashes for part in parts])
        alike = {place: self._among(place, hashes) for place in self._seen.places()}
        suspects = np.logical_or.reduce([repeated(hashes), *alike.values()])
        if not suspects.any():
            return {}
        newest = dict(self._keys_of({place for place, found in alike.items() if found.any()}))
        earlier: dict[int, int] = {}
        for part, asked in zip(parts, _split(suspects, parts), strict=True):
            for arrival, key in part.keys(asked):
                if key in newest:
                    earlier[arrival] = newest[key]
                newest[key] = arrival
        return earlier

    def replace(self, parts: Sequence[Part], chunks: Iterable[Chunk]) -> None:
        """Put ``chunks`` in the place of ``parts``, which are the oldest."""
        self.parts = self.parts[len(parts) :]
        self.chunks = (*self.chunks, *chunks)
        for part in parts:
            self._seen.add(part.segment, part.hashes)

    def forget(self, segment: int) -> Hashes:
        """Let go of a segment's rows, because the files have them; return the hashes of their keys."""
        self.chunks = tuple(chunk for chunk in self.chunks if chunk.segment != segment)
        self._arrivals.pop(segment, None)
        return self._seen.taken(segment)

    def _among(self, segment: int, hashes: Hashes) -> Mask:
        found = self._seen.among(segment, hashes)
        assert found is not None
        return found

    def _keys_of(self, segments: set[int]) -> Iterator[tuple[Key, int]]:
        """Yield key and arrival of the rows of segments, in order of arrival."""
        found: list[tuple[int, Key]] = []
        names = ("arrival", "project", *self.table.key)
        for chunk in self.chunks:
            if chunk.segment in segments:
                for rows in chunk.rows:
                    arrivals, *key = (rows.column(name).to_pylist() for name in names)
                    found += zip(arrivals, zip(*key, strict=True), strict=True)
        return ((key, arrival) for arrival, key in sorted(found))


def _split(rows: Mask, parts: Sequence[Part]) -> list[Mask]:
    return np.split(rows, np.cumsum([part.batch.count for part in parts])[:-1])


def chunks_of(parts: Sequence[Part], earlier: Mapping[int, int]) -> list[Chunk]:
    """Return one chunk a segment. ``earlier`` has the arrival of the row that a row replaces, by its arrival."""
    segments = dict.fromkeys(part.segment for part in parts)
    return [_chunk([part for part in parts if part.segment == one], earlier) for one in segments]


def _chunk(parts: Sequence[Part], earlier: Mapping[int, int]) -> Chunk:
    times = np.concatenate([part.times() for part in parts])
    return Chunk(
        segment=parts[0].segment,
        rows=tuple(_rows(run, earlier) for run in _runs(parts)),
        projects=frozenset.union(*(part.projects for part in parts)),
        first_ns=int(times.min()),
        last_ns=int(times.max()),
        superseded=tuple(before for arrival, before in earlier.items() if arrival >> 32 == parts[0].segment),
    )


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


def _rows(run: Sequence[Part], earlier: Mapping[int, int]) -> RecordBatch:
    arrivals = np.concatenate([part.arrivals for part in run])
    made = {"arrival": Array.from_numpy(arrivals), "supersedes": _replaced(arrivals, earlier)}
    packed = [part.batch for part in run if isinstance(part.batch, UnpackedBatch)]
    if packed:
        return whole(packed, made=made)
    batches = [part.batch for part in run if isinstance(part.batch, Batch)]
    names = {name for batch in batches for name in batch.columns}
    columns = {name: [value for batch in batches for value in batch.column(name)] for name in names}
    return record_batch(run[0].table, columns, len(arrivals), made=made)


def _replaced(arrivals: NDArray[np.int64], earlier: Mapping[int, int]) -> Array:
    if not earlier:
        return nulls("integer", len(arrivals))
    return Array([earlier.get(arrival) for arrival in arrivals.tolist()], DataType.int64())
