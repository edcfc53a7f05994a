"""What only a SQLite file has: backups, and being left untouched."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from genyard.core.clock import CountingClock
from genyard.core.errors import Corrupted, HomeTooNew
from genyard.core.ids import PrincipalId
from genyard.core.records import Artifact
from genyard.store import artifacts
from genyard.store.engine import Database
from genyard.store.migrate import CATALOG, Migrations

TOOL = Artifact(kind="tool", body={})
NEWEST = CATALOG.revisions[-1]
NEXT = f"{int(NEWEST) + 1:04d}"
_NEXT = """
from alembic import op
import sqlalchemy as sa
revision = "{revision}"
down_revision = "{before}"
def upgrade():
    op.add_column("names", sa.Column("note", sa.Text))
    {more}
"""


def filled(path: Path) -> Path:
    """Make a catalog with one artifact."""
    database = Database.open(f"sqlite:///{path}", backups=None, clock=CountingClock())
    with database.write() as tx:
        artifacts.put(tx, "acme", TOOL, at_ns=1, by=PrincipalId("ana"))
    database.close()
    return path


def next_version(tmp_path: Path, more: str = "") -> Migrations:
    """Return the migrations of a Genyard that has one more."""
    folder = shutil.copytree(CATALOG.folder, tmp_path / "next %s version")
    (folder / "versions" / f"{NEXT}_note.py").write_text(_NEXT.format(revision=NEXT, before=NEWEST, more=more))
    return Migrations(folder=folder, revisions=(*CATALOG.revisions, NEXT))


def contents(path: Path) -> dict[str, bytes]:
    """Return the bytes of everything in the folder of ``path`` but SQLite's shared memory, which is no data."""
    files = (one for one in path.parent.rglob("*") if one.is_file() and not one.name.endswith("-shm"))
    return {str(one): one.read_bytes() for one in files}


def test_a_new_file_has_nothing_to_back_up(tmp_path: Path) -> None:
    filled(tmp_path / "catalog.sqlite3")
    assert not (tmp_path / "backups").exists()


def test_an_older_file_is_copied_before_it_is_migrated(tmp_path: Path, clock: CountingClock) -> None:
    path = filled(tmp_path / "catalog.sqlite3")
    database = Database.open(
        f"sqlite:///{path}", backups=tmp_path / "kept", clock=clock, migrations=next_version(tmp_path)
    )
    with database.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == NEXT
        assert artifacts.get(tx, "acme", TOOL.digest) == TOOL
    database.close()
    (copy,) = (tmp_path / "kept").iterdir()
    assert copy.name == f"catalog-{NEWEST}-20250615T150640.000000Z.sqlite3"
    assert copy.stat().st_mode & 0o777 == 0o600
    old = Database.open(f"sqlite:///{copy}", backups=None, clock=clock)
    with old.read() as tx:
        assert artifacts.get(tx, "acme", TOOL.digest) == TOOL
    old.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, clock: CountingClock) -> None:
    path = filled(tmp_path / "catalog.sqlite3")
    broken = next_version(tmp_path, more="raise ZeroDivisionError")
    with pytest.raises(ZeroDivisionError):
        Database.open(f"sqlite:///{path}", backups=None, clock=clock, migrations=broken)
    database = Database.open(f"sqlite:///{path}", backups=None, clock=clock)
    with database.read() as tx:
        assert artifacts.get(tx, "acme", TOOL.digest) == TOOL
        assert "note" not in {column["name"] for column in inspect(tx).get_columns("names")}
    database.close()


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "left by a crash, its log not yet in the file"])
def test_a_newer_file_is_left_byte_for_byte(tmp_path: Path, clock: CountingClock, closed: bool) -> None:
    path = filled(tmp_path / "home" / "catalog.sqlite3")
    Database.open(f"sqlite:///{path}", backups=None, clock=clock, migrations=next_version(tmp_path)).close()
    if not closed:
        path = crashed(path)
    before = contents(path)
    assert path.with_name(f"{path.name}-wal").exists() != closed
    with pytest.raises(HomeTooNew, match=f"revision {NEXT}, this Genyard knows up to {NEWEST}; nothing was touched"):
        Database.open(f"sqlite:///{path}", backups=None, clock=clock)
    assert contents(path) == before


def crashed(path: Path) -> Path:
    """Return a copy of ``path`` as a crash leaves it: its last commit is in the log beside it only."""
    copy = path.parent / "crashed" / path.name
    copy.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE alembic_version SET version_num = '{NEWEST}'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(f"UPDATE alembic_version SET version_num = '{NEXT}'")
        connection.commit()
        for one in path.parent.glob(f"{path.name}*"):
            if not one.name.endswith("-shm"):
                shutil.copy(one, copy.parent)
    return copy


def test_a_file_that_is_no_database_is_told_and_left(tmp_path: Path, clock: CountingClock) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.write_text("a shopping list, long enough to have no header of SQLite" * 20)
    before = path.read_bytes()
    with pytest.raises(Corrupted, match="is not a catalog"):
        Database.open(f"sqlite:///{path}", backups=None, clock=clock)
    assert path.read_bytes() == before


@pytest.mark.parametrize("left", ["nothing", "an empty file", "a file without tables"])
def test_a_catalog_that_was_lost_is_told_and_no_new_one_put_in_its_place(
    tmp_path: Path, clock: CountingClock, left: str
) -> None:
    path = filled(tmp_path / "catalog.sqlite3")
    path.unlink()
    if left == "an empty file":
        path.touch()
    elif left == "a file without tables":
        with closing(sqlite3.connect(path)) as file:
            file.execute("VACUUM")
    before = contents(path)
    with pytest.raises(Corrupted, match="is missing" if left == "nothing" else "holds no catalog any more") as told:
        Database.open(f"sqlite:///{path}", backups=None, clock=clock)
    assert "backup" in told.value.hint
    assert contents(path) == before


def test_an_empty_file_that_a_kill_at_the_first_start_left_becomes_a_catalog(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").touch()
    filled(tmp_path / "catalog.sqlite3")


def test_a_kill_before_the_note_that_a_catalog_was_made_is_made_good_at_the_next_start(
    tmp_path: Path, clock: CountingClock
) -> None:
    path = filled(tmp_path / "catalog.sqlite3")
    (note,) = tmp_path.glob("*.made")
    note.unlink()
    Database.open(f"sqlite:///{path}", backups=None, clock=clock).close()
    assert note.exists()


@pytest.mark.parametrize("name", ["a b", "50%", "what?x=1", "#1", "%20", "ünï"])
def test_a_path_is_taken_as_it_is(tmp_path: Path, clock: CountingClock, name: str) -> None:
    path = filled(tmp_path / name / "catalog.sqlite3")
    assert path.exists()
    Database.open(f"sqlite:///{path}", backups=None, clock=clock, migrations=next_version(tmp_path)).close()
    assert len(list((tmp_path / name / "backups").iterdir())) == 1


def test_every_commit_is_flushed_to_the_disk(tmp_path: Path, clock: CountingClock) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", backups=None, clock=clock)
    with database.write() as tx:
        assert tx.execute(text("PRAGMA synchronous")).scalar() == 2
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert tx.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()
