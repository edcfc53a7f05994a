"""DuckDB over the lake: SQL on files that the Delta log names and on rows that wait in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from arro3.core import Table

from genyard.core.errors import Corrupted, GenyardError, InvalidInput, TooLarge
from genyard.store.columns import PARTITIONS, LakeTable

Parameters = Mapping[str, object]

_SETTINGS = """
SET threads = 2;
SET memory_limit = '512MB';
SET parquet_metadata_cache = true;
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
"""


class Engine:
    """One DuckDB in memory that can open files of ``folders`` only, and write none. Safe to use from many threads."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(_SETTINGS)
        allowed = ", ".join(_quoted(f"{folder}/") for folder in folders)
        self._connection.execute(f"SET allowed_directories = [{allowed}]")
        self._connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def run(self, sql: str, parameters: Parameters, *, tail: Table | None = None) -> list[dict[str, object]]:
        """Return the rows of a SELECT. ``tail`` is its relation ``lake_tail``.

        Raises InvalidInput when the SQL does not fit the tables, TooLarge when it needs too much memory, Corrupted when
        a file is missing or damaged.
        """
        # A cursor a call: a second execute on one cursor ends the first one's result.
        cursor = self._connection.cursor()
        try:
            if tail is not None:
                cursor.register("lake_tail", tail)
            cursor.execute(sql, dict(parameters))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.Error as error:
            raise _translated(error) from error
        finally:
            cursor.close()

    def close(self) -> None:
        self._connection.close()


def relation(table: LakeTable, *, files: bool, tail: bool, repeats: bool) -> str:
    """Return common table expressions that end with one named as the table: its rows of a project and a time.

    Parameters: ``lake_project``, ``lake_since``, ``lake_until`` (not included) and ``lake_files`` with ``files``.
    ``repeats`` says that some of the rows supersede others.
    """
    sources = [_FILES.format(**_words(table))] * files + [_TAIL.format(**_words(table))] * tail
    rows = " UNION ALL ".join(sources)
    template = _NEWEST_ONLY if repeats else "WITH {table} AS ({rows})"
    return template.format(**_words(table), rows=rows)


_FILES = """
SELECT $lake_project AS project, strftime(make_timestamp({time} // 1000), '%Y-%m-%d') AS day, {columns}
FROM read_parquet($lake_files) WHERE {time} >= $lake_since AND {time} < $lake_until
"""

_TAIL = """
SELECT project, day, {columns}
FROM lake_tail WHERE project = $lake_project AND {time} >= $lake_since AND {time} < $lake_until
"""

_NEWEST_ONLY = """
WITH lake_rows AS ({rows}),
lake_newest AS (SELECT {key}, max(arrival) AS newest FROM lake_rows WHERE supersedes GROUP BY ALL),
{table} AS (
  SELECT lake_rows.* FROM lake_rows LEFT JOIN lake_newest USING ({key})
  WHERE newest IS NULL OR newest = arrival
)
"""


def _words(table: LakeTable) -> dict[str, str]:
    columns = ", ".join(f'"{name}"' for name in table.names if name not in PARTITIONS)
    return {"table": table.name, "time": table.time, "key": ", ".join(table.key), "columns": columns}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _translated(error: duckdb.Error) -> GenyardError:
    message = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return TooLarge(f"the query needs too much memory: {message}", hint="ask for less time or fewer columns")
    if isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.InternalException):
        return Corrupted(f"the lake cannot be read: {message}", hint="restore the file from a copy of the home")
    return InvalidInput(f"the query does not fit the lake: {message}", hint="docs/design/lake.md names the columns")
