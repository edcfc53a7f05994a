"""One table of the lake: its files and its tail, read together so that every row is seen once.

Files and tail change in one step under one lock, and a reader takes both under it: a row that a flush moves from the
tail to a file is in the reader's tail or in the reader's files, never in both, never in neither.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, cast

import numpy as np
from arro3.core import Table
from numpy.typing import NDArray

from genyard.core.errors import Corrupted
from genyard.store.arrow import table_of
from genyard.store.columns import LakeTable
from genyard.store.copies import Copies
from genyard.store.delta import DataFile, DeltaFiles
from genyard.store.file_writer import FileWriter
from genyard.store.key_hashes import Mask
from genyard.store.packed import PackedBatch, UnpackedBatch
from genyard.store.reads import QueryEngine, is_dear, named_in, over
from genyard.store.recent_files import RecentFiles
from genyard.store.rows import Batch, Value
from genyard.store.tail import Chunk, Key, Part, Tail, chunks_of

_ATTEMPTS = 3

Result = TypeVar("Result")


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


Superseded = list[tuple[int, str]]
"""Rows that others replace: arrival and id. Two servers that write one table may count the same arrival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the rows of a window are: in local files, and in parts of the tail that may hold others too."""

    table: LakeTable
    files: tuple[Path, ...]
    tail: tuple[Chunk, ...]
    superseded: Superseded


class StoredTable:
    """One table of the lake. Safe to use from many threads."""

    def __init__(
        self, table: LakeTable, *, delta: DeltaFiles, writer: FileWriter, copies: Copies, engine: QueryEngine
    ) -> None:
        self._table = table
        self._delta = delta
        self._writer = writer
        writer.sweep()
        self.copies = copies
        copies.sweep()
        self._engine = engine
        self._tail = Tail(table)
        self._recent = RecentFiles()
        self._files = delta.files()
        self._marks: dict[str, Superseded] = {}
        self._changing = threading.Lock()
        self._writing = threading.Lock()
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

    @property
    def files(self) -> tuple[DataFile, ...]:
        """The files that queries read now."""
        with self._changing:
            return self._files

    @property
    def projects(self) -> frozenset[str]:
        """The projects that rows are of; no file is read for it."""
        self._prepare()
        with self._changing:
            files, chunks = self._files, self._tail.chunks
        return frozenset(one.project for one in files).union(*(one.projects for one in chunks))

    def refresh(self) -> None:
        """Read from now on the files of the newest version, and let go of copies of others. Raises Unreachable."""
        with self._writing:
            files = self._delta.refresh()
            with self._changing:
                self._files = files
            paths = frozenset(one.path for one in files)
            # Not beside a flush: the copies that it makes are of files that this version does not name.
            self.copies.keep_only(paths)
        self._marks = {path: marks for path, marks in self._marks.items() if path in paths}

    @contextmanager
    def unwritten(self) -> Iterator[None]:
        """Keep flushes of this process away: no file is here that is written and not yet named."""
        with self._writing:
            yield

    def query(
        self, sql: str, *, window: Window, parameters: Mapping[str, object], engine: QueryEngine | None = None
    ) -> list[dict[str, object]]:
        """Return the rows of ``sql``, which reads from the table by its name. Raises as ``QueryEngine.run``.

        ``engine`` is another than that of everybody's questions.
        """
        asked = engine or self._engine
        self._prepare()
        return self._over_files(lambda: self._answer(asked, sql, window, parameters))

    def _over_files(self, read: Callable[[], Result]) -> Result:
        """Read, and read again where the files are others meanwhile: their copies and, after a while, they are gone.

        An erasure waits for nobody, and another server's compaction only so long.
        """
        for _ in range(_ATTEMPTS):
            before = self.files
            try:
                return read()
            except Corrupted:
                self.refresh()
                if self.files == before:
                    raise
        return read()

    def _answer(
        self, engine: QueryEngine, sql: str, window: Window, parameters: Mapping[str, object]
    ) -> list[dict[str, object]]:
        files, chunks = self._meeting(window)
        columns = named_in(sql, self._table)
        tail = table_of(self._table, columns, [rows for one in chunks for rows in one.rows])
        superseded = self._replaced(files, chunks)
        whole = over(
            self._table,
            columns=columns,
            files=window.part_of(files),
            tail=bool(chunks) or not files,
            superseded=bool(superseded),
            sql=sql,
        )
        bounds = self._bounds(window, files)
        if superseded:
            bounds |= {"lake_superseded": [arrival for arrival, _ in superseded]}
            bounds |= {"lake_superseded_ids": [row_id for _, row_id in superseded]}
        dear = is_dear(sql, columns, self._table)
        return engine.run(whole, {**parameters, **bounds}, tail=tail, dear=dear)

    def most_rows(self, window: Window) -> int:
        """Return how many rows of ``window`` there can be, at most: files are counted whole, and none is read."""
        self._prepare()
        files, chunks = self._meeting(window)
        return sum(one.rows for one in files) + sum(batch.num_rows for one in chunks for batch in one.rows)

    def source(self, window: Window) -> Source:
        """Return where the rows of ``window`` are now, for a reader of its own. Raises as ``query``."""
        self._prepare()
        return self._over_files(lambda: self._source(window))

    def _source(self, window: Window) -> Source:
        files, chunks = self._meeting(window)
        return Source(
            table=self._table,
            files=tuple(self.copies.local(one.path) for one in files),
            tail=chunks,
            superseded=self._replaced(files, chunks),
        )

    def flush(self, segment: int) -> None:
        """Move a segment's rows from the tail to the files. Raises Unreachable, StorageFull; the tail is kept then.

        For one thread at a time.
        """
        self._prepare()
        chunks = [one for one in self._tail.chunks if one.segment == segment]
        if not chunks:
            return
        rows = Table.from_batches([batch for one in chunks for batch in one.rows]).combine_chunks()
        # A refresh in between would show the segment's rows in the files and in the tail.
        with self._writing:
            self._delta.append(lambda: self._writer.write(rows, segment=segment), segment=segment)
            before, files = {one.path for one in self._files}, self._delta.files()
            with self._changing:
                self._files = files
                hashes = self._tail.forget(segment)
        if self._delta.alone:
            # Only files of this very segment: others may be merges that are not known here yet.
            new = (one.path for one in files if one.path not in before and one.last_arrival >> 32 == segment)
            self._recent.wrote(hashes, new)

    def _meeting(self, window: Window) -> tuple[tuple[DataFile, ...], tuple[Chunk, ...]]:
        with self._changing:
            files, chunks = self._files, self._tail.chunks
        return tuple(filter(window.meets, files)), tuple(filter(window.meets, chunks))

    def _replaced(self, files: Sequence[DataFile], chunks: Sequence[Chunk]) -> Superseded:
        return [mark for one in chunks for mark in self._superseded_by(one)] + self._superseded(files)

    def _prepare(self) -> None:
        """Make chunks of the parts that came since the last time, and find what their rows replace."""
        self._over_files(self._make_chunks)

    def _make_chunks(self) -> None:
        with self._preparing:
            with self._changing:
                parts, files = list(self._tail.parts), self._files
                earlier = self._tail.earlier(parts) if parts else {}
            if not parts:
                return
            # A row that replaces one of the tail need not be looked for in files: the one in the tail did that.
            earlier = self._in_files(parts, files, but=earlier) | earlier
            chunks = chunks_of(parts, earlier)
            with self._changing:
                self._tail.replace(parts, chunks)

    def _in_files(self, parts: Sequence[Part], files: Sequence[DataFile], *, but: Mapping[int, int]) -> dict[int, int]:
        """Return the arrivals of the rows of files that have the key of a row of ``parts``, by the arrival of that one.

        Rows that ``but`` has are not asked for.
        """
        asked: dict[Key, int] = {}
        reached: dict[str, DataFile] = {}
        times_of = [part.times() for part in parts]
        first_ns, last_ns = min(one.min() for one in times_of), max(one.max() for one in times_of)
        near = [one for one in files if one.first_ns <= last_ns and one.last_ns >= first_ns]
        for part, times in zip(parts, times_of, strict=True):
            for file in near:
                if file.project in part.projects and (rows := self._may_hold(file, part, times)).any():
                    reached[file.path] = file
                    asked |= {key: arrival for arrival, key in part.keys(rows) if arrival not in but}
        found: dict[int, int] = {}
        for project in {key[0] for key in asked}:
            keys = [key for key in asked if key[0] == project]
            known = self._known(str(project), keys, [one for one in reached.values() if one.project == project])
            found |= {asked[key]: arrival for key, arrival in known if key in asked}
        return found

    def _may_hold(self, file: DataFile, part: Part, times: NDArray[np.int64]) -> Mask:
        """Return which rows of ``part`` a file may have: those of its time and, where its keys are known, of these.

        A row sent again has the time it had.
        """
        rows: Mask = (times >= file.first_ns) & (times <= file.last_ns)
        if rows.any() and (seen := self._recent.among(file.path, part.hashes)) is not None:
            return rows & seen
        return rows

    def _known(self, project: str, keys: Sequence[Key], files: Sequence[DataFile]) -> list[tuple[Key, int]]:
        """Return keys of ``project`` in ``files``, perhaps more than ``keys``, with their newest arrival."""
        at = sorted(time for key in keys if isinstance(time := key[-1], int))
        window = Window(project=project, since_ns=at[0], until_ns=at[-1] + 1)
        name, key = self._table.name, ", ".join(self._table.key)
        select = (
            f"SELECT {key}, max(arrival) AS newest FROM {name} "
            f"WHERE {self._table.key[0]} IN (SELECT unnest($ids)) GROUP BY ALL"
        )
        columns = named_in(select, self._table)
        rows = self._engine.run(
            over(self._table, columns=columns, files="some", tail=False, superseded=False, sql=select),
            {"ids": [str(key[1]) for key in keys]} | self._bounds(window, files),
        )
        return [((project, *(cast("Value", row[one]) for one in self._table.key)), _arrival(row)) for row in rows]

    def _superseded(self, files: Sequence[DataFile]) -> Superseded:
        """Return the rows that rows of ``files`` replace. Files never change, so each is asked once."""
        marked = [one.path for one in files if one.supersedes]
        for path in marked:
            if path not in self._marks:
                sql = (
                    f"SELECT supersedes AS newest, {self._table.row_id} AS id "
                    "FROM read_parquet($file) WHERE supersedes IS NOT NULL"
                )
                rows = self._engine.run(sql, {"file": str(self.copies.local(path))})
                self._marks[path] = [(_arrival(row), str(row["id"])) for row in rows]
        return [mark for path in marked for mark in self._marks[path]]

    def _superseded_by(self, chunk: Chunk) -> Superseded:
        if not chunk.superseded:
            return []
        marks: Superseded = []
        for batch in chunk.rows:
            columns = (batch.column(name).to_pylist() for name in ("supersedes", self._table.row_id))
            marks += [(int(at), str(row_id)) for at, row_id in zip(*columns, strict=True) if at is not None]
        return marks

    def _bounds(self, window: Window, files: Sequence[DataFile]) -> dict[str, object]:
        bounds: dict[str, object] = {
            "lake_project": window.project,
            "lake_since": window.since_ns,
            "lake_until": window.until_ns,
        }
        if files:
            bounds["lake_files"] = [str(self.copies.local(one.path)) for one in files]
        return bounds


def _arrival(row: Mapping[str, object]) -> int:
    return int(str(row["newest"]))
