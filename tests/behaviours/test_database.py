"""Opening, migrating and sharing a catalog, on every database."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError
from tests.postgres import PASSWORD, Cluster

import genyard.access.tables
import genyard.observe.tables  # noqa: F401 - and observe's
from genyard.core.clock import CountingClock
from genyard.core.errors import (
    Conflict,
    Corrupted,
    GenyardError,
    HomeTooNew,
    InvalidInput,
    StorageFull,
    Unreachable,
)
from genyard.core.ids import PrincipalId
from genyard.core.records import Artifact
from genyard.store import artifacts
from genyard.store.engine import Database
from genyard.store.migrate import CATALOG
from genyard.store.schema import artifacts as table
from genyard.store.schema import metadata

ANA = PrincipalId("ana")


def count(database: Database) -> int:
    with database.read() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()


def test_the_migrations_make_the_tables_that_the_code_declares(new_url: str, clock: CountingClock) -> None:
    database = Database.open(new_url, backups=None, clock=clock)
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    database.close()


def test_the_order_of_revisions_in_code_is_that_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(CATALOG.folder))
    assert CATALOG.revisions == tuple(one.revision for one in scripts.walk_revisions())[::-1]


def test_opening_again_keeps_what_is_there(url: str, clock: CountingClock) -> None:
    database = Database.open(url, backups=None, clock=clock)
    with database.write() as tx:
        artifacts.put(tx, "acme", Artifact(kind="tool", body={}), at_ns=1, by=ANA)
    database.close()
    again = Database.open(url, backups=None, clock=clock)
    assert count(again) == 1
    again.close()


def test_an_error_inside_a_write_keeps_nothing_of_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        artifacts.put(tx, "acme", Artifact(kind="tool", body={}), at_ns=1, by=ANA)
        raise ZeroDivisionError
    assert count(database) == 0


def test_what_reads_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"), database.read() as tx:
        tx.execute(delete(table))


def test_a_read_sees_one_snapshot(database: Database) -> None:
    with database.read() as before:
        assert before.execute(select(func.count()).select_from(table)).scalar() == 0
        with database.write() as tx:
            artifacts.put(tx, "acme", Artifact(kind="tool", body={}), at_ns=1, by=ANA)
        assert before.execute(select(func.count()).select_from(table)).scalar() == 0
    assert count(database) == 1


def test_a_newer_catalog_is_refused(url: str, clock: CountingClock) -> None:
    database = Database.open(url, backups=None, clock=clock)
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    database.close()
    with pytest.raises(HomeTooNew, match=f"revision 0999, this Genyard knows up to {CATALOG.newest}"):
        Database.open(url, backups=None, clock=clock)


_ADD_VERSIONS = """
import sys
from genyard.core.clock import SystemClock
from genyard.core.records import Artifact
from genyard.store import artifacts, names
from genyard.store.engine import Database

url, start = sys.argv[1], int(sys.argv[2])
database = Database.open(url, backups=None, clock=SystemClock())
for number in range(start, start + 10):
    with database.write() as tx:
        artifact = Artifact(kind="tool", body={"number": number})
        artifacts.put(tx, "acme", artifact, at_ns=1, by="ana")
        print(names.add_version(tx, "acme", "tool", "search", artifact.digest, at_ns=1, by="ana").version)
"""


def test_processes_migrate_once_and_number_versions_without_gap(new_url: str) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", _ADD_VERSIONS, new_url, str(start)], stdout=subprocess.PIPE, text=True)
        for start in (0, 10, 20)
    ]
    printed = [child.communicate()[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sorted(int(line) for output in printed for line in output.split()) == list(range(1, 31))


@pytest.mark.parametrize("url", ["mysql://host/db", "catalog.sqlite3", "postgresql://u:s3cret@host:port/db"])
def test_an_address_of_no_known_kind_is_refused_without_showing_it(url: str, clock: CountingClock) -> None:
    with pytest.raises(InvalidInput) as refused:
        Database.open(url, backups=None, clock=clock)
    assert "s3cret" not in f"{refused.value} {refused.value.hint}"


def test_a_database_that_does_not_answer_is_unreachable(tmp_path: Path, clock: CountingClock) -> None:
    with pytest.raises(Unreachable, match="PostgreSQL does not answer"):
        Database.open(f"postgresql://u:s3cret@/db?host={tmp_path}", backups=None, clock=clock)


def test_a_wrong_password_is_told_without_showing_it(cluster: Cluster, clock: CountingClock) -> None:
    wrong = cluster.url("postgres").replace("%25", "%24")
    with pytest.raises(Unreachable) as refused:
        Database.open(wrong, backups=None, clock=clock)
    assert PASSWORD[:-1] not in str(refused.value)


def test_a_restart_of_the_server_is_survived(cluster: Cluster, postgres_catalog: str, clock: CountingClock) -> None:
    database = Database.open(postgres_catalog, backups=None, clock=clock)
    assert count(database) == 0
    cluster.restart()
    assert count(database) == 0
    database.close()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("53100", StorageFull),
        ("40001", Conflict),
        ("40P01", Conflict),
        ("57P01", Unreachable),
        ("53300", Unreachable),
        ("XX001", Corrupted),
    ],
)
def test_what_postgres_refuses_is_said_in_our_words(
    postgres_catalog: str, clock: CountingClock, state: str, expected: type[GenyardError]
) -> None:
    database = Database.open(postgres_catalog, backups=None, clock=clock)
    with pytest.raises(expected), database.write() as tx:
        tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'for the test' USING ERRCODE = '{state}'; END $$"))
    assert count(database) == 0
    database.close()
