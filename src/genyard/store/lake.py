"""The lake: spans and scores, durable when acknowledged, readable at once, kept as Delta tables that any engine reads.

``append`` goes to the write-ahead log. A thread moves full or old segments of the log into the tables. ``query`` sees
both. ``docs/design/lake.md`` has the layout, ``docs/design/write-ahead-log.md`` what holds through a crash.
"""

import logging
import platform
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genyard.core.clock import Clock
from genyard.core.errors import GenyardError, InvalidInput, StorageFull
from genyard.core.ids import IdSource
from genyard.core.refs import check_name
from genyard.store.columns import TABLES, LakeTable
from genyard.store.delta import DataFile, DeltaFiles
from genyard.store.file_writer import FileWriter
from genyard.store.files import disk_errors
from genyard.store.media import Held, Media, MediaObject
from genyard.store.packed import PackedBatch
from genyard.store.quotas import Quotas
from genyard.store.reads import QueryEngine
from genyard.store.rows import Row, batch_of
from genyard.store.stored_table import Source, StoredTable, Window
from genyard.store.table_place import LakePlace, TablePlace
from genyard.store.usage import by_project
from genyard.store.wal import AnyBatch, Commit, WriteAheadLog
from genyard.store.writers import Beat, Writers

log = logging.getLogger(__name__)

EVER_NS = 2**63 - 1
"""After every time that a row may have."""
PATIENCE_S = 10.0
_APPEND = "append"
"""The folder of files that are being written, beside the tables."""
_WRITING_MB = 512
_RETRY_S = 5.0
_SETTLED_S = 10.0
"""So long a beat waits for requests with media that had begun before it; else it is left out."""
_GIVE_UP_S = 2.0
"""How long the end waits for who measures the media: a bucket may not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When rows move from the log to the tables, and how many bytes of them may wait."""

    flush_rows: int
    flush_age_s: float
    tail_bytes: int


class Lake:
    """Two tables and the log before them. Safe to use from many threads; one process a home."""

    def __init__(
        self,
        *,
        log: WriteAheadLog,
        engines: Sequence[QueryEngine],
        tables: Mapping[str, StoredTable],
        folder: Path,
        media: Media,
        clock: Clock,
        limits: Limits,
        quotas: Quotas,
        writers: Writers | None,
    ) -> None:
        """Take these over and start. Use ``Lake.open``."""
        self.folder = folder
        self.media = media
        self.quotas = quotas
        self._log = log
        self._writers = writers
        self._engines = engines
        self._tables = tables
        self._clock = clock
        self._limits = limits
        self._changed = threading.Condition()
        self._unflushed: dict[int, _Waiting] = {}
        self._closing = False
        self._flushing = threading.Lock()
        self._replay()
        self.media.sweep()
        self.measure()
        # A log that was lost, or restored from a copy, would count from an old number again.
        self._log.skip_past(max(max(stored.newest_segment(), stored.done()) for stored in tables.values()))
        if self._writers:
            self._writers.join()
        self._log.start(self._kept)
        self._flusher = threading.Thread(target=self._flush_when_due, name="genyard-flush", daemon=True)
        self._flusher.start()
        self._measurer = threading.Thread(target=self._measure_media, name="genyard-measure", daemon=True)
        self._measurer.start()
        self._beside: tuple[Callable[[], None], ...] = ()
        self._looker = threading.Thread(
            target=self._look_at_others, args=(self._writers,), name="genyard-others", daemon=True
        )
        if self._writers:
            self._looker.start()

    @classmethod
    def open(
        cls,
        url: str | Path,
        wal_folder: Path,
        *,
        clock: Clock,
        ids: IdSource,
        flush_rows: int = 4096,
        flush_age_s: float = 30.0,
        tail_bytes: int = 64 * 1024 * 1024,
        quota_bytes: int = 0,
        memory_mb: int = 512,
    ) -> "Lake":
        """Open the lake in a folder or a bucket (``s3://…``, settings from the environment).

        Rows that the log has and the tables have not are taken back. Questions share ``memory_mb``. Raises Corrupted,
        HomeTooNew, StorageFull, Unreachable.
        """
        limits = Limits(flush_rows=flush_rows, flush_age_s=flush_age_s, tail_bytes=tail_bytes)
        place = LakePlace.at(url, wal_folder)
        wal = WriteAheadLog(wal_folder, ids=ids, shared=place.in_bucket)
        try:
            engine = QueryEngine([place.folder], memory_mb=memory_mb)
            writing = QueryEngine([place.scratch(_APPEND)], threads=1, memory_mb=_WRITING_MB)
            tables = {
                name: _stored(
                    place.table(name, writer_id=wal.writer_id), table, engine=engine, writing=writing, ids=ids
                )
                for name, table in TABLES.items()
            }
            return cls(
                log=wal,
                engines=(engine, writing),
                tables=tables,
                folder=place.folder,
                media=Media.open(place),
                clock=clock,
                limits=limits,
                quotas=Quotas(quota_bytes),
                writers=_writers(place, wal.writer_id, every_s=flush_age_s, ids=ids),
            )
        except GenyardError:
            wal.close()
            raise

    def append(self, table: str, rows: Sequence[Row], *, patience_s: float = PATIENCE_S) -> Commit:
        """Hand rows over; the commit says when they are durable.

        Blocks for ``patience_s`` at most while the tail is at its limit, then raises StorageFull.
        Raises InvalidInput, naming row and column, when a row does not fit, TooLarge, and StorageFull for a project
        that is at its quota.
        """
        return self._append(batch_of(_table(table), rows), patience_s)

    def append_packed(self, batch: PackedBatch, *, patience_s: float = PATIENCE_S) -> Commit:
        """Hand over rows that ``batch_of`` has checked and ``pack`` has packed, in another process perhaps.

        Otherwise as ``append``.
        """
        return self._append(batch, patience_s)

    def hold_media(self, project: str, objects: Sequence[MediaObject]) -> Held:
        """Keep what rows of ``project`` refer to, before they are appended; to be let go of when they can be read.

        Raises StorageFull, also for a project that is at its quota, and Unreachable.
        """
        self.quotas.check([project])
        return self.media.hold(project, objects)

    def _append(self, batch: AnyBatch, patience_s: float) -> Commit:
        projects = [batch.project] if isinstance(batch, PackedBatch) else map(str, batch.column("project"))
        self.quotas.check(projects)
        with self._changed:
            if not self._changed.wait_for(self._has_room, patience_s):
                raise StorageFull(
                    f"{self._limits.tail_bytes >> 20} MB of rows wait for the lake",
                    hint="is its disk or bucket reachable?",
                )
        return self._log.append(batch)

    def query(
        self,
        sql: str,
        *,
        table: str,
        project: str,
        since_ns: int,
        until_ns: int,
        parameters: Mapping[str, object] | None = None,
        engine: QueryEngine | None = None,
    ) -> list[dict[str, object]]:
        """Return the rows of a SELECT over ``table``, which sees one project from ``since_ns`` to before ``until_ns``.

        Every row acknowledged before the call is seen, once. Values are bound as ``$name``; names that start with
        ``lake_`` are taken. JSON columns come as text (``rows.read_back``). ``engine`` is one that is not shared.
        Raises InvalidInput, TooLarge, Overloaded, Corrupted, Unreachable.
        """
        window = Window(project=check_name(project, "project"), since_ns=since_ns, until_ns=until_ns)
        stored = self._tables[_table(table).name]
        return stored.query(sql, window=window, parameters=parameters or {}, engine=engine)

    def most_rows(self, *, table: str, project: str, since_ns: int, until_ns: int) -> int:
        """Return how many rows a query of this window can meet, at most. No file is read for it."""
        window = Window(project=check_name(project, "project"), since_ns=since_ns, until_ns=until_ns)
        return self._tables[_table(table).name].most_rows(window)

    def sources(self, project: str) -> list[Source]:
        """Return where all rows of a project are now, table by table; the files are below ``folder``.

        Raises Corrupted, Unreachable.
        """
        window = Window(project=check_name(project, "project"), since_ns=0, until_ns=EVER_NS)
        return [stored.source(window) for stored in self._tables.values()]

    @property
    def files(self) -> list[tuple[DataFile, ...]]:
        """The files that queries read now, table by table."""
        return [stored.files for stored in self._tables.values()]

    @property
    def projects(self) -> frozenset[str]:
        """The projects that rows are of, in any table."""
        return frozenset[str]().union(*(stored.projects for stored in self._tables.values()))

    def refresh(self) -> None:
        """Read from now on the files that the tables have now, whoever wrote them. Raises Unreachable."""
        for stored in self._tables.values():
            stored.refresh()

    def look_also(self, look: Callable[[], None]) -> None:
        """Call ``look`` too whenever it is looked what other servers did. It may raise a GenyardError."""
        self._beside += (look,)

    def flush(self) -> None:
        """Move everything acknowledged into the tables. Raises StorageFull, Unreachable; nothing is lost then."""
        with self._flushing:
            # Before a new segment is made: on a full disk that may need the room that these take.
            self._flush_sealed()
            self._log.seal()
            self._flush_sealed()

    def close(self) -> None:
        """Flush, then end. What cannot be flushed stays in the log. May be called twice."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify_all()
        self._flusher.join()
        self._measurer.join(_GIVE_UP_S)
        if self._looker.is_alive():
            self._looker.join(_GIVE_UP_S)
        try:
            self.flush()
        except GenyardError as error:
            log.warning("the lake closes with rows in its log: %s", error)
        self._log.close()
        self._leave()
        for engine in self._engines:
            engine.close()

    def others(self) -> Mapping[str, Beat]:
        """Return the newest sign of life of each other server that writes this lake. Raises Unreachable."""
        return self._writers.others() if self._writers else {}

    def _leave(self) -> None:
        """Be waited for by nobody any more; where rows stay in the log, they have to be waited for."""
        if self._writers is None or self.unflushed_rows or self._looker.is_alive():
            return
        try:
            self._writers.leave()
        except GenyardError as error:
            log.warning("other servers of the lake were not told that this one ended: %s", error)

    @property
    def unflushed_rows(self) -> int:
        """Rows that are durable in the log and not yet in the tables."""
        with self._changed:
            return sum(one.rows for one in self._unflushed.values())

    @property
    def unflushed_bytes(self) -> int:
        """Bytes of the log that hold them."""
        with self._changed:
            return sum(one.size for one in self._unflushed.values())

    @property
    def writer_id(self) -> str:
        """Who writes here: the log's own id. Several servers may write one lake."""
        return self._log.writer_id

    @property
    def tables(self) -> Mapping[str, StoredTable]:
        """The tables, for those who look after their files."""
        return self._tables

    def measure(self) -> None:
        """Tell the quotas what the files and media of each project take."""
        used = Counter(by_project(one for stored in self._tables.values() for one in stored.files))
        used.update(self.media.sizes)
        self.quotas.measured(used)

    def _replay(self) -> None:
        """Take back what the tables do not have. A segment may be in one table and not yet in another."""
        done = {name: stored.done() for name, stored in self._tables.items()}
        for segment in self._log.sealed():
            batches = [batch for batch in self._log.read(segment) if segment > done[batch.table]]
            if batches:
                self._kept(segment, batches, self._log.size_of(segment))

    def _kept(self, segment: int, batches: Sequence[AnyBatch], size: int) -> None:
        for batch in batches:
            self._tables[batch.table].add(segment, batch)
        with self._changed:
            waiting = self._unflushed.setdefault(segment, _Waiting(self._clock.monotonic_s()))
            waiting.rows += sum(batch.count for batch in batches)
            waiting.size += size
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._log.waiting_bytes + sum(one.size for one in self._unflushed.values()) < self._limits.tail_bytes

    def _flush_sealed(self) -> None:
        with disk_errors("the write-ahead log"):
            sealed = self._log.sealed()
        for segment in sealed:
            for stored in self._tables.values():
                stored.flush(segment)
            with disk_errors("the write-ahead log"):
                self._log.drop(segment)
            with self._changed:
                self._unflushed.pop(segment, None)
                self._changed.notify_all()
            self.measure()

    def _flush_when_due(self) -> None:
        retry_s = 0.0
        while self._wait_until_due(retry_s):
            try:
                self.flush()
                retry_s = 0.0
            except GenyardError as error:
                # The rows are safe in the log; appends meet back-pressure when this lasts.
                log.warning("the lake is not written: %s (%s)", error, error.hint)
                retry_s = _RETRY_S
            except Exception:
                log.exception("the lake is not written: this is a fault of Genyard")
                retry_s = _RETRY_S

    def _measure_media(self) -> None:
        """Look what the media take, until that worked: there may be a million, so nobody waits for it, and no flush."""
        while not self._closing and not self._media_measured():
            with self._changed:
                self._changed.wait_for(lambda: self._closing, _RETRY_S)
        self.measure()

    def _media_measured(self) -> bool:
        try:
            self.media.measure(given_up=lambda: self._closing)
        except GenyardError as error:
            log.warning("the media of the lake were not measured: %s (%s)", error, error.hint)
            return False
        return True

    def _look_at_others(self, writers: Writers) -> None:
        """Tell other servers of the bucket that the log is in the tables, and see what they wrote, merged and erased.

        Also where nothing is sent here.
        """
        while not self._closes_within(self._limits.flush_age_s):
            try:
                # Whose row is not yet acknowledged may have put a picture already: see ErasedMedia.
                settled = self.media.settled(within_s=min(self._limits.flush_age_s, _SETTLED_S))
                self.flush()
                if settled:
                    writers.beat()
                self.refresh()
                for look in self._beside:
                    look()
                self.measure()
            except GenyardError as error:
                log.warning("what other servers wrote is not seen: %s (%s)", error, error.hint)
            except Exception:
                log.exception("what other servers wrote is not seen: this is a fault of Genyard")

    def _closes_within(self, wait_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._closing, wait_s)

    def _wait_until_due(self, retry_s: float) -> bool:
        """Wait at least ``retry_s``, then until rows are many or old. Returns False when the lake closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing, retry_s)
            while not self._closing and (wait_s := self._due_in_s()) != 0:
                self._changed.wait(wait_s)
            return not self._closing

    def _due_in_s(self) -> float | None:
        """Return the seconds until the next flush; None when nothing waits."""
        waiting = self._unflushed.values()
        if not waiting:
            return None
        if sum(one.rows for one in waiting) >= self._limits.flush_rows or not self._has_room():
            return 0
        age_s = self._clock.monotonic_s() - min(one.since_s for one in waiting)
        return max(0.0, self._limits.flush_age_s - age_s)


class _Waiting:
    """What of one segment is not yet in the tables."""

    __slots__ = ("since_s", "rows", "size")

    def __init__(self, since_s: float) -> None:
        self.since_s = since_s
        self.rows = 0
        self.size = 0


def _table(name: str) -> LakeTable:
    if name not in TABLES:
        raise InvalidInput(f"the lake has no table {name!r}", hint=f"it has {', '.join(TABLES)}")
    return TABLES[name]


def _writers(place: LakePlace, writer_id: str, *, every_s: float, ids: IdSource) -> Writers | None:
    """Return the writers of a bucket; a folder has one."""
    if not place.in_bucket:
        return None
    return Writers(place.files(), writer_id=writer_id, host=platform.node(), every_s=every_s, ids=ids)


def _stored(
    place: TablePlace, table: LakeTable, *, engine: QueryEngine, writing: QueryEngine, ids: IdSource
) -> StoredTable:
    writer = FileWriter(
        table=table,
        place=place.files(),
        scratch=place.scratch(_APPEND),
        engine=writing,
        writer_id=place.writer_id,
        ids=ids,
    )
    return StoredTable(table, delta=DeltaFiles(place, table), writer=writer, copies=place.copies(), engine=engine)
