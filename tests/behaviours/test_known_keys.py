"""Keys that were presented of late, on every database."""

from collections.abc import Iterator

import pytest

from genyard.access import keys, principals
from genyard.access.keys import DAY_NS, KeyRecord
from genyard.access.known_keys import FRESH_S, KnownKeys
from genyard.access.principals import Actor
from genyard.core.clock import CountingClock
from genyard.core.errors import Unauthenticated
from genyard.core.ids import CountingIds
from genyard.store.engine import Database

START_NS = 1_750_000_000_000_000_000


class SetClock:
    """A clock that stands where it is set."""

    def __init__(self) -> None:
        self.at_ns = START_NS

    def now_ns(self) -> int:
        return self.at_ns

    def monotonic_s(self) -> float:
        return self.at_ns / 1e9


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def known(database: Database, clock: SetClock) -> KnownKeys:
    return KnownKeys(database, clock=clock)


@pytest.fixture
def other(url: str) -> Iterator[Database]:
    """The same catalog as another server has it open."""
    opened = Database.open(url, backups=None, clock=CountingClock())
    yield opened
    opened.close()


@pytest.fixture
def owner(database: Database, ids: CountingIds) -> Actor:
    """The owner of the home."""
    with database.write() as tx:
        return principals.ensure_local(tx, "olga", at_ns=START_NS, ids=ids)


@pytest.fixture
def made(database: Database, owner: Actor, ids: CountingIds) -> tuple[KeyRecord, str]:
    with database.write() as tx:
        return keys.create(
            tx,
            project="acme",
            name="app",
            role="developer",
            by=owner,
            at_ns=START_NS,
            ids=ids,
            expires_ns=START_NS + DAY_NS,
        )


def _revoke(database: Database, key: KeyRecord, by: Actor) -> None:
    with database.write() as tx:
        keys.revoke(tx, key.id, project="acme", by=by, at_ns=START_NS + 1)


def test_a_key_is_found_as_the_catalog_has_it(
    known: KnownKeys, database: Database, made: tuple[KeyRecord, str]
) -> None:
    key, presented = made
    assert known.fresh(presented) is None
    found = known.actor(presented)
    with database.read() as tx:
        assert found == keys.authenticate(tx, presented, now_ns=START_NS)[0]
    assert (known.fresh(presented), known.actor(presented)) == (found, found)
    assert found.key == key.id


def test_a_key_that_is_revoked_here_stops_at_once(
    known: KnownKeys, database: Database, made: tuple[KeyRecord, str], owner: Actor
) -> None:
    key, presented = made
    known.actor(presented)
    _revoke(database, key, owner)
    assert known.fresh(presented) is None
    with pytest.raises(Unauthenticated, match="was revoked"):
        known.actor(presented)


def test_a_key_whose_holder_loses_a_role_stops_at_once(
    known: KnownKeys, database: Database, made: tuple[KeyRecord, str], owner: Actor
) -> None:
    _, presented = made
    known.actor(presented)
    with database.write() as tx:
        principals.revoke(tx, owner.principal, project=None, by=owner, at_ns=START_NS + 1)
    with pytest.raises(Unauthenticated, match="no role"):
        known.actor(presented)


def test_a_key_that_another_server_revoked_works_for_seconds_at_most(
    known: KnownKeys, database: Database, other: Database, made: tuple[KeyRecord, str], owner: Actor, clock: SetClock
) -> None:
    key, presented = made
    known.actor(presented)
    _revoke(other, key, owner)
    clock.at_ns += int(FRESH_S * 1e9) - 1_000_000
    assert (known.fresh(presented) is None) == database.sees_others
    clock.at_ns += 1_000_000
    with pytest.raises(Unauthenticated, match="was revoked"):
        known.actor(presented)


def test_no_key_is_believed_beyond_its_end(known: KnownKeys, made: tuple[KeyRecord, str], clock: SetClock) -> None:
    _, presented = made
    clock.at_ns = START_NS + DAY_NS - 1
    known.actor(presented)
    clock.at_ns += 1_000_000
    with pytest.raises(Unauthenticated, match="expired"):
        known.actor(presented)


def test_what_was_read_before_a_change_is_not_believed_after_it(
    database: Database, made: tuple[KeyRecord, str], owner: Actor, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    key, presented = made
    known = KnownKeys(database, clock=clock)
    authenticate = keys.authenticate

    def found_then_revoked(*arguments: object, **named: object) -> object:
        found = authenticate(*arguments, **named)  # type: ignore[arg-type]
        monkeypatch.undo()
        _revoke(database, key, owner)
        return found

    monkeypatch.setattr(keys, "authenticate", found_then_revoked)
    assert known.actor(presented).key == key.id
    with pytest.raises(Unauthenticated, match="was revoked"):
        known.actor(presented)


def test_unknown_keys_are_not_kept(known: KnownKeys) -> None:
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="unknown"):
            known.actor("gy_nobody_knows")
    assert known.fresh("gy_nobody_knows") is None
