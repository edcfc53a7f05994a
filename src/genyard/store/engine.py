"""The catalog's database: SQLite or PostgreSQL, read and written in transactions."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine

from genyard.core.clock import Clock
from genyard.core.errors import InvalidInput, Unreachable
from genyard.store import postgres, sqlite
from genyard.store.failures import translated
from genyard.store.files import disk_errors, make_folder
from genyard.store.migrate import CATALOG, Migrations, migrate


class Database:
    """An open catalog, for use by many threads."""

    def __init__(self, *, reader: Engine, writer: Engine) -> None:
        self._reader = reader
        self._writer = writer
        self._commits: sqlite.Commits | None = None
        self._own_commits = 0
        self._counting = threading.Lock()

    @classmethod
    def open(cls, url: str, *, backups: Path | None, clock: Clock, migrations: Migrations = CATALOG) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://…`` and bring its tables to the newest form.

        A SQLite file is first copied into ``backups`` (None: a folder of that name beside it) when it must change.
        Raises HomeTooNew, the database untouched, Unreachable, StorageFull, Corrupted and InvalidInput.
        """
        path = None
        if url.startswith(sqlite.SCHEME):
            path = sqlite.path_of(url)
            with disk_errors(str(path)), translated():
                _prepare(path, backups or path.parent / "backups", clock=clock, migrations=migrations)
            reader, writer = sqlite.engines(path)
        elif url.startswith(postgres.SCHEMES):
            reader, writer = postgres.engines(url)
        else:
            raise InvalidInput(
                "the catalog's address begins with neither sqlite:/// nor postgresql://",
                hint="write GENYARD_CATALOG_URL as one of them",
            )
        database = cls(reader=reader, writer=writer)
        database._migrate(migrations, path)
        if path is not None:
            database._commits = sqlite.Commits(path)
        return database

    def _migrate(self, migrations: Migrations, path: Path | None) -> None:
        try:
            with translated():
                migrate(self._writer, migrations)
            if path is not None:
                with disk_errors(str(path)):
                    sqlite.note_made(path)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot and cannot write. Raises Unreachable, Corrupted."""
        with translated(), self._reader.begin() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose work is kept whole at the end of the block, and not at all after an error.

        In SQLite one block writes at a time; never open a second one inside it.
        Raises StorageFull, Unreachable, Corrupted, and Conflict where PostgreSQL asks to try again.
        """
        try:
            with translated(), self._writer.begin() as tx:
                yield tx
        finally:
            with self._counting:
                self._own_commits += 1

    def forget_deleted(self, table: str) -> None:
        """Leave nothing of the deleted rows of ``table`` in the files of the database that are ours to clean.

        SQLite writes its log back and cuts it. PostgreSQL writes the table anew; its own log and archives are its
        operator's. Raises Unreachable when others hold the catalog for too long.
        """
        with translated():
            if self._writer.dialect.name == "sqlite":
                sqlite.cut_log(self._writer)
            else:
                postgres.write_anew(self._writer, table)

    @property
    def sees_others(self) -> bool:
        """Whether ``state`` tells of what others commit too, not only of what is committed through this object."""
        return self._commits is not None

    def state(self) -> int:
        """Return a number that is another one once anything was committed: by anybody where ``sees_others``, else here.

        What was read after a number came holds for as long as it comes again. It takes microseconds and never waits.
        Raises Unreachable, Corrupted.
        """
        if self._commits is None:
            return self._own_commits
        try:
            with translated():
                return self._commits.number()
        except sqlite3.Error as error:
            # Whatever it is, nothing can be said of the catalog, and who asks is no programmer.
            hint = "see the log; start the server anew where it goes on"
            raise Unreachable(f"the catalog does not say whether it changed: {error}", hint=hint) from error

    def close(self) -> None:
        """Close every connection that is not in use."""
        if self._commits is not None:
            self._commits.close()
        self._reader.dispose()
        self._writer.dispose()


def _prepare(path: Path, backups: Path, *, clock: Clock, migrations: Migrations) -> None:
    """Judge the file before anything may write to it, and copy it when a migration will."""
    make_folder(path.parent)
    revision = sqlite.revision_of(path)
    migrations.check(revision)
    if revision is None:
        sqlite.check_never_made(path)
    is_new = not path.exists() or path.stat().st_size == 0
    if not is_new and revision != migrations.newest:
        sqlite.back_up(path, backups, revision=revision, clock=clock)
