"""Batches as Arrow tables, without pyarrow: arro3 comes with deltalake and speaks Arrow's C interface with DuckDB."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, Schema, Table, list_array

from genyard.store.columns import ColumnType, LakeTable
from genyard.store.rows import Value

_TEXTS = DataType.list(Field("element", DataType.string(), nullable=True))

_TYPES: Mapping[ColumnType, DataType] = {
    "text": DataType.string(),
    "integer": DataType.int64(),
    "number": DataType.float64(),
    "boolean": DataType.bool(),
    "time_ns": DataType.int64(),
    "texts": _TEXTS,
    "json": DataType.string(),
}


@cache
def schema_of(table: LakeTable) -> Schema:
    """Return the Arrow schema; every column may be null, so that columns can be added later."""
    return Schema([Field(one.name, _TYPES[one.type], nullable=True) for one in table.columns])


def record_batch(table: LakeTable, columns: Mapping[str, Sequence[Value]], count: int) -> RecordBatch:
    """Return ``count`` rows. A column that is absent is null in every row."""
    nulls: list[Value] = [None] * count
    arrays = [array_of(one.type, columns.get(one.name, nulls)) for one in table.columns]
    return RecordBatch.from_arrays(arrays, schema=schema_of(table))


def partial_batch(table: LakeTable, columns: Mapping[str, Sequence[Value]]) -> RecordBatch:
    """Return rows with these columns only, in the order of the table's."""
    present = [one for one in table.columns if one.name in columns]
    arrays = [array_of(one.type, columns[one.name]) for one in present]
    return RecordBatch.from_arrays(arrays, schema=Schema([schema_of(table).field(one.name) for one in present]))


def in_order(batches: Sequence[RecordBatch], column: str) -> Table:
    """Return the rows of ``batches`` as one table, in order of an integer column."""
    whole = Table.from_batches(batches).combine_chunks().to_batches()[0]
    order = np.argsort(whole.column(column).to_numpy(), kind="stable")
    return Table.from_batches([whole.take(Array.from_numpy(order))])


def no_rows(table: LakeTable) -> Table:
    return Table.from_batches([], schema=schema_of(table))


def array_of(kind: ColumnType, values: Sequence[Value]) -> Array:
    """Return values of one column as an Arrow array."""
    if kind != "texts":
        return Array(values, _TYPES[kind])
    offsets, flat, absent = [0], list[str](), list[bool]()
    for value in values:
        absent.append(value is None)
        flat.extend(value if isinstance(value, list) else ())
        offsets.append(len(flat))
    return list_array(
        Array(offsets, DataType.int32()),
        Array(flat, DataType.string()),
        type=_TEXTS,
        mask=Array(absent, DataType.bool()),
    )
