"""One Delta table: its files as the Delta log names them, and appends that happen once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from deltalake import (
    BloomFilterProperties,
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Transaction,
    WriterProperties,
)
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from genyard.core.errors import Corrupted, GenyardError, StorageFull, Unreachable
from genyard.store.arrow import schema_of
from genyard.store.columns import PARTITIONS, LakeTable
from genyard.store.files import sync
from genyard.store.table_place import TablePlace

ROW_GROUP = 65_536
"""Rows of a row group, at most. Each has its own statistics and Bloom filter."""
LONG_GROUP_BYTES = 16 << 20
"""Bytes of a row group of long rows, unpacked. Whoever reads it holds two or three times as many in each thread: a
reader takes 2,048 rows of a column at once, or as many as the group has."""
LEVEL = 3
"""Of zstd, for files that stay."""
LOG_KEPT = "interval 1 days"
"""How long entries of the Delta log are kept behind a checkpoint. A table has thousands of them a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One Parquet file, of one project and day."""

    path: str
    """Relative to the table."""
    project: str
    day: str
    rows: int
    size: int
    """In bytes."""
    first_ns: int
    last_ns: int
    last_arrival: int
    supersedes: bool
    """Whether some row replaces an earlier one."""


class DeltaFiles:
    """One Delta table in a folder or a bucket. Not for use from two threads at once."""

    def __init__(self, place: TablePlace, table: LakeTable) -> None:
        """Raises Unreachable."""
        self._in_bucket = place.in_bucket
        self._url = place.url
        self._table = table
        self._writer_id = place.writer_id
        self._delta = self._opened()

    @property
    def alone(self) -> bool:
        """Whether no other process appends: in a folder, where others only merge."""
        return not self._in_bucket

    def done(self) -> int:
        """Return the newest segment of this writer whose rows are in the table; 0 for none."""
        return (self._delta.transaction_version(self._writer_id) or 0) if self._delta else 0

    def files(self) -> tuple[DataFile, ...]:
        """Return the files of the newest version that this handle knows."""
        if self._delta is None:
            return ()
        columns = self._delta.get_add_actions(flatten=True).to_struct_array().to_pylist()
        return tuple(_data_file(self._table, one) for one in columns)

    @property
    def version(self) -> int | None:
        """The version that this handle knows; None where there is no table yet."""
        return self._delta.version() if self._delta else None

    def refresh(self) -> tuple[DataFile, ...]:
        """Return the files of the newest version, whoever wrote it. Raises Unreachable, Corrupted."""
        try:
            if self._delta is None:
                self._delta = self._opened()
            else:
                self._delta.update_incremental()
        except (DeltaError, OSError) as error:
            raise refusal(self._url, error) from error
        return self.files()

    def tidy(self) -> None:
        """Write a checkpoint of the newest version and let go of the log's entries that nobody needs any more.

        Raises Unreachable, StorageFull.
        """
        if self._delta is None:
            return
        try:
            self._delta.create_checkpoint()
            self._delta.cleanup_metadata()
        except (DeltaError, OSError) as error:
            raise refusal(self._url, error) from error

    def append(self, write: Callable[[], list[AddAction]], *, segment: int) -> None:
        """Append the files that ``write`` writes for ``segment``, unless the table has its rows. Durable on return.

        The table does not refuse a repeated transaction by itself, so it is asked first: a crash after an append and
        before its segment was dropped must not double the rows. Raises Unreachable, StorageFull, and as ``write``.
        """
        try:
            delta = self._created() if self._delta is None else self._delta
            delta.update_incremental()
            self._delta = delta
            if segment > self.done():
                self._name(delta, write(), segment)
            if self.alone:
                # Also after an append that an earlier call made and could not sync.
                _make_durable(Path(self._url), delta)
        except (DeltaError, OSError) as error:
            raise refusal(self._url, error) from error

    def _name(self, delta: DeltaTable, files: list[AddAction], segment: int) -> None:
        delta.create_write_transaction(
            [*files],
            mode="append",
            schema=schema_of(self._table),
            partition_by=list(PARTITIONS),
            commit_properties=CommitProperties(app_transactions=[Transaction(self._writer_id, segment)]),
        )
        delta.update_incremental()

    def _opened(self) -> DeltaTable | None:
        try:
            return DeltaTable(self._url)
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise refusal(self._url, error) from error

    def _created(self) -> DeltaTable:
        if not self._in_bucket:
            Path(self._url).mkdir(parents=True, exist_ok=True)
        try:
            return self._new()
        except DeltaError:
            # Another server made it in the same moment; delta-rs then says that the protocol changed.
            made = self._opened()
            if made is None:
                raise
            return made

    def _new(self) -> DeltaTable:
        return DeltaTable.create(
            self._url,
            schema_of(self._table),
            mode="ignore",
            partition_by=list(PARTITIONS),
            configuration=configuration(self._table) | {"delta.logRetentionDuration": LOG_KEPT},
        )


def _data_file(table: LakeTable, action: dict[str, object]) -> DataFile:
    arrival = action.get("max.arrival")
    first, last = action.get(f"min.{table.time}"), action.get(f"max.{table.time}")
    return DataFile(
        path=unquote(str(action["path"])),
        project=str(action["partition.project"]),
        day=str(action["partition.day"]),
        rows=int(str(action["num_records"] or 0)),
        size=int(str(action["size_bytes"] or 0)),
        # A file written by another engine may come without statistics: then it is always read.
        first_ns=first if isinstance(first, int) else 0,
        last_ns=last if isinstance(last, int) else 2**63 - 1,
        last_arrival=arrival if isinstance(arrival, int) else 0,
        supersedes=action.get("null_count.supersedes") != action["num_records"],
    )


def configuration(table: LakeTable) -> dict[str, str | None]:
    """Return what Delta keeps of each file in its log: only what prunes files.

    Statistics of 90 columns would outgrow the data's own footers, and would keep what people wrote after an erasure.
    """
    return {"delta.dataSkippingStatsColumns": f"{table.time},arrival,supersedes"}


def writer_properties(rows: int, *, row_group: int = ROW_GROUP) -> WriterProperties:
    bloom = ColumnProperties(
        bloom_filter_properties=BloomFilterProperties(True, fpp=0.01, ndv=max(64, min(rows, row_group) // 2))
    )
    return WriterProperties(
        compression="ZSTD",
        compression_level=LEVEL,
        max_row_group_size=row_group,
        column_properties={"trace_id": bloom},
    )


def _make_durable(root: Path, delta: DeltaTable) -> None:
    """Sync the newest version's entry, which delta-rs does not: the log's segment is about to go.

    The files that it names were durable before it.
    """
    log = root / "_delta_log"
    newest = log / f"{delta.version():020d}.json"
    for path in (
        newest,
        *log.glob(f"{newest.stem}.checkpoint*"),
        *log.glob("_last_checkpoint"),
        log,
        root,
        root.parent,
    ):
        sync(path)


def refusal(url: str, error: Exception) -> GenyardError:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "No space left" in str(error) or "quota" in str(error).lower() or "File too large" in str(error):
        return StorageFull(f"no room for the lake at {url}", hint="make room; the rows stay in the write-ahead log")
    if isinstance(error, DeltaError) and "orrupt" in text:
        return Corrupted(f"the lake at {url} cannot be read: {text}", hint="restore it from a copy")
    return Unreachable(f"the lake at {url} does not answer: {text}", hint="the rows stay in the write-ahead log")
