"""The two things that SQLite and PostgreSQL say differently."""

import hashlib
from collections.abc import Mapping

from sqlalchemy import BigInteger, Connection, Table, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(tx: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert ``row`` unless its key is taken. Return whether it was inserted."""
    make = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    insert = make(table).values(row).on_conflict_do_nothing()
    # Without the option SQLAlchemy does not ask psycopg for the count of an INSERT.
    return tx.execute(insert, execution_options={"preserve_rowcount": True}).rowcount == 1


def lock_project(tx: Connection, project: str) -> None:
    """Wait until no other transaction changes the order of things in ``project``, and hold that until the commit.

    Versions, alias moves and events are numbered under this one lock: one lock a project cannot deadlock with itself.
    In SQLite a write transaction already is alone.
    """
    lock(tx, f"project/{project}")


def lock(tx: Connection, name: str) -> None:
    """Hold the lock ``name`` until the commit, in PostgreSQL."""
    if tx.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(f"genyard/{name}".encode()).digest()[:8], signed=True)
        tx.execute(select(func.pg_advisory_xact_lock(literal(number, BigInteger))))
