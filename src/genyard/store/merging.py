"""Rows of some files as one stream in order of time, each record once, a slab of time after another.

A slab is at most a row group and at most so many bytes, so memory does not grow with the files.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from arro3.core import RecordBatch, Table

from genyard.core.errors import TooLarge
from genyard.store.columns import PARTITIONS, LakeTable
from genyard.store.delta import LONG_GROUP_BYTES, ROW_GROUP
from genyard.store.reads import QueryEngine
from genyard.store.rewrite import data_schema

_SLAB_BYTES = 24 << 20
_GROUP_BYTES = 64 << 20
_LEAST_ROWS = 2
_READ_AT_ONCE = 2_048
"""Rows that DuckDB reads of a column at once."""
_MOST_GROUPS = 128
"""Row groups that a file may have because of a few long rows, at most. Each says something of every column."""
_MOST_TIMES = 8
"""And of more, so many times as many as if all rows were of one length."""

Where = tuple[str, Mapping[str, object]]
"""A condition on rows, and the values that it names."""
ALL: Where = ("true", {})


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a row that is not simply kept."""

    file: str
    row: int
    kept: bool
    supersedes: int | None


class Merging:
    """Reads the rows of ``files``, which are all of one project and day."""

    def __init__(self, engine: QueryEngine, table: LakeTable, files: Sequence[str], *, where: Where = ALL) -> None:
        self._engine = engine
        self._table = table
        self._files = list(files)
        self._where, self._values = where
        self._rows, self._row_bytes, self._long_bytes = self._measured()
        self.repeated = 0
        """Rows left out so far because another row is the same record and newer."""

    def batches(self) -> Iterator[RecordBatch]:
        """Yield the rows. Raises Corrupted, and TooLarge when a few rows alone are too large for the memory."""
        every = max(_LEAST_ROWS, min(ROW_GROUP, _SLAB_BYTES // self._row_bytes))
        cuts = self._cuts(every)
        for since, until in pairwise([*cuts, 2**63 - 1]):
            yield from self._slab(since, until, every)

    @property
    def row_group(self) -> int:
        """How many of these rows a row group may have, so that reading one takes no more memory than usual.

        What counts is the row that a byte is in: long rows may follow on each other, and one group then has them all.
        """
        few = min(_rows_of(self._row_bytes) // _MOST_TIMES, self._rows // _MOST_GROUPS)
        return max(1, few, min(ROW_GROUP, _rows_of(self._long_bytes)))

    def _measured(self) -> tuple[int, int, int]:
        """Return how many rows the files have and what one takes unpacked, in bytes: the mean of rows, and of bytes."""
        sql = (
            "WITH part AS (SELECT sum(total_uncompressed_size)::DOUBLE AS size, any_value(row_group_num_rows) AS rows "
            "FROM parquet_metadata($files) GROUP BY file_name, row_group_id) "
            "SELECT sum(rows)::BIGINT AS rows, (sum(size) / sum(rows))::BIGINT AS mean, "
            "(sum(size * size / rows) / sum(size))::BIGINT AS long "
            "FROM part WHERE rows > 0"
        )
        (found,) = self._engine.run(sql, {"files": self._files})
        rows, mean, long = (int(str(found[name] or 0)) for name in ("rows", "mean", "long"))
        return rows, max(1, mean), max(1, long)

    def _cuts(self, every: int) -> list[int]:
        at = self._table.time
        sql = (
            f"SELECT DISTINCT {at} AS at FROM (SELECT {at}, row_number() OVER (ORDER BY {at}) AS number "
            "FROM read_parquet($files)) WHERE number % $every = 1 ORDER BY 1"
        )
        return [int(str(row["at"])) for row in self._engine.run(sql, {"files": self._files, "every": every})]

    def _slab(self, since: int, until: int, every: int) -> Iterator[RecordBatch]:
        try:
            table = self._read(since, until)
        except TooLarge:
            middle = (since + until) // 2 if until < 2**63 - 1 else since + 60_000_000_000
            if every <= _LEAST_ROWS or middle == since:
                raise
            yield from self._slab(since, middle, every // 2)
            yield from self._slab(middle, until, every // 2)
            return
        yield from table.to_batches()

    def _read(self, since: int, until: int) -> Table:
        bounds = {"files": self._files, "since": since, "until": until, **self._values}
        fates = self._fates(bounds)
        self.repeated += sum(not one.kept for one in fates)
        sql = _KEPT_WITH_FATES if fates else _KEPT
        table = self._engine.table(sql.format(**self._words()), bounds | _columns_of(fates))
        schema = data_schema(self._table)
        # DuckDB names the elements of a list otherwise than the tables do.
        columns = [table.column(name).cast(schema.field(name)) for name in schema.names]
        return Table.from_arrays(columns, schema=schema)

    def _fates(self, bounds: Mapping[str, object]) -> list[Fate]:
        rows = self._engine.run(_REPEATED.format(**self._words()), bounds)
        records: defaultdict[tuple[object, ...], list[Mapping[str, object]]] = defaultdict(list)
        for row in rows:
            records[tuple(row[name] for name in self._table.key)].append(row)
        return [fate for same in records.values() for fate in _fates_of(same)]

    def _words(self) -> dict[str, str]:
        columns = [f'"{name}"' for name in self._table.names if name not in PARTITIONS]
        return {
            "columns": ", ".join(columns),
            "but_supersedes": ", ".join("s AS supersedes" if name == '"supersedes"' else name for name in columns),
            "key": ", ".join(self._table.key),
            "time": self._table.time,
            "where": self._where,
        }


_REPEATED = """
SELECT {key}, arrival, supersedes, filename, file_row_number FROM (
  SELECT {key}, arrival, supersedes, filename, file_row_number, count(*) OVER (PARTITION BY {key}) AS copies
  FROM read_parquet($files, filename = true, file_row_number = true)
  WHERE {time} >= $since AND {time} < $until AND ({where})
) WHERE copies > 1 OR supersedes IS NOT NULL
"""

_KEPT = """
SELECT {columns} FROM read_parquet($files)
WHERE {time} >= $since AND {time} < $until AND ({where}) ORDER BY {time}, {key}
"""

_KEPT_WITH_FATES = """
WITH fate AS (
  SELECT unnest($fate_files) AS f, unnest($fate_rows)::BIGINT AS r, unnest($fate_kept) AS k,
         unnest($fate_supersedes)::BIGINT AS s
)
SELECT {but_supersedes}
FROM read_parquet($files, filename = true, file_row_number = true)
LEFT JOIN fate ON filename = f AND file_row_number = r
WHERE {time} >= $since AND {time} < $until AND ({where}) AND coalesce(k, true) ORDER BY {time}, {key}
"""


def _fates_of(same: Sequence[Mapping[str, object]]) -> list[Fate]:
    """Return what becomes of the rows of one record: the one that arrived last is kept.

    It goes on replacing what is in other files, but no longer what was left out here.
    """
    in_order = sorted(
        same, key=lambda row: (_number(row["arrival"]), str(row["filename"]), _number(row["file_row_number"]))
    )
    here = {row["arrival"] for row in same}
    outside = [row["supersedes"] for row in in_order if row["supersedes"] is not None and row["supersedes"] not in here]
    newest = in_order[-1]
    return [
        Fate(
            file=str(row["filename"]),
            row=_number(row["file_row_number"]),
            kept=row is newest,
            supersedes=_number(outside[-1]) if row is newest and outside else None,
        )
        for row in in_order
    ]


def _rows_of(row_bytes: int) -> int:
    """Return how many rows of so many bytes a group may have: a reader of long rows holds all of it."""
    is_long = row_bytes * _READ_AT_ONCE > LONG_GROUP_BYTES
    return (LONG_GROUP_BYTES if is_long else _GROUP_BYTES) // row_bytes


def _arrived(row: Mapping[str, object]) -> tuple[int, str, int]:
    return _number(row["arrival"]), str(row["filename"]), _number(row["file_row_number"])


def _columns_of(fates: Sequence[Fate]) -> dict[str, object]:
    if not fates:
        return {}
    return {
        "fate_files": [one.file for one in fates],
        "fate_rows": [one.row for one in fates],
        "fate_kept": [one.kept for one in fates],
        "fate_supersedes": [one.supersedes for one in fates],
    }


def _number(value: object) -> int:
    return int(str(value))
