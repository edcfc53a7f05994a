"""One table of the lake: its files and its tail, read together so that every row is seen once.

Files and tail change in one step under one lock, and a reader takes both under it: a row that a flush moves from the
tail to a file is in the reader's tail or in the reader's files, never in both, never in neither.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arro3.core import Table

from genyard.store.arrow import in_order, no_rows
from genyard.store.columns import LakeTable
from genyard.store.copies import Copies
from genyard.store.delta import DataFile, DeltaFiles
from genyard.store.reads import Engine, relation
from genyard.store.rows import Batch, Value
from genyard.store.tail import Chunk, Key, Part, Tail, chunks_of, keys_of


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


class StoredTable:
    """One table of the lake. Safe to use from many threads."""

    def __init__(self, table: LakeTable, *, delta: DeltaFiles, copies: Copies, engine: Engine) -> None:
        self._table = table
        self._delta = delta
        self._copies = copies
        self._engine = engine
        self._tail = Tail(table)
        self._files = delta.files()
        self._changing = threading.Lock()
        self._preparing = threading.Lock()
        copies.keep_only(frozenset(one.path for one in self._files))

    def add(self, segment: int, batch: Batch) -> None:
        """Take rows that are durable in the log."""
        with self._changing:
            self._tail.add(segment, batch)

    def done(self) -> int:
        """Return the newest segment whose rows are in the files."""
        return self._delta.done()

    def query(self, sql: str, *, window: Window, parameters: Mapping[str, object]) -> list[dict[str, object]]:
        """Return the rows of ``sql``, which reads from the table by its name. Raises as ``Engine.run``."""
        self._prepare()
        with self._changing:
            files, chunks = self._files, self._tail.chunks
        files = tuple(filter(window.meets, files))
        chunks = tuple(filter(window.meets, chunks))
        tail = Table.from_batches([one.rows for one in chunks]) if chunks else no_rows(self._table)
        source = relation(
            self._table,
            files=bool(files),
            tail=bool(chunks) or not files,
            repeats=any(one.supersedes for one in files) or any(one.supersedes for one in chunks),
        )
        return self._engine.run(f"{source} {sql}", {**parameters, **self._bounds(window, files)}, tail=tail)

    def flush(self, segment: int) -> None:
        """Move a segment's rows from the tail to the files. Raises Unreachable, StorageFull; the tail is kept then.

        For one thread at a time.
        """
        self._prepare()
        rows = [one.rows for one in self._tail.chunks if one.segment == segment]
        if not rows:
            return
        self._delta.append(in_order(rows, self._table.time), segment=segment)
        files = self._delta.files()
        with self._changing:
            self._files = files
            self._tail.forget(segment)

    def _prepare(self) -> None:
        """Make chunks of the parts that came since the last time."""
        with self._preparing:
            with self._changing:
                parts, files = list(self._tail.parts), self._files
                repeated = self._tail.repeated(parts)
            if not parts:
                return
            repeated |= self._in_files(parts, files)
            chunks = chunks_of(self._table, parts, repeated.__contains__)
            with self._changing:
                self._tail.replace(parts, chunks)

    def _in_files(self, parts: Sequence[Part], files: Sequence[DataFile]) -> set[int]:
        """Return the arrivals of the rows of ``parts`` whose key is in a file.

        A row sent again has the time it had, so only files that reach over its time are asked: for rows that come in
        about the order of their time these are the last one or two.
        """
        found: set[int] = set()
        for project in {str(name) for part in parts for name in part.batch.column("project")}:
            keys = {
                key: part.arrival + position
                for part in parts
                for position, key in enumerate(keys_of(self._table, part.batch))
                if key[0] == project
            }
            found |= {keys[key] for key in self._known(project, files, list(keys)) if key in keys}
        return found

    def _known(self, project: str, files: Sequence[DataFile], keys: Sequence[Key]) -> list[Key]:
        """Return the keys of ``project`` in ``files`` that may be among ``keys``."""
        at = sorted(time for key in keys if isinstance(time := key[-1], int))
        reached = [
            one
            for one in files
            if one.project == project and bisect_left(at, one.first_ns) < bisect_right(at, one.last_ns)
        ]
        if not reached:
            return []
        window = Window(project=project, since_ns=at[0], until_ns=at[-1] + 1)
        columns = ", ".join(self._table.key)
        rows = self._engine.run(
            f"{relation(self._table, files=True, tail=False, repeats=False)} "
            f"SELECT DISTINCT {columns} FROM {self._table.name} WHERE {self._table.key[0]} IN (SELECT unnest($ids))",
            {"ids": [str(key[1]) for key in keys]} | self._bounds(window, reached),
        )
        return [(project, *(_value(row[name]) for name in self._table.key)) for row in rows]

    def _bounds(self, window: Window, files: Sequence[DataFile]) -> dict[str, object]:
        bounds: dict[str, object] = {
            "lake_project": window.project,
            "lake_since": window.since_ns,
            "lake_until": window.until_ns,
        }
        if files:
            bounds["lake_files"] = [str(self._copies.local(one.path)) for one in files]
        return bounds


def _value(value: object) -> Value:
    assert isinstance(value, str | int)
    return value
