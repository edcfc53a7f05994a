"""Saved views, on every database."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from genyard.access import audit, principals
from genyard.access.principals import Actor
from genyard.core.clock import CountingClock
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.ids import CountingIds, RandomIds
from genyard.observe.explorer import views
from genyard.observe.explorer.views import SavedView
from genyard.store.engine import Database
from genyard.store.migrate import CATALOG, Migrations

SLOW = SavedView(name="slow", query='latency>5s user:"ann b" "lost badge"', sort="latency", since="24h")


IDS = RandomIds(CountingClock())


@pytest.fixture
def owner(database: Database, ids: CountingIds) -> Actor:
    with database.write() as tx:
        return principals.ensure_local(tx, "olga", at_ns=1, ids=ids)


def save(database: Database, view: SavedView, owner: Actor, *, project: str = "acme") -> bool:
    with database.write() as tx:
        return views.save(tx, project, view, by=owner, at_ns=10, ids=IDS)


def names(database: Database, project: str = "acme") -> list[str]:
    with database.read() as tx:
        return [one.view.name for one in views.listing(tx, project)]


def test_a_view_is_kept_for_its_project_until_it_is_deleted(database: Database, owner: Actor) -> None:
    assert save(database, SLOW, owner)
    assert save(database, SavedView(name="calls", page="sessions"), owner)
    with database.read() as tx:
        kept = views.get(tx, "acme", "slow")
        assert (kept.view, kept.by, kept.at_ns) == (SLOW, owner.principal, 10)
        assert [one.view.name for one in views.listing(tx, "acme", page="sessions")] == ["calls"]
    assert (names(database), names(database, "other")) == (["calls", "slow"], [])
    with database.write() as tx:
        assert views.delete(tx, "acme", "slow", by=owner.principal, at_ns=11) == SLOW
        with pytest.raises(NotFound, match="no view 'slow'"):
            views.delete(tx, "acme", "slow", by=owner.principal, at_ns=11)
    assert names(database) == ["calls"]


def test_a_name_saved_again_holds_the_newer_query_and_each_change_is_an_event_without_its_name(
    database: Database, owner: Actor
) -> None:
    changed = replace(SLOW, query="latency>9s")
    assert [save(database, one, owner) for one in (SLOW, SLOW, changed)] == [True, False, True]
    with database.write() as tx:
        id = views.get(tx, "acme", "slow").id
        assert views.delete(tx, "acme", "slow", by=owner.principal, at_ns=11) == changed
        told = [(one.verb, one.object, dict(one.detail)) for one in audit.events(tx, "acme")]
    assert told == [(verb, f"view/{id}", {"page": "traces"}) for verb in ("deleted", "saved", "saved")]


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (SavedView(name="Slow ones"), "view"),
        (replace(SLOW, query="statsu:error"), "no column 'statsu'"),
        (replace(SLOW, sort="beauty"), "beauty"),
        (replace(SLOW, query="a" * 2001), "more than 2000"),
        (replace(SLOW, page="sessions"), "no order of its own"),
    ],
)
def test_what_could_not_be_shown_is_not_saved(database: Database, owner: Actor, view: SavedView, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        save(database, view, owner)
    assert names(database) == []


def test_a_project_has_no_more_than_its_bound(
    database: Database, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    assert save(database, SLOW, owner) and save(database, replace(SLOW, name="other"), owner)
    with pytest.raises(InvalidInput, match="has 2 views"):
        save(database, replace(SLOW, name="third"), owner)
    assert save(database, replace(SLOW, query="latency>9s"), owner)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ann b", ["slow"]),
        ("lost", ["slow"]),
        ("bad", []),
        ("latency", []),
        ("ann", []),
        ("slow", ["slow"]),
        ("17", ["short"]),
        ("1", []),
    ],
)
def test_views_are_found_by_what_their_queries_name(
    database: Database, owner: Actor, value: str, found: list[str]
) -> None:
    save(database, SLOW, owner)
    save(database, SavedView(name="short", query="user:17 -tag:x"), owner)
    with database.read() as tx:
        assert views.naming(tx, "acme", [value]) == found


def test_the_files_of_the_table_are_cleaned_of_what_was_deleted_and_keep_the_rest(
    database: Database, owner: Actor
) -> None:
    save(database, SLOW, owner)
    save(database, replace(SLOW, name="others"), owner)
    with database.write() as tx:
        views.delete(tx, "acme", "slow", by=owner.principal, at_ns=11)
    database.forget_deleted("saved_views")
    assert names(database) == ["others"]
    assert save(database, SLOW, owner)


def test_views_of_before_get_an_id_of_their_own(new_url: str) -> None:
    before = Migrations(folder=CATALOG.folder, revisions=CATALOG.revisions[:3])
    database = Database.open(new_url, backups=None, clock=CountingClock(), migrations=before)
    with database.write() as tx:
        for name in ("one", "two"):
            values = {"project": "acme", "name": name, "page": "traces", "query": "a", "sort": "start", "since": "7d"}
            columns = ", ".join((*values, "saved_ns", "saved_by"))
            given = ", ".join((*(f":{one}" for one in values), "1", "'ana'"))
            tx.execute(text(f"INSERT INTO saved_views ({columns}) VALUES ({given})"), values)
    database.close()
    database = Database.open(new_url, backups=None, clock=CountingClock())
    with database.read() as tx:
        kept = views.listing(tx, "acme")
    database.close()
    assert [(one.view.name, one.view.columns) for one in kept] == [("one", ()), ("two", ())]
    assert len({one.id for one in kept} - {""}) == 2
