"""The database of the limited process: views over one project's rows, and nothing else to reach."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import duckdb

# arro3.io imports arro3.core by itself when it first reads: then no file of Python's may be opened any more.
from arro3.core import Table
from arro3.io import read_ipc_stream

from genyard.store.columns import PARTITIONS, TABLES, ColumnType, LakeTable
from genyard.store.limited.messages import Relation

THREADS = 2
SQL_TYPES: Mapping[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "time_ns": "BIGINT",
    "texts": "VARCHAR[]",
    "json": "VARCHAR",
}
"""What a column is in SQL; JSON is its text, which ``->>`` reads."""

# python_enable_replacements: else a table's name may be a variable of this program.
_SETTINGS = f"""
SET threads = {THREADS};
SET temp_directory = '';
SET python_enable_replacements = false;
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET allow_community_extensions = false;
SET allow_persistent_secrets = false;
SET validate_external_file_cache = 'NO_VALIDATION';
SET TimeZone = 'UTC';
SET errors_as_json = true;
"""


def open_tables(relations: Sequence[Relation], *, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with the view of each relation, which can open their files and no other.

    Its settings cannot be changed any more. Raises duckdb.Error where a file is missing or damaged.
    """
    connection = duckdb.connect()
    connection.execute(_SETTINGS)
    connection.execute(f"SET memory_limit = '{int(memory_mb)}MB'")
    connection.execute(f"SET allowed_paths = {_texts([path for one in relations for path in one.files])}")
    connection.execute("SET enable_external_access = false")
    for one in relations:
        _make_view(connection, TABLES[one.table], one)
    connection.execute("SET lock_configuration = true")
    return connection


def _make_view(connection: duckdb.DuckDBPyConnection, table: LakeTable, relation: Relation) -> None:
    columns = ", ".join(f'"{name}"' for name in table.names)
    _keep_tail(connection, table, relation)
    sources = [f"SELECT {columns} FROM lake_tail_{table.name}"]
    if relation.files:
        # The partitions are taken from the paths, so that a condition on the day leaves files out.
        kinds = ", ".join(f"{name}: VARCHAR" for name in PARTITIONS)
        files = f"read_parquet({_texts(relation.files)}, hive_partitioning = true, hive_types = {{{kinds}}})"
        sources.append(f"SELECT {columns} FROM {files}")
    rows = " UNION ALL ".join(sources)
    if relation.superseded:
        arrivals, ids = zip(*relation.superseded, strict=True)
        connection.execute(
            f"CREATE TABLE lake_superseded_{table.name} AS SELECT unnest($1)::BIGINT AS arrival, unnest($2) AS row_id",
            [list(arrivals), list(ids)],
        )
        marks = f"SELECT (arrival, row_id) FROM lake_superseded_{table.name}"
        rows = f"SELECT * FROM ({rows}) WHERE (arrival, {table.row_id}) NOT IN ({marks})"
    connection.execute(f"CREATE VIEW {table.name} AS {rows}")


def _keep_tail(connection: duckdb.DuckDBPyConnection, table: LakeTable, relation: Relation) -> None:
    name = f"lake_tail_{table.name}"
    columns = ", ".join(f'"{one.name}" {SQL_TYPES[one.type]}' for one in table.columns)
    connection.execute(f"CREATE TABLE {name} ({columns})")
    for stream in relation.tail:
        rows: Table = read_ipc_stream(BytesIO(stream)).read_all()
        connection.register("incoming", rows)
        connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")
        connection.unregister("incoming")


def _texts(values: Sequence[str]) -> str:
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]::VARCHAR[]"
