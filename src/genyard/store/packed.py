"""Batches made in another process: rows as an Arrow IPC stream, which the log keeps as it is and queries read in place.

Lists of Python values are quick for the few spans of one answer. Hundreds at once would be taken apart and put together
again on the way; an Arrow stream is not.
"""

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import msgspec
from arro3.core import Array, RecordBatch, Table
from arro3.io import read_ipc_stream, write_ipc_stream

from genyard.core.errors import InvalidInput
from genyard.store.arrow import array_of, partial_batch, schema_of
from genyard.store.columns import TABLES, ColumnType, LakeTable
from genyard.store.rows import Batch, Value

_NULLS_AT_ONCE = 65_536


class PackedBatch(msgspec.Struct, frozen=True, tag="arrow"):
    """Rows of one table and project. A column that the stream has not is null in every row."""

    table: str
    project: str
    keys: list[tuple[str | int, ...]]
    """The key columns of each row, apart: whether a row is new is asked before anything else is read of it."""
    stream: bytes

    @property
    def count(self) -> int:
        return len(self.keys)


class UnpackedBatch:
    """A packed batch, ready to be read."""

    __slots__ = ("keys", "project", "rows", "table")

    def __init__(self, packed: PackedBatch) -> None:
        self.table = packed.table
        self.project = packed.project
        self.keys = packed.keys
        self.rows = read_ipc_stream(BytesIO(packed.stream)).read_all().combine_chunks().to_batches()[0]

    @property
    def count(self) -> int:
        return len(self.keys)


def whole(batches: Sequence[UnpackedBatch], *, arrivals: list[Value], supersedes: list[Value]) -> RecordBatch:
    """Return the rows of batches that have the same columns, with every column of the table.

    They are joined while they have few columns: a hundred columns take as much for one row as for a thousand.
    """
    table = TABLES[batches[0].table]
    rows = batches[0].rows
    if len(batches) > 1:
        rows = Table.from_batches([one.rows for one in batches]).combine_chunks().to_batches()[0]
    made = {"arrival": arrivals, "supersedes": supersedes}
    present = set(rows.schema.names)
    arrays = [
        array_of(one.type, made[one.name])
        if one.name in made
        else rows.column(one.name)
        if one.name in present
        else _nulls(one.type, rows.num_rows)
        for one in table.columns
    ]
    return RecordBatch.from_arrays(arrays, schema=schema_of(table))


def pack(table: LakeTable, batch: Batch) -> PackedBatch:
    """Return ``batch``, which has rows of one project, packed. Raises InvalidInput for rows of several."""
    projects = set(batch.column("project"))
    if len(projects) != 1:
        raise InvalidInput(f"a packed batch is of one project, and this one of {len(projects)}")
    stream = BytesIO()
    rows = partial_batch(table, batch.columns)
    write_ipc_stream(Table.from_batches([rows], schema=rows.schema), stream, compression=None)
    keys = list(zip(*(batch.column(name) for name in table.key), strict=True))
    return PackedBatch(table=batch.table, project=str(projects.pop()), keys=keys, stream=stream.getvalue())


def _nulls(kind: ColumnType, count: int) -> Array:
    return _many_nulls(kind).slice(0, count) if count <= _NULLS_AT_ONCE else array_of(kind, [None] * count)


@cache
def _many_nulls(kind: ColumnType) -> Array:
    """Return nulls to take slices of: to make them anew for each column of each batch would cost more than to read."""
    return array_of(kind, [None] * _NULLS_AT_ONCE)
