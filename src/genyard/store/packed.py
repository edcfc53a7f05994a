"""Batches made in another process: rows as an Arrow IPC stream, which the log keeps as it is and queries read in place.

Lists of Python values are quick for the few spans of one answer. Hundreds at once would be taken apart and put together
again on the way; an Arrow stream is not.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from io import BytesIO, RawIOBase
from typing import IO, Any, cast

import msgspec
import numpy as np
from arro3.core import Array, RecordBatch, Table
from arro3.io import read_ipc_stream, write_ipc_stream

from genyard.core.errors import InvalidInput
from genyard.store.arrow import nulls, partial_batch, schema_of
from genyard.store.columns import TABLES, LakeTable
from genyard.store.key_hashes import Hashes, hashes_of
from genyard.store.rows import Batch

_HASH_BYTES = 8


class PackedBatch(msgspec.Struct, frozen=True, tag="arrow"):
    """Rows of one table and project. A column that the stream has not is null in every row."""

    table: str
    project: str
    hashes: bytes
    """``hashes_of`` the rows: whether a row is new is asked before anything else is read of it."""
    stream: bytes

    @property
    def count(self) -> int:
        return len(self.hashes) // _HASH_BYTES


class UnpackedBatch:
    """A packed batch that is read when somebody first asks for its rows."""

    def __init__(self, packed: PackedBatch) -> None:
        self.table = packed.table
        self.project = packed.project
        self.hashes: Hashes = np.frombuffer(packed.hashes, np.uint64)
        self._stream = packed.stream

    @cached_property
    def rows(self) -> RecordBatch:
        rows = read_ipc_stream(BytesIO(self._stream)).read_all().combine_chunks().to_batches()[0]
        self._stream = b""
        return rows

    @property
    def count(self) -> int:
        return len(self.hashes)


def whole(batches: Sequence[UnpackedBatch], *, made: Mapping[str, Array]) -> RecordBatch:
    """Return the rows of batches that have the same columns, with every column of the table; ``made`` is beside them.

    They are joined while they have few columns: a hundred columns take as much for one row as for a thousand.
    """
    table = TABLES[batches[0].table]
    rows = batches[0].rows
    if len(batches) > 1:
        rows = Table.from_batches([one.rows for one in batches]).combine_chunks().to_batches()[0]
    known = dict(zip(rows.schema.names, rows.columns, strict=True))
    known.update(made)
    arrays = [known[one.name] if one.name in known else nulls(one.type, rows.num_rows) for one in table.columns]
    return RecordBatch.from_arrays(arrays, schema=schema_of(table))


def pack(table: LakeTable, batch: Batch) -> PackedBatch:
    """Return ``batch``, which has rows of one project, packed. Raises InvalidInput for rows of several."""
    projects = set(batch.column("project"))
    if len(projects) != 1:
        raise InvalidInput(f"a packed batch is of one project, and this one of {len(projects)}")
    written = _Pieces()
    rows = partial_batch(table, batch.columns)
    write_ipc_stream(Table.from_batches([rows], schema=rows.schema), cast("IO[bytes]", written), compression=None)
    return PackedBatch(
        table=batch.table,
        project=str(projects.pop()),
        hashes=hashes_of(table, batch.columns).tobytes(),
        stream=b"".join(written.pieces),
    )


class _Pieces(RawIOBase):
    """A file that keeps the few large pieces it is given: ``BytesIO`` would copy them as it grows."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def seekable(self) -> bool:
        return False
