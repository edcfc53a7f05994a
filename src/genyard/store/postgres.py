"""The catalog in a PostgreSQL database, through psycopg 3."""

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError

from genyard.core.errors import InvalidInput

SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_CONNECT_S = 10


def engines(url: str) -> tuple[Engine, Engine]:
    """Return the engines for reading and for writing. They share connections.

    A read sees one snapshot, as in SQLite, and cannot write.
    """
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        # Not the text itself: it holds the password.
        raise InvalidInput(
            "the catalog's address is not postgresql://user:password@host:port/database",
            hint="write special characters of the password as %XX",
        ) from error
    writer = create_engine(
        address,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_S, "application_name": "genyard"},
        hide_parameters=True,
    )
    return writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True), writer


def write_anew(writer: Engine, table: str) -> None:
    """Write ``table``, a name of ours, into a new file without what was deleted from it."""
    with writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM FULL {table}"))
