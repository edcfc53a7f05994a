"""What is done to the lake's files beside appending: compaction, dropping days, taking rows out, removing old files."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from genyard.core.clock import Clock
from genyard.core.errors import Conflict, Corrupted
from genyard.core.ids import IdSource
from genyard.store import compaction
from genyard.store.columns import TABLES
from genyard.store.compacting import (
    MEMORY_MB,
    MEMORY_MB_OF_LARGE_ROWS,
    Check,
    CompactHere,
    Compactor,
)
from genyard.store.compaction import Compacted
from genyard.store.copies import Copies
from genyard.store.delta import DataFile
from genyard.store.lake import Lake
from genyard.store.media import KeptMedia
from genyard.store.merging import Merging, Where
from genyard.store.reads import QueryEngine
from genyard.store.rewrite import Rewriter, replace
from genyard.store.stored_table import StoredTable
from genyard.store.table_place import LakePlace, TablePlace
from genyard.store.vacuum import GRACE_NS, vacuum

_ATTEMPTS = 5
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One table with what its upkeep needs."""

    stored: StoredTable
    rewriter: Rewriter
    place: TablePlace

    @property
    def copies(self) -> Copies:
        return self.stored.copies


class Upkeep:
    """Work on the files of the lake, one piece at a time. Appends and queries go on meanwhile."""

    def __init__(
        self,
        lake: Lake,
        tables: Mapping[str, Kept],
        *,
        folder: Path,
        clock: Clock,
        shared: bool,
        compactor: Compactor,
        grace_ns: int = GRACE_NS,
    ) -> None:
        """Take these over. Use ``Upkeep.over``."""
        self._lake = lake
        self._tables = tables
        self._folder = folder
        self._clock = clock
        self.shared = shared
        """Whether other servers may write the same tables: in a bucket."""
        self._compactor = compactor
        self._grace_ns = grace_ns
        self._working = threading.RLock()
        self.sweep()

    @classmethod
    def over(
        cls,
        lake: Lake,
        url: str | Path,
        wal_folder: Path,
        *,
        clock: Clock,
        ids: IdSource,
        compactor: Compactor | None = None,
        grace_ns: int = GRACE_NS,
    ) -> "Upkeep":
        """Look after ``lake``, opened with the same ``url`` and ``wal_folder``. For the holder of the home's lock.

        ``compactor`` merges files; without one this process does it.
        """
        at = LakePlace.at(url, wal_folder)
        places = {name: at.table(name, writer_id=lake.writer_id) for name in TABLES}
        tables = {
            name: Kept(
                stored=lake.tables[name],
                rewriter=Rewriter(places[name], table, clock=clock, ids=ids),
                place=places[name],
            )
            for name, table in TABLES.items()
        }
        return cls(
            lake,
            tables,
            folder=at.folder,
            clock=clock,
            shared=at.in_bucket,
            compactor=compactor or CompactHere(),
            grace_ns=grace_ns,
        )

    def sweep(self) -> None:
        """Remove what pieces of work that were killed left unfinished."""
        for kept in self._tables.values():
            kept.rewriter.sweep()

    def version(self, table: str) -> int:
        """Return the newest version of a table that was seen."""
        return self._tables[table].rewriter.version

    def compact(self, *, check: Check) -> Mapping[str, Compacted]:
        """Merge small files and drop repeated records; then remove what left the tables long enough ago.

        Raises Conflict when other servers rewrite the same files each time, StorageFull, Unreachable.
        """
        with self._working:
            return {name: self._compact(kept, check) for name, kept in self._tables.items()}

    def _compact(self, kept: Kept, check: Check) -> Compacted:
        def once() -> Compacted:
            return self._compactor.compact(kept.place, kept.rewriter, now_ns=self._clock.now_ns(), check=check)

        done = _again(kept.rewriter, once)
        if kept.rewriter.files():
            kept.rewriter.tidy()
        self._settle(kept)
        vacuum(kept.rewriter, now_ns=self._clock.now_ns(), grace_ns=self._grace_ns)
        return done

    def older(self, project: str, *, before: str) -> Mapping[str, Sequence[DataFile]]:
        """Return the files of the days before ``before``, by table."""
        with self._working:
            return {
                name: [one for one in kept.rewriter.files() if one.project == project and one.day < before]
                for name, kept in self._tables.items()
            }

    def older_media(self, project: str, *, before: str) -> list[KeptMedia]:
        """Return the media of the days before ``before``. Raises Unreachable."""
        return [one for one in self._lake.media.listing(project) if one.day < before]

    def drop_days(self, project: str, *, before: str) -> Mapping[str, Sequence[DataFile]]:
        """Let go of all files of the days before ``before``; the bytes go after the grace, those of media at once.

        Raises as ``compact``.
        """
        media = self._lake.media
        with self._at_work(), media.watched() as watch:
            # What was acknowledged before the watch began goes with its rows, and what comes since is left with them.
            self._lake.flush()
            dropped = {name: self._drop(kept, project, before) for name, kept in self._tables.items()}
            media.remove(self.older_media(project, before=before), watch)
            self._lake.measure()
        return dropped

    def _drop(self, kept: Kept, project: str, before: str) -> Sequence[DataFile]:
        def once() -> Sequence[DataFile]:
            old = [one for one in kept.rewriter.files() if one.project == project and one.day < before]
            if old:
                replace(kept.rewriter, removed=old, added=[], operation="DELETE")
            return old

        dropped = _again(kept.rewriter, once)
        self._settle(kept)
        return dropped

    @contextmanager
    def reader(self) -> Iterator[QueryEngine]:
        """Open an engine to ask the lake with, whose memory nobody else takes; it is closed at the end."""
        engine = QueryEngine([self._folder], threads=1, memory_mb=MEMORY_MB_OF_LARGE_ROWS)
        try:
            yield engine
        finally:
            engine.close()

    def take_out(self, table: str, project: str, *, rows: Where, check: Check) -> int:
        """Write the files of a project that hold such rows anew without them, and return how many rows those were.

        Looks again until a version holds none. The old files are still there: ``purge`` removes them.
        """
        kept = self._tables[table]
        taken = 0
        with self._at_work(MEMORY_MB_OF_LARGE_ROWS) as engine:

            def once() -> bool:
                nonlocal taken
                holding = self._holding(kept, engine, project, rows)
                for file, count in holding:
                    check()
                    taken += count if self._without(kept, engine, file, rows, check) else 0
                self._settle(kept)
                return bool(holding)

            while _again(kept.rewriter, once):
                pass
        return taken

    def _holding(self, kept: Kept, engine: QueryEngine, project: str, rows: Where) -> list[tuple[DataFile, int]]:
        found = []
        where, values = rows
        for file in kept.rewriter.files():
            if file.project == project:
                sql = f"SELECT count(*) AS count FROM read_parquet($file) WHERE {where}"
                (row,) = engine.run(sql, {"file": str(kept.copies.local(file.path)), **values})
                found.append((file, int(str(row["count"]))))
        return [(file, count) for file, count in found if count]

    def _without(self, kept: Kept, engine: QueryEngine, file: DataFile, rows: Where, check: Check) -> bool:
        where, values = rows
        local = str(kept.copies.local(file.path))
        merging = Merging(engine, kept.rewriter.table, [local], where=(f"({where}) IS NOT TRUE", values))
        added = compaction.write_all(kept.rewriter, merging, project=file.project, day=file.day, check=check)
        try:
            replace(kept.rewriter, removed=[file], added=added, operation="DELETE")
        except Conflict:
            # Another server's compaction took the file; the next look finds the rows where it put them.
            return False
        return True

    def purge(self) -> int:
        """Remove at once all files that left the tables, and copies of them; return how many.

        Queries that still read them answer again from the newest version; readers of other programs fail.
        """
        removed = 0
        with self._at_work():
            for kept in self._tables.values():
                self._settle(kept)
                # In a folder nobody else writes. In a bucket a young file may be another server's next append.
                unnamed_ns = _HOUR_NS if self.shared else 0
                with kept.stored.unwritten():
                    now_ns = self._clock.now_ns()
                    removed += len(vacuum(kept.rewriter, now_ns=now_ns, grace_ns=0, unnamed_ns=unnamed_ns))
            self.sweep()
        return removed

    def _settle(self, kept: Kept) -> None:
        kept.stored.refresh()
        self._lake.measure()

    @contextmanager
    def _at_work(self, memory_mb: int = MEMORY_MB) -> Iterator[QueryEngine]:
        """Open an engine of its own, so that queries keep their memory; it is closed after the work."""
        with self._working:
            engine = QueryEngine([self._folder], threads=1, memory_mb=memory_mb)
            try:
                yield engine
            finally:
                engine.close()


Result = TypeVar("Result")


def _again(rewriter: Rewriter, work: Callable[[], Result]) -> Result:
    """Do ``work`` again when another server rewrote the same files, and perhaps removed them."""
    for _ in range(_ATTEMPTS - 1):
        before = rewriter.files()
        try:
            return work()
        except Conflict:
            continue
        except Corrupted:
            if rewriter.files() == before:
                raise
    return work()
