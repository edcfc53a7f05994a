"""Batches as Arrow tables, without pyarrow: arro3 comes with deltalake and speaks Arrow's C interface with DuckDB."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

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


_NULLS_AT_ONCE = 65_536


@cache
def schema_of(table: LakeTable) -> Schema:
    """Return the Arrow schema; every column may be null, so that columns can be added later."""
    return Schema(list(_fields(table).values()))


@cache
def _fields(table: LakeTable) -> Mapping[str, Field]:
    """Return the fields by name: to ask a schema for one takes as long as to make an array."""
    return {one.name: Field(one.name, _TYPES[one.type], nullable=True) for one in table.columns}


def record_batch(
    table: LakeTable, columns: Mapping[str, Sequence[Value]], count: int, *, made: Mapping[str, Array]
) -> RecordBatch:
    """Return ``count`` rows; ``made`` has columns that are arrays already. One that is absent is null in every row."""
    known = {name: array_of(table.by_name[name].type, values) for name, values in columns.items()}
    known.update(made)
    arrays = [known[one.name] if one.name in known else nulls(one.type, count) for one in table.columns]
    return RecordBatch.from_arrays(arrays, schema=schema_of(table))


@lru_cache(maxsize=256)  # senders fill their requests up to the same few counts
def nulls(kind: ColumnType, count: int) -> Array:
    """Return a column in which every row is null."""
    return _many_nulls(kind).slice(0, count) if count <= _NULLS_AT_ONCE else array_of(kind, [None] * count)


@cache
def _many_nulls(kind: ColumnType) -> Array:
    """Return nulls to take slices of: to make them anew for each column of each batch would cost more than to read."""
    return array_of(kind, [None] * _NULLS_AT_ONCE)


def partial_batch(table: LakeTable, columns: Mapping[str, Sequence[Value]]) -> RecordBatch:
    """Return rows with these columns only, in the order of the table's."""
    present = [one for one in table.columns if one.name in columns]
    arrays = [array_of(one.type, columns[one.name]) for one in present]
    return RecordBatch.from_arrays(arrays, schema=_schema_with(table, tuple(one.name for one in present)))


@lru_cache(maxsize=256)  # senders have a handful of sets of columns each
def _schema_with(table: LakeTable, names: tuple[str, ...]) -> Schema:
    return Schema([_fields(table)[name] for name in names])


def table_of(table: LakeTable, columns: tuple[str, ...], batches: Sequence[RecordBatch]) -> Table:
    """Return ``columns`` of batches that have all of the table's."""
    names = list(columns)
    return Table.from_batches([one.select(names) for one in batches], schema=_schema_with(table, columns))


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
