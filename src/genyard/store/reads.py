"""DuckDB over the lake: SQL on files that the Delta log names and on rows that wait in memory."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import duckdb
from arro3.core import Table

from genyard.core.errors import Corrupted, GenyardError, InvalidInput, StorageFull, TooLarge
from genyard.store.columns import PARTITIONS, LakeTable
from genyard.store.files import NO_ROOM
from genyard.store.query_threads import QueryThreads
from genyard.store.query_turns import QueryTurns

Parameters = Mapping[str, object]
Result = TypeVar("Result")

_MOST_AT_ONCE = 40
"""As many as the server has threads for requests: nobody waits here who did not wait there."""
_DEAR_AT_ONCE = 2
"""Of questions that read payloads, as many as the engine has threads."""
_NO_ROOM = tuple(os.strerror(number) for number in NO_ROOM)
_WORD = re.compile(r"\w+")
_STAR = re.compile(r"(?:SELECT|DISTINCT|,|\.)\s*\*", re.IGNORECASE)
"""All columns, and not a product or a count."""

# No temporary folder: by default it is made where the process happens to stand, and payloads would lie in it.
# GLOBAL, because the metadata cache is else a setting of one cursor. Nothing checks a cached file for changes: files of
# the lake never change.
_SETTINGS = """
SET GLOBAL threads = {threads};
SET GLOBAL memory_limit = '{memory_mb}MB';
SET GLOBAL temp_directory = '';
SET GLOBAL parquet_metadata_cache = true;
SET GLOBAL validate_external_file_cache = 'NO_VALIDATION';
SET GLOBAL autoinstall_known_extensions = false;
SET GLOBAL autoload_known_extensions = false;
"""


class QueryEngine:
    """One DuckDB in memory that can open and write files of ``folders`` only. Safe to use from many threads."""

    def __init__(self, folders: Sequence[Path], *, threads: int = 2, memory_mb: int = 512) -> None:
        self._threads = QueryThreads(_MOST_AT_ONCE)
        self._turns = QueryTurns(dear=_DEAR_AT_ONCE)
        # In such a thread, because DuckDB's own threads are as nice as the one that starts them.
        self._connection = self._threads.run(duckdb.connect)
        self._threads.run(lambda: self._set_up(folders, threads=threads, memory_mb=memory_mb))

    def _set_up(self, folders: Sequence[Path], *, threads: int, memory_mb: int) -> None:
        self._connection.execute(_SETTINGS.format(threads=threads, memory_mb=memory_mb))
        allowed = ", ".join(_quoted(f"{folder}/") for folder in folders)
        self._connection.execute(f"SET allowed_directories = [{allowed}]")
        self._connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def run(
        self, sql: str, parameters: Parameters, *, tail: Table | None = None, dear: bool = False
    ) -> list[dict[str, object]]:
        """Return the rows of a SELECT. ``tail`` is its relation ``lake_tail``; ``dear`` is one that reads payloads.

        Raises InvalidInput when the SQL does not fit the tables, TooLarge when it alone needs too much memory,
        Overloaded when others keep it waiting, Corrupted when a file is missing or damaged.
        """
        names, rows = self._in_turn(lambda: self._rows(sql, parameters, tail), dear=dear)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _in_turn(self, ask: Callable[[], Result], *, dear: bool = False) -> Result:
        turn = None
        try:
            with self._turns.beside_others(dear=dear) as turn:
                return self._threads.run(ask)
        except TooLarge:
            if turn is None or not turn.beside:
                raise
        with self._turns.alone():
            return self._threads.run(ask)

    def _rows(self, sql: str, parameters: Parameters, tail: Table | None) -> tuple[list[str], list[tuple[object, ...]]]:
        # A cursor a call: a second execute on one cursor ends the first one's result.
        cursor = self._connection.cursor()
        try:
            if tail is not None:
                cursor.register("lake_tail", tail)
            cursor.execute(sql, dict(parameters))
            return [column[0] for column in cursor.description or ()], cursor.fetchall()
        except duckdb.Error as error:
            raise _translated(error) from error
        finally:
            cursor.close()

    def table(self, sql: str, parameters: Parameters) -> Table:
        """Return the rows of a SELECT as Arrow, for those who write them again. Raises as ``run``."""
        return self._in_turn(lambda: self._table(sql, parameters))

    def _table(self, sql: str, parameters: Parameters) -> Table:
        cursor = self._connection.cursor()
        try:
            return Table.from_arrow(cursor.sql(sql, params=dict(parameters)))
        except duckdb.Error as error:
            raise _translated(error) from error
        finally:
            cursor.close()

    def close(self) -> None:
        self._threads.close()
        self._connection.close()


def named_in(sql: str, table: LakeTable) -> tuple[str, ...]:
    """Return the columns of ``table`` that ``sql`` may speak of, and those that ``over`` needs itself.

    A hundred columns take milliseconds to bind, and as long to hand over for each batch of the tail.
    """
    if _STAR.search(sql):
        return table.names
    words = {*_WORD.findall(sql), *PARTITIONS, table.time, table.row_id, "arrival"}
    return tuple(name for name in table.names if name in words)


_OF_ONE_TRACE = re.compile(r"\btrace_id = \$")


def is_dear(sql: str, columns: Sequence[str], table: LakeTable) -> bool:
    """Return whether ``sql`` may read the payloads of many traces."""
    payloads = {*table.of_group("payload", "rest")}
    return not payloads.isdisjoint(columns) and not _OF_ONE_TRACE.search(sql)


def over(
    table: LakeTable,
    *,
    columns: Sequence[str],
    files: Literal["none", "some", "whole"],
    tail: bool,
    superseded: bool,
    sql: str,
) -> str:
    """Return ``sql``, which reads from the table by its name, over ``columns`` of its rows of a project and a time.

    Parameters: ``lake_project``, ``lake_since``, ``lake_until`` (not included); ``lake_files`` with ``files``, of which
    ``some`` or all rows are of that time; ``lake_superseded`` and ``lake_superseded_ids`` with ``superseded``, arrivals
    and ids of rows that are left out.
    """
    read = {"none": (), "some": (_FILES + _IN_TIME,), "whole": (_FILES + _ANY_TIME,)}[files]
    sources = (*read, _TAIL + _IN_TIME) if tail else read
    condition = _CURRENT if superseded else ""
    rows = " UNION ALL ".join(source + condition for source in sources)
    relation = rows.format(**_words(table, columns))
    if not tail:
        return f"WITH {table.name} AS NOT MATERIALIZED ({relation}) {sql}"
    # DuckDB materializes a common expression that reads Arrow, payloads and all, whatever is said of it.
    return re.sub(rf"\b(FROM|JOIN)\s+{table.name}\b", lambda found: f"{found[1]} ({relation}) AS {table.name}", sql)


_FILES = """
SELECT $lake_project AS project, strftime(make_timestamp({time} // 1000), '%Y-%m-%d') AS day, {columns}
FROM read_parquet($lake_files) WHERE true
"""

_TAIL = """
SELECT project, day, {columns}
FROM lake_tail WHERE project = $lake_project
"""

_IN_TIME = " AND {time} >= $lake_since AND {time} < $lake_until"
# The parameters stand there although they decide nothing: a query may bind only what its text names.
_ANY_TIME = " AND $lake_since < $lake_until"

_CURRENT = (
    " AND (arrival, {row_id}) NOT IN (SELECT (unnest($lake_superseded)::BIGINT, unnest($lake_superseded_ids)::VARCHAR))"
)


def _words(table: LakeTable, columns: Sequence[str]) -> dict[str, str]:
    listed = ", ".join(f'"{name}"' for name in columns if name not in PARTITIONS)
    return {"table": table.name, "time": table.time, "columns": listed, "row_id": table.row_id}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _translated(error: duckdb.Error) -> GenyardError:
    message = str(error).splitlines()[0]
    if isinstance(error, duckdb.IOException) and message.endswith(_NO_ROOM):
        return StorageFull(f"no room for the lake: {message}", hint="make room; the rows stay in the write-ahead log")
    if isinstance(error, duckdb.OutOfMemoryException):
        return TooLarge(
            f"the query needs too much memory: {message}", hint="ask for less time, fewer columns, or shorter texts"
        )
    if isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.InternalException):
        return Corrupted(f"the lake cannot be read: {message}", hint="restore the file from a copy of the home")
    return InvalidInput(f"the query does not fit the lake: {message}", hint="docs/design/lake.md names the columns")
