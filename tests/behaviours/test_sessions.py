"""Sign-in links and browser sessions, on every database."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from genyard.access import audit, principals, sessions
from genyard.access.audit import EVERY_PROJECT
from genyard.access.principals import Actor
from genyard.access.sessions import LINK_NS, Session
from genyard.access.tables import sessions as table
from genyard.access.tables import sign_in_links
from genyard.core.errors import Forbidden, Unauthenticated
from genyard.core.ids import CountingIds, KeyId
from genyard.store.engine import Database

HOUR_NS = 3600 * 1_000_000_000


@pytest.fixture
def owner(database: Database, ids: CountingIds) -> Actor:
    """The owner of the home."""
    with database.write() as tx:
        return principals.ensure_local(tx, "olga", at_ns=1, ids=ids)


@pytest.fixture
def link(database: Database, owner: Actor, ids: CountingIds) -> str:
    """The token of a link that was made at 10."""
    with database.write() as tx:
        return sessions.make_link(tx, by=owner, at_ns=10, ids=ids)


def use(database: Database, link: str, *, now_ns: int = 20) -> Session:
    with database.write() as tx:
        ids = CountingIds()
        ids._count = 500 + now_ns
        return sessions.sign_in(tx, link, lifetime_ns=HOUR_NS, now_ns=now_ns, ids=ids)


def test_a_link_signs_its_maker_in(database: Database, owner: Actor, link: str) -> None:
    session = use(database, link)
    with database.read() as tx:
        assert sessions.authenticate(tx, session.token, now_ns=30) == owner
        assert sessions.authenticate(tx, session.token, now_ns=30, project="acme") == owner


def test_a_link_works_once(database: Database, link: str) -> None:
    use(database, link)
    with pytest.raises(Unauthenticated, match="unknown, used or older"):
        use(database, link, now_ns=21)


def test_a_link_works_once_for_browsers_that_come_together(database: Database, link: str) -> None:
    start, signed_in = Barrier(4), list[Session]()

    def come(number: int) -> None:
        start.wait()
        try:
            signed_in.append(use(database, link, now_ns=20 + number))
        except Unauthenticated:
            return

    threads = [Thread(target=come, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signed_in) == 1


def test_a_link_works_for_ten_minutes(database: Database, link: str) -> None:
    with pytest.raises(Unauthenticated):
        use(database, link, now_ns=10 + LINK_NS)
    assert use(database, link, now_ns=9 + LINK_NS).expires_ns == 9 + LINK_NS + HOUR_NS


@pytest.mark.parametrize("token", ["", "unknown", "é", "\0"])
def test_what_was_never_given_is_unknown(database: Database, token: str) -> None:
    with pytest.raises(Unauthenticated):
        use(database, token)
    with pytest.raises(Unauthenticated), database.read() as tx:
        sessions.authenticate(tx, token, now_ns=20)


def test_a_session_ends_by_itself_or_when_signed_out(database: Database, link: str) -> None:
    session = use(database, link)
    with database.write() as tx:
        with pytest.raises(Unauthenticated, match="unknown or over"):
            sessions.authenticate(tx, session.token, now_ns=session.expires_ns)
        sessions.sign_out(tx, session.token, now_ns=40)
        with pytest.raises(Unauthenticated, match="unknown or over"):
            sessions.authenticate(tx, session.token, now_ns=50)


def test_tokens_are_kept_as_hashes_only(database: Database, link: str) -> None:
    session = use(database, link)
    with database.read() as tx:
        rows = repr(tx.execute(select(table)).all()) + repr(tx.execute(select(sign_in_links)).all())
    assert session.token not in rows
    assert link not in rows


def test_each_step_is_told(database: Database, owner: Actor, link: str) -> None:
    session = use(database, link)
    with database.write() as tx:
        sessions.sign_out(tx, session.token, now_ns=40)
        found = [(one.actor, one.verb) for one in audit.events(tx, EVERY_PROJECT, limit=3)]
    assert found == [(owner.principal, verb) for verb in ("signed_out", "signed_in", "invited")]


def test_a_key_makes_no_link(database: Database, owner: Actor, ids: CountingIds) -> None:
    with pytest.raises(Forbidden, match="a key cannot make a sign-in link"), database.write() as tx:
        sessions.make_link(tx, by=replace(owner, key=KeyId("k")), at_ns=10, ids=ids)


def test_a_person_without_a_role_in_the_project_is_kept_out(database: Database, owner: Actor, ids: CountingIds) -> None:
    with database.write() as tx:
        ana = principals.create(tx, "ana", kind="person", by=owner, at_ns=2, ids=ids)
        principals.grant(tx, ana.id, "acme", "viewer", by=owner, at_ns=3)
        link = sessions.make_link(tx, by=principals.actor_in(tx, ana.id, "acme"), at_ns=10, ids=ids)
    session = use(database, link)
    with database.read() as tx:
        assert sessions.authenticate(tx, session.token, now_ns=30).project == "acme"
        with pytest.raises(Forbidden):
            sessions.authenticate(tx, session.token, now_ns=30, project="other")


def test_what_is_over_is_cleared_away(database: Database, owner: Actor, link: str, ids: CountingIds) -> None:
    use(database, link)
    later_ns = 20 + HOUR_NS
    with database.write() as tx:
        newer = sessions.make_link(tx, by=owner, at_ns=later_ns, ids=ids)
    use(database, newer, now_ns=later_ns)
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(sign_in_links)).scalar() == 1
        assert tx.execute(select(func.count()).select_from(table)).scalar() == 1
