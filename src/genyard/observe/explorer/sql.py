"""SQL of people over the spans, scores and log records of one project, a few statements at a time.

The statement runs in a process of its own that can read this project's files and nothing else
(``store.limited``, ``docs/design/sql.md``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_ipc_stream

from genyard.core.errors import Corrupted
from genyard.core.refs import check_name
from genyard.observe.at_once import AtOnce
from genyard.store.files import make_folder
from genyard.store.lake import Lake
from genyard.store.limited.messages import Found, Relation, Request
from genyard.store.limited.runner import run_limited
from genyard.store.limited.tables import THREADS
from genyard.store.stored_table import Source

MOST_ROWS = 10_000
MOST_BYTES = 8 * 1024 * 1024
"""Bytes of values in one answer."""
_LONGEST_S = 3600.0
_LEAST_MB, _MOST_MB = 16, 1 << 20
"""Bounds that no setting moves."""
_RETRY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLimits:
    """What one statement may use, and how many run at once: of one project at most half of them."""

    timeout_s: float
    memory_mb: int
    at_once: int


class SqlQueries:
    """Runs statements. Safe to use from many threads."""

    def __init__(self, lake: Lake, *, limits: SqlLimits) -> None:
        self.limits = limits
        self._lake = lake
        # A process each.
        self._at_once = AtOnce(limits.at_once, what="queries", retry_s=_RETRY_S)

    def run(self, project: str, sql: str, *, rows: int, timeout_s: float | None = None) -> Found:
        """Return at most ``rows`` rows of one SELECT over the lake's tables, which have this project's rows.

        Every row acknowledged before the call is seen, once. Raises Overloaded while too many run, InvalidInput,
        TooLarge, Corrupted, Unreachable.
        """
        asked_s = min(timeout_s or self.limits.timeout_s, self.limits.timeout_s, _LONGEST_S)
        with self._at_once.place(check_name(project, "project")):
            before = self._lake.files
            try:
                return self._run(project, sql, rows, asked_s)
            except Corrupted:
                # Files may be merged and removed, here or by another server, between their listing and their reading.
                self._lake.refresh()
                if self._lake.files == before:
                    raise
                return self._run(project, sql, rows, asked_s)

    def _run(self, project: str, sql: str, rows: int, timeout_s: float) -> Found:
        request = Request(
            sql=sql,
            relations=[_relation(one, self._lake, project) for one in self._lake.sources(project)],
            rows=min(rows, MOST_ROWS),
            size=MOST_BYTES,
            memory_mb=min(max(self.limits.memory_mb, _LEAST_MB), _MOST_MB),
            cpu_s=int(timeout_s * THREADS) + 2,
        )
        make_folder(self._lake.folder)  # a lake that nothing was written to has none yet
        return run_limited(request, folder=self._lake.folder, timeout_s=timeout_s)


def _relation(source: Source, lake: Lake, project: str) -> Relation:
    return Relation(
        table=source.table.name,
        files=[str(path.relative_to(lake.folder)) for path in source.files],
        tail=[stream for chunk in source.tail for rows in chunk.rows for stream in _streams(rows, project)],
        superseded=source.superseded,
    )


def _streams(rows: RecordBatch, project: str) -> Iterator[bytes]:
    """Yield the rows of one project as an Arrow IPC stream, without the columns that are null in each."""
    projects = rows.column("project").to_pylist()
    places = [place for place, one in enumerate(projects) if one == project]
    if not places:
        return
    own = rows if len(places) == len(projects) else rows.take(Array(places, DataType.int64()))
    some = own.select([name for name in own.column_names if own.column(name).null_count < own.num_rows])
    stream = BytesIO()
    write_ipc_stream(Table.from_batches([some], schema=some.schema), stream, compression=None)
    yield stream.getvalue()
