"""What databases say when they fail, in our own errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from genyard.core.errors import Conflict, Corrupted, GenyardError, StorageFull, Unreachable


@contextmanager
def translated() -> Iterator[None]:
    """Raise StorageFull, Unreachable, Corrupted or Conflict for what a database refuses; let other errors through."""
    try:
        yield
    except PoolTimeout as error:
        raise _busy() from error
    except StatementError as error:
        ours = _ours(error)
        if ours is None:
            raise
        raise ours from error
    except sqlite3.Error as error:
        own = _of_sqlite(error)
        if own is None:
            raise
        raise own from error


def _ours(error: StatementError) -> GenyardError | None:
    cause = error.orig
    if isinstance(cause, GenyardError):
        return cause
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    if isinstance(cause, psycopg.Error):
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        return _of_postgres(cause, lost=lost)
    return None


def _of_sqlite(error: sqlite3.Error) -> GenyardError | None:
    """Judge by SQLite's result code (sqlite.org/rescode.html); extended codes begin with the name of the primary."""
    name = getattr(error, "sqlite_errorname", "")
    # A quota or a file size limit shows as IOERR_WRITE: SQLite reserves FULL for ENOSPC and does not hand on errno.
    if name == "SQLITE_FULL" or name.startswith(
        ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_SHMSIZE")
    ):
        return StorageFull("no room for the catalog; nothing of this change was kept", hint="free space and try again")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Corrupted(f"the catalog's file is damaged: {error}", hint="restore it from the home's folder backups")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _busy()
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
        return Unreachable(f"the catalog cannot be used: {error}", hint="check its path and who may write there")
    return None


def _of_postgres(error: psycopg.Error, *, lost: bool) -> GenyardError | None:
    """Judge by SQLSTATE (PostgreSQL's appendix "Error Codes"); a connection that failed has none."""
    state = error.sqlstate or ""
    if state in ("53100", "53400"):
        return StorageFull("no room for the catalog; nothing of this change was kept", hint="free space and try again")
    if state in ("40001", "40P01"):
        return Conflict("another change of the catalog came first; nothing of this one was kept", hint="try again")
    if state.startswith("XX"):
        return Corrupted(f"PostgreSQL found damage: {_first_line(error)}", hint="see its log")
    refused = isinstance(error, psycopg.OperationalError) and not state
    if refused or lost or state.startswith(("08", "28", "3D", "53", "57P")):
        # The driver's message names host, port and user, never the password.
        return Unreachable(
            f"the catalog's PostgreSQL does not answer: {_first_line(error)}", hint="check GENYARD_CATALOG_URL"
        )
    return None


def _first_line(error: psycopg.Error) -> str:
    return str(error).partition("\n")[0]


def _busy() -> Unreachable:
    return Unreachable("the catalog is busy: another writer has held it for long", hint="try again")
