"""The workflow library as Genyard uses it: JSON only, quiet, without a network of its own."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final, NoReturn

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, PortableWorkflowError
from dbos import error as library_error
from dbos._serialization import DefaultSerializer, exception_to_workflow_error_data
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from genyard.core.errors import Conflict, Corrupted, GenyardError, StorageFull, Unreachable, error_types

APPLICATION: Final = "genyard"
VERSION: Final = "1"
"""The form in which jobs lie in the database, not Genyard's release: a job of an older release must be resumed."""

_DAMAGED: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")

# What the library says of each failed or cancelled job; Genyard's own log says it once, and better.
_SAID_ELSEWHERE: Final = ("Exception encountered in background workflow", "Workflow ")


def open_client(url: str, *, patient: bool) -> DBOSClient:
    """Make the tables if need be and return a client. A patient one waits for a lost database instead of raising."""
    prepare()
    address = make_url(url)
    plain = library_url(url)
    with reaching():
        if address.get_backend_name() == "sqlite":
            # Readers and the writer do not wait for each other; the setting stays with the file.
            with closing(sqlite3.connect(address.database or "")) as file:
                file.execute("PRAGMA journal_mode=WAL")
        DBOS.migrate(plain)
        return DBOSClient(
            system_database_url=plain,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            system_database_pool_size=4,
            retry_connection_errors=patient,
        )


def library_url(url: str) -> str:
    """Return ``url`` with its password and without a driver's name, as the library wants it."""
    address = make_url(url)
    return address.set(drivername=address.get_backend_name()).render_as_string(hide_password=False)


@contextmanager
def reaching() -> Iterator[None]:
    """Turn what the database says when it cannot be used into our errors."""
    try:
        yield
    except library_error.DBOSConflictingWorkflowError as error:
        raise Conflict(f"the id {error.workflow_id} is taken", hint="give another id, or none") from error
    except (DatabaseError, PoolTimeout, sqlite3.DatabaseError) as error:
        if getattr(getattr(error, "orig", error), "sqlite_errorname", "").startswith(_DAMAGED):
            raise Corrupted("the jobs' database is damaged", hint="restore jobs.sqlite3 from a backup") from error
        if not isinstance(error, OperationalError | PoolTimeout | sqlite3.OperationalError):
            raise
        # Only what the driver said: the rest of the text holds what was to be written.
        if "full" in str(getattr(error, "orig", error)):
            raise StorageFull("the disk of the jobs' database is full", hint="free space, then try again") from error
        raise Unreachable(
            "the jobs' database does not answer", hint="start it, or correct GENYARD_CATALOG_URL"
        ) from error


def prepare() -> None:
    """Refuse pickles and quieten the library's log. Doing it twice changes nothing."""
    # The library reads a pickle wherever a row says that it is one, whatever serializer is set. Whoever can write to
    # the database could then run code in the worker; so its two methods are replaced.
    setattr(DefaultSerializer, "serialize", _write_instead_of_pickle)  # noqa: B010 (mypy forbids assigning a method)
    setattr(DefaultSerializer, "deserialize", _refuse_pickle)  # noqa: B010
    log = logging.getLogger("dbos")
    # With a handler present the library does not add one that prints, and leaves its records to the root logger.
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.addFilter(_worth_saying)


def _refuse_pickle(_self: DefaultSerializer, _text: str) -> NoReturn:
    raise Corrupted(
        "a row of the jobs' database holds a pickle, which Genyard never loads", hint="find out who wrote it"
    )


def _write_instead_of_pickle(_self: DefaultSerializer, value: object) -> str:
    # Only reached for the error of such a row, which is then shown as this text.
    plain = exception_to_workflow_error_data(value)["message"] if isinstance(value, Exception) else value
    return DBOSPortableJSONSerializer().serialize(plain)


def _worth_saying(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING and not str(record.msg).startswith(_SAID_ELSEWHERE)


def recorded(error: BaseException) -> PortableWorkflowError:
    """Return ``error`` in the one form that reads back from the database as it was written."""
    if isinstance(error, GenyardError):
        return PortableWorkflowError(error.message, type(error).__name__, error.code, {"hint": error.hint})
    return PortableWorkflowError(f"{type(error).__name__}: {error}", type(error).__name__, "internal", {"hint": ""})


def rebuilt(error: PortableWorkflowError) -> GenyardError:
    """Return the error that ``recorded`` was given, or GenyardError for one that is not ours."""
    kind = error_types().get(str(error.code), GenyardError)
    data = error.data if isinstance(error.data, dict) else {}
    return kind(error.message, hint=str(data.get("hint", "")))
