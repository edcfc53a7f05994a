"""One table of the lake: its files and its tail, read together so that every row is seen once.

Files and tail change in one step under one lock, and a reader takes both under it: a row that a flush moves from the
tail to a file is in the reader's tail or in the reader's files, never in both, never in neither.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from arro3.core import Table

from genyard.store.arrow import in_order, no_rows
from genyard.store.columns import LakeTable
from genyard.store.copies import Copies
from genyard.store.delta import DataFile, DeltaFiles
from genyard.store.packed import PackedBatch, UnpackedBatch
from genyard.store.reads import QueryEngine, relation
from genyard.store.rows import Batch, Value
from genyard.store.tail import Chunk, Key, Tail, chunks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows that a query may see: of one project, from ``since_ns`` to before ``until_ns``."""

    project: str
    since_ns: int
    until_ns: int

    def meets(self, part: DataFile | Chunk) -> bool:
        """Return whether ``part`` may hold such rows."""
        projects = (part.project,) if isinstance(part, DataFile) else part.projects
        return self.project in projects and part.first_ns < self.until_ns and part.last_ns >= self.since_ns

    def part_of(self, files: Sequence[DataFile]) -> Literal["none", "some", "whole"]:
        """Return how much of ``files`` is in this time."""
        inside = all(one.first_ns >= self.since_ns and one.last_ns < self.until_ns for one in files)
        return "none" if not files else "whole" if inside else "some"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the rows of a window are: in local files, and in parts of the tail that may hold others too."""

    table: LakeTable
    files: tuple[Path, ...]
    tail: tuple[Chunk, ...]
    superseded: tuple[int, ...]
    """Arrivals of the rows that others replace."""


class StoredTable:
    """One table of the lake. Safe to use from many threads."""

    def __init__(self, table: LakeTable, *, delta: DeltaFiles, copies: Copies, engine: QueryEngine) -> None:
        self._table = table
        self._delta = delta
        self._copies = copies
        self._engine = engine
        self._tail = Tail(table)
        self._files = delta.files()
        self._marks: dict[str, list[int]] = {}
        self._changing = threading.Lock()
        self._preparing = threading.Lock()
        copies.keep_only(frozenset(one.path for one in self._files))

    def add(self, segment: int, batch: Batch | PackedBatch) -> None:
        """Take rows that are durable in the log."""
        unpacked = UnpackedBatch(batch) if isinstance(batch, PackedBatch) else batch
        with self._changing:
            self._tail.add(segment, unpacked)

    def done(self) -> int:
        """Return the newest segment whose rows are in the files."""
        return self._delta.done()

    def newest_segment(self) -> int:
        """Return the highest number of a segment that rows of the files came from."""
        return max((one.last_arrival for one in self._files), default=0) >> 32

    def query(self, sql: str, *, window: Window, parameters: Mapping[str, object]) -> list[dict[str, object]]:
        """Return the rows of ``sql``, which reads from the table by its name. Raises as ``QueryEngine.run``."""
        self._prepare()
        files, chunks = self._meeting(window)
        tail = Table.from_batches([rows for one in chunks for rows in one.rows]) if chunks else no_rows(self._table)
        superseded = self._replaced(files, chunks)
        source = relation(
            self._table, files=window.part_of(files), tail=bool(chunks) or not files, superseded=bool(superseded)
        )
        bounds = self._bounds(window, files) | ({"lake_superseded": superseded} if superseded else {})
        return self._engine.run(f"{source} {sql}", {**parameters, **bounds}, tail=tail)

    def source(self, window: Window) -> Source:
        """Return where the rows of ``window`` are now, for a reader of its own. Raises as ``query``."""
        self._prepare()
        files, chunks = self._meeting(window)
        return Source(
            table=self._table,
            files=tuple(self._copies.local(one.path) for one in files),
            tail=chunks,
            superseded=tuple(self._replaced(files, chunks)),
        )

    def flush(self, segment: int) -> None:
        """Move a segment's rows from the tail to the files. Raises Unreachable, StorageFull; the tail is kept then.

        For one thread at a time.
        """
        self._prepare()
        rows = [batch for one in self._tail.chunks if one.segment == segment for batch in one.rows]
        if not rows:
            return
        self._delta.append(in_order(rows, self._table.time), segment=segment)
        files = self._delta.files()
        with self._changing:
            self._files = files
            self._tail.forget(segment)

    def _meeting(self, window: Window) -> tuple[tuple[DataFile, ...], tuple[Chunk, ...]]:
        with self._changing:
            files, chunks = self._files, self._tail.chunks
        return tuple(filter(window.meets, files)), tuple(filter(window.meets, chunks))

    def _replaced(self, files: Sequence[DataFile], chunks: Sequence[Chunk]) -> list[int]:
        return [arrival for one in chunks for arrival in one.superseded] + self._superseded(files)

    def _prepare(self) -> None:
        """Make chunks of the parts that came since the last time, and find what their rows replace."""
        with self._preparing:
            with self._changing:
                parts, files = list(self._tail.parts), self._files
                matches = self._tail.match(parts)
            if not parts:
                return
            earlier = {**matches.earlier, **self._in_files(matches.first, files)}
            chunks = chunks_of(self._table, parts, earlier)
            with self._changing:
                self._tail.replace(parts, chunks, matches.newest)

    def _in_files(self, first: Mapping[Key, int], files: Sequence[DataFile]) -> dict[int, int]:
        """Return the arrivals of the rows of files that have one of these keys, by the arrival given with the key.

        A row sent again has the time it had, so only files that reach over its time are asked: for rows that come in
        about the order of their time these are the last one or two.
        """
        found: dict[int, int] = {}
        for project in {key[0] for key in first}:
            keys = [key for key in first if key[0] == project]
            found |= {first[key]: arrival for key, arrival in self._known(str(project), keys, files) if key in first}
        return found

    def _known(self, project: str, keys: Sequence[Key], files: Sequence[DataFile]) -> list[tuple[Key, int]]:
        """Return keys of ``project`` in ``files``, perhaps more than ``keys``, with their newest arrival."""
        at = sorted(time for key in keys if isinstance(time := key[-1], int))
        reached = [
            one
            for one in files
            if one.project == project and bisect_left(at, one.first_ns) < bisect_right(at, one.last_ns)
        ]
        if not reached:
            return []
        window = Window(project=project, since_ns=at[0], until_ns=at[-1] + 1)
        name, key = self._table.name, ", ".join(self._table.key)
        rows = self._engine.run(
            f"{relation(self._table, files='some', tail=False, superseded=False)} SELECT {key}, max(arrival) AS newest "
            f"FROM {name} WHERE {self._table.key[0]} IN (SELECT unnest($ids)) GROUP BY ALL",
            {"ids": [str(key[1]) for key in keys]} | self._bounds(window, reached),
        )
        return [((project, *(cast("Value", row[one]) for one in self._table.key)), _arrival(row)) for row in rows]

    def _superseded(self, files: Sequence[DataFile]) -> list[int]:
        """Return the arrivals of the rows that rows of ``files`` replace. Files never change, so each is asked once."""
        marked = [one.path for one in files if one.supersedes]
        for path in marked:
            if path not in self._marks:
                sql = "SELECT supersedes AS newest FROM read_parquet($file) WHERE supersedes IS NOT NULL"
                rows = self._engine.run(sql, {"file": str(self._copies.local(path))})
                self._marks[path] = [_arrival(row) for row in rows]
        return [arrival for path in marked for arrival in self._marks[path]]

    def _bounds(self, window: Window, files: Sequence[DataFile]) -> dict[str, object]:
        bounds: dict[str, object] = {
            "lake_project": window.project,
            "lake_since": window.since_ns,
            "lake_until": window.until_ns,
        }
        if files:
            bounds["lake_files"] = [str(self._copies.local(one.path)) for one in files]
        return bounds


def _arrival(row: Mapping[str, object]) -> int:
    return int(str(row["newest"]))
