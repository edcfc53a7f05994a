"""The catalog in one SQLite file."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from genyard.core.clock import Clock, utc
from genyard.core.errors import Corrupted, Unreachable
from genyard.store.files import make_folder, sync, write_durably

SCHEME = "sqlite:///"

_PRAGMAS = (
    # Readers never wait for the writer, nor it for them.
    "PRAGMA journal_mode = WAL",
    # Flush at every commit: what is acknowledged survives a power cut. NORMAL, usual with WAL, does not promise that.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # What is deleted or changed leaves nothing behind in pages that are free.
    "PRAGMA secure_delete = ON",
)
_BUSY_S = 30.0


def path_of(url: str) -> Path:
    """Return the file of ``sqlite:///path``. The path is taken as it is: ``?``, ``#`` and ``%`` are part of it."""
    return Path(url.removeprefix(SCHEME))


def engines(path: Path) -> tuple[Engine, Engine]:
    """Return the engines for reading and for writing ``path``. What is read cannot write by mistake."""
    reader = create_engine("sqlite://", creator=_connector(path, "PRAGMA query_only = ON"), poolclass=QueuePool)
    # One writing connection: this process's writers wait for each other in the pool, in order, instead of polling.
    writer = create_engine(
        "sqlite://", creator=_connector(path), poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=_BUSY_S
    )
    event.listen(reader, "begin", _begin)
    # IMMEDIATE takes the write lock at once: a transaction that reads and then writes never fails half way.
    event.listen(writer, "begin", _begin_immediate)
    return reader, writer


def cut_log(writer: Engine) -> None:
    """Write the log beside the file back into it, and cut it to nothing. Raises Unreachable when readers stay in it."""
    connection = writer.raw_connection()
    try:
        busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    if busy:
        raise Unreachable("the log of the catalog is read all the time", hint="begin again when there is less to do")


class Commits:
    """Tells whether anything was committed to a file since, by whichever connection of whichever process."""

    def __init__(self, path: Path) -> None:
        # SQLite counts for each connection what the others commit, so this one must commit nothing itself.
        self._connection = _connector(path, "PRAGMA query_only = ON")()
        self._asking = threading.Lock()

    def number(self) -> int:
        """Return another number than before where something was committed in between. It takes microseconds."""
        with self._asking:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._connection.close()


def _connector(path: Path, *more: str) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        # isolation_level None: the driver begins nothing by itself, the events above do.
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        for pragma in (*_PRAGMAS, *more):
            connection.execute(pragma)
        return connection

    return connect


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def revision_of(path: Path) -> str | None:
    """Return the revision that ``path`` is at, None when it has none, without changing a byte of it.

    Raises Corrupted when it is not a SQLite file.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(_read_only(path)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise Corrupted(
            f"{path} is not a catalog: {error}", hint="restore it from the home's folder backups"
        ) from error
    return str(row[0]) if row else None


def note_made(path: Path) -> None:
    """Note beside ``path`` that it holds a catalog, for good: an empty file there is a loss from now on.

    Call it once the tables are committed, and before anything else is written. Raises OSError.
    """
    if not _note_of(path).exists():
        sync(path.parent)  # the catalog's own name first, or a power cut could leave the note alone
        write_durably(_note_of(path), b"", mode=0o600)


def check_never_made(path: Path) -> None:
    """Raise Corrupted when ``path``, which has no tables, is noted to have held a catalog."""
    if _note_of(path).exists():
        what = "holds no catalog any more" if path.exists() else "is missing"
        raise Corrupted(
            f"{path} {what}; nothing was touched",
            hint="restore it from a backup of the home, or remove the whole home to begin anew",
        )


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.made")


def back_up(path: Path, folder: Path, *, revision: str | None, clock: Clock) -> Path:
    """Copy ``path``, at ``revision``, into ``folder`` through SQLite's backup API and return the copy's path."""
    make_folder(folder)
    moment = utc(clock.now_ns()).strftime("%Y%m%dT%H%M%S.%fZ")
    target = folder / f"{path.stem}-{revision or 'unversioned'}-{moment}{path.suffix}"
    unfinished = target.with_suffix(".unfinished")
    try:
        with closing(_read_only(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        unfinished.chmod(0o600)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(folder)
    return target


def _read_only(path: Path) -> sqlite3.Connection:
    # Without a log beside the file nothing is pending, and "immutable" keeps SQLite from making an empty one.
    has_log = path.with_name(f"{path.name}-wal").exists()
    flags = "mode=ro" if has_log else "mode=ro&immutable=1"
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?{flags}", uri=True, timeout=_BUSY_S)
