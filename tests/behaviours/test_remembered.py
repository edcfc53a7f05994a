"""What was read from the catalog is believed until anything is committed to it."""

import pytest
from sqlalchemy import Connection, text

from genyard.core.clock import CountingClock
from genyard.core.errors import Unreachable
from genyard.store.engine import Database
from genyard.store.remembered import Remembered, Unseen


class _Reader:
    """Reads a value and counts how often."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self, tx: Connection) -> int:
        self.reads += 1
        return int(tx.execute(text("SELECT count(*) FROM remembered")).scalar_one())


def made(database: Database) -> Remembered[str, int]:
    with database.write() as tx:
        tx.execute(text("CREATE TABLE remembered (value INTEGER)"))
    return Remembered(database, most=2)


def test_what_is_remembered_is_what_the_database_has(database: Database) -> None:
    values, read = made(database), _Reader()
    for count in range(3):
        assert values.read("rows", read) == count
        assert values.read("rows", read) == count
        with database.write() as tx:
            tx.execute(text("INSERT INTO remembered VALUES (1)"))
        assert values.known("rows") is None


def test_it_is_read_once_where_the_database_tells_of_changes(database: Database) -> None:
    values, read = made(database), _Reader()
    for _ in range(3):
        values.read("rows", read)
    assert (read.reads, values.known("rows")) == ((1, 0) if database.sees_others else (3, None))


def test_where_the_database_does_not_tell_it_may_be_believed_for_a_while(database: Database, url: str) -> None:
    made(database)
    clock, read = CountingClock(step_ns=10**9), _Reader()
    values: Remembered[str, int] = Remembered(database, most=2, unseen=Unseen(for_s=3.5, clock=clock))
    assert [values.read("rows", read) for _ in range(4)] == [0, 0, 0, 0]
    other = Database.open(url, backups=None, clock=clock)
    with other.write() as tx:
        tx.execute(text("INSERT INTO remembered VALUES (1)"))
    other.close()
    assert values.read("rows", read) == 1
    with database.write() as tx:
        tx.execute(text("INSERT INTO remembered VALUES (1)"))
    assert values.read("rows", read) == 2
    assert read.reads == 3


def test_a_database_that_cannot_say_whether_it_changed_is_told_as_ours(database: Database) -> None:
    database.close()
    if database.sees_others:
        with pytest.raises(Unreachable, match="does not say whether it changed") as told:
            database.state()
        assert told.value.hint


def test_a_commit_while_it_is_read_makes_it_old(database: Database) -> None:
    values = made(database)

    def meanwhile(tx: Connection) -> int:
        with database.write() as other:
            other.execute(text("INSERT INTO remembered VALUES (1)"))
        return int(tx.execute(text("SELECT 0")).scalar_one())

    values.read("rows", meanwhile)
    assert values.known("rows") is None
    assert values.read("rows", _Reader()) == 1


def test_a_rollback_is_no_change(database: Database) -> None:
    values, read = made(database), _Reader()
    values.read("rows", read)
    before = values.known("rows")
    try:
        with database.write() as tx:
            tx.execute(text("INSERT INTO remembered VALUES (1)"))
            raise KeyError
    except KeyError:
        assert values.known("rows") == before


def test_as_many_are_kept_as_may_be(database: Database) -> None:
    values, read = made(database), _Reader()
    for key in ("a", "b", "c"):
        values.read(key, read)
    assert values.known("a") is None
