"""What was read from the catalog is believed until anything is committed to it."""

from sqlalchemy import Connection, text

from genyard.store.engine import Database
from genyard.store.remembered import Remembered


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
    tells = database.state() is not None
    assert (read.reads, values.known("rows")) == ((1, 0) if tells else (3, None))


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
