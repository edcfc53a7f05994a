"""The chain of events, on every database."""

import json
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, update

from genyard.access import audit
from genyard.access.audit import ChainKey, ChainState
from genyard.access.tables import chain_heads, events
from genyard.core.canonical import canonical_json
from genyard.core.digest import Digest, digest_of_json
from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.ids import PrincipalId
from genyard.core.records import GENESIS, Event, event_hash
from genyard.store.engine import Database

KEY = ChainKey.generate()
LENGTH = 6


def append(tx: Connection, number: int = 1, *, project: str = "acme") -> Event:
    return audit.append(
        tx,
        project=project,
        actor=PrincipalId("ana"),
        verb="deployed",
        object=f"endpoint/{number % 2}",
        detail={"number": number, "why": "better ✅\0"},
        at_ns=1_750_000_000_000_000_000 + number,
    )


@pytest.fixture
def chain(database: Database) -> Database:
    """A catalog with a chain of LENGTH events."""
    with database.write() as tx:
        for number in range(1, LENGTH + 1):
            append(tx, number)
    return database


def verified(database: Database) -> ChainState:
    with database.read() as tx:
        return audit.verify(tx, "acme")


def test_each_event_follows_the_one_before(database: Database) -> None:
    with database.write() as tx:
        first, second = append(tx, 1), append(tx, 2)
    assert (first.sequence, first.previous, second.sequence, second.previous) == (1, GENESIS, 2, first.hash)
    assert verified(database) == ChainState(count=2, head=second.hash)


def test_a_chain_without_events_is_whole(database: Database) -> None:
    assert verified(database) == ChainState(count=0, head=GENESIS)


def test_projects_have_chains_of_their_own(database: Database) -> None:
    with database.write() as tx:
        assert [append(tx, project=one).sequence for one in ("acme", "other", "acme")] == [1, 1, 2]
        assert [one.project for one in audit.events(tx, "other")] == ["other"]


def test_events_are_read_in_pages_newest_first(chain: Database) -> None:
    with chain.read() as tx:
        first = audit.events(tx, "acme", limit=2)
        rest = audit.events(tx, "acme", after=first[-1].sequence)
        of_one = audit.events(tx, "acme", object="endpoint/1")
        assert audit.events(tx, "acme", after=10**30, limit=2) == first
    assert [one.sequence for one in first + rest] == [6, 5, 4, 3, 2, 1]
    assert [one.sequence for one in of_one] == [5, 3, 1]
    assert first[0].detail == {"number": 6, "why": "better ✅\0"}


def test_an_event_of_a_change_that_failed_is_not_there(chain: Database) -> None:
    before = verified(chain)
    with pytest.raises(ZeroDivisionError), chain.write() as tx:
        append(tx)
        raise ZeroDivisionError
    assert verified(chain) == before


def test_writers_at_once_make_one_chain(database: Database) -> None:
    writers, each = 4, 8
    start = Barrier(writers)

    def write() -> None:
        start.wait()
        for number in range(each):
            with database.write() as tx:
                append(tx, number)

    threads = [Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = verified(database)
    assert (state.count, state.whole) == (writers * each, True)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
CHANGED = {
    "at_ns": st.integers(-(2**63), 2**63 - 1),
    "actor": TEXT,
    "verb": TEXT,
    "object": TEXT,
    "detail": TEXT
    | st.sampled_from(["{}", '{"number":1}', '{"number": 2,"why":"better ✅\\u0000"}', "null", "NaN", "1e999"]),
    "previous": st.sampled_from([GENESIS, digest_of_json("x"), Digest("")]),
    "hash": st.sampled_from([GENESIS, digest_of_json("x"), Digest("")]),
    "project": st.sampled_from(["other", ""]),
    "sequence": st.integers(LENGTH + 1, 99) | st.integers(-9, 0),
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_of_any_field_of_any_event_is_found(chain: Database, data: st.DataObject) -> None:
    sequence = data.draw(st.integers(1, LENGTH), "sequence")
    column = data.draw(st.sampled_from(sorted(CHANGED)), "column")
    value = data.draw(CHANGED[column], "value")
    this = (events.c.project == "acme") & (events.c.sequence == sequence)
    with pytest.raises(_Undone), chain.write() as tx:
        present = tx.execute(select(events.c[column]).where(this)).scalar_one()
        tx.execute(update(events).where(this).values({column: value}))
        state = audit.verify(tx, "acme")
        assert state.whole == (present == value)
        assert state.broken_at in (None, sequence, sequence + 1, 1)
        raise _Undone


class _Undone(Exception):
    """Takes the change back, so that the next example starts from the whole chain."""


@pytest.mark.parametrize("sequence", [1, 3, LENGTH])
def test_a_deleted_event_is_missed(chain: Database, sequence: int) -> None:
    with chain.write() as tx:
        tx.execute(delete(events).where(events.c.sequence == sequence))
    state = verified(chain)
    assert (state.broken_at, state.count) == (sequence, sequence - 1)


def test_two_events_that_changed_places_are_found(chain: Database) -> None:
    with chain.write() as tx:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            tx.execute(update(events).where(events.c.sequence == old).values(sequence=new))
    assert verified(chain).broken_at == 2


def test_an_event_smuggled_in_at_the_end_is_found(chain: Database) -> None:
    with chain.write() as tx:
        last = audit.events(tx, "acme", limit=1)[0]
        tx.execute(events.insert(), _row(_next(last)))
    assert verified(chain).finding == f"the chain ends with event {LENGTH + 1}, its head says {LENGTH}"


def _next(last: Event, **changed: str) -> Event:
    """Return an event that follows ``last`` and is hashed as it should be."""
    event = replace(last, sequence=last.sequence + 1, previous=last.hash, **changed)  # type: ignore[arg-type]
    return replace(
        event,
        hash=event_hash(
            project=event.project,
            sequence=event.sequence,
            at_ns=event.at_ns,
            actor=event.actor,
            verb=event.verb,
            object_=event.object,
            detail=event.detail,
            previous=event.previous,
        ),
    )


def _row(event: Event) -> dict[str, object]:
    detail = canonical_json(event.detail).decode()
    return {name: getattr(event, name) for name in Event.__slots__ if name != "detail"} | {"detail": detail}


def rewrite(tx: Connection, *, keep: int, add: int) -> None:
    """Forge a chain that fits itself: keep the first events, add others, and set the head to the last."""
    tx.execute(delete(events).where(events.c.sequence > keep))
    last = audit.events(tx, "acme", limit=1)[0]
    for _ in range(add):
        last = _next(last, verb="never did")
        tx.execute(events.insert(), _row(last))
    tx.execute(update(chain_heads).values(sequence=last.sequence, hash=last.hash))


@pytest.mark.parametrize(("keep", "add"), [(3, 0), (3, 2), (3, 3), (3, 9), (5, 1)])
def test_a_chain_written_anew_fits_itself_but_not_a_signed_head(chain: Database, keep: int, add: int) -> None:
    with chain.write() as tx:
        signed = audit.signed_head(tx, "acme", KEY, at_ns=7)
        rewrite(tx, keep=keep, add=add)
        assert audit.verify(tx, "acme").whole
        state = audit.verify(tx, "acme", head=signed)
    assert not state.whole
    assert state.broken_at is not None and keep < state.broken_at <= LENGTH


def test_a_head_stays_good_while_the_chain_grows(chain: Database) -> None:
    with chain.write() as tx:
        kept = json.dumps(audit.signed_head(tx, "acme", KEY, at_ns=1_750_000_000_000_000_001).as_json())
        append(tx, 7)
        state = audit.verify(tx, "acme", head=json.loads(kept), trusted_key=KEY.public_key)
    assert state == ChainState(count=7, head=state.head)


def test_a_head_that_is_not_genuine_is_refused(chain: Database) -> None:
    with chain.write() as tx:
        signed = audit.signed_head(tx, "acme", KEY, at_ns=7)
        forged = [
            replace(signed, sequence=signed.sequence - 1),
            replace(signed, hash=GENESIS),
            replace(signed, at_ns=8),
            replace(signed, public_key=ChainKey.generate().public_key),
            audit.signed_head(tx, "acme", ChainKey.generate(), at_ns=7),
        ]
        for head in forged:
            with pytest.raises(InvalidInput, match="is not genuine"):
                audit.verify(tx, "acme", head=head, trusted_key=KEY.public_key)
        with pytest.raises(InvalidInput, match="a head of project acme, not other"):
            audit.verify(tx, "other", head=signed)
        with pytest.raises(InvalidInput, match="no signed head"):
            audit.verify(tx, "acme", head={"sequence": "x"})


def test_a_broken_chain_is_not_signed(chain: Database) -> None:
    with chain.write() as tx:
        tx.execute(update(events).where(events.c.sequence == 2).values(actor="ben"))
        with pytest.raises(Corrupted, match="event 2 is not what was written"):
            audit.signed_head(tx, "acme", KEY, at_ns=7)
