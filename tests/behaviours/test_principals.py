"""Principals, grants and projects, on every database."""

import pytest

from genyard.access import audit, principals, projects
from genyard.access.audit import EVERY_PROJECT
from genyard.access.principals import Actor, Principal
from genyard.access.roles import Role
from genyard.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from genyard.core.ids import CountingIds, PrincipalId
from genyard.store.engine import Database


@pytest.fixture
def owner(database: Database, ids: CountingIds) -> Actor:
    """The owner of the home."""
    with database.write() as tx:
        return principals.ensure_local(tx, "olga", at_ns=1, ids=ids)


@pytest.fixture
def ana(database: Database, owner: Actor, ids: CountingIds) -> Principal:
    """A person without any role."""
    with database.write() as tx:
        return principals.create(tx, "ana", kind="person", by=owner, at_ns=2, ids=ids)


def told(database: Database, project: str) -> list[tuple[PrincipalId, str, str]]:
    """Return actor, verb and object of each event, the oldest first."""
    with database.read() as tx:
        return [(one.actor, one.verb, one.object) for one in audit.events(tx, project)][::-1]


def test_the_owner_is_made_once_and_is_admin_of_all(database: Database, owner: Actor, ids: CountingIds) -> None:
    with database.write() as tx:
        again = principals.ensure_local(tx, "olga", at_ns=9, ids=ids)
    assert again == owner == Actor(principal=owner.principal, name="olga", project=None, role="admin")
    of_olga = f"principal/{owner.principal}"
    assert told(database, EVERY_PROJECT) == [
        (owner.principal, "created", of_olga),
        (owner.principal, "granted", of_olga),
    ]


def test_a_principal_is_got_and_listed(database: Database, owner: Actor, ana: Principal) -> None:
    with database.read() as tx:
        assert principals.get(tx, ana.id) == ana
        assert [(one.name, role) for one, role in principals.listing(tx)] == [("ana", None), ("olga", "admin")]
        assert principals.listing(tx, "acme") == []
        with pytest.raises(NotFound):
            principals.get(tx, PrincipalId("nobody"))
    assert told(database, EVERY_PROJECT)[-1] == (owner.principal, "created", f"principal/{ana.id}")


def test_a_name_is_taken_once(database: Database, owner: Actor, ana: Principal, ids: CountingIds) -> None:
    with database.write() as tx, pytest.raises(Conflict, match=f"'{ana.name}' already"):
        principals.create(tx, "ana", kind="service", by=owner, at_ns=2, ids=ids)


@pytest.mark.parametrize("name", ["", " ana", "a\nb", "\x1b[31m", "a" * 201])
def test_what_is_no_name_is_refused(database: Database, owner: Actor, ids: CountingIds, name: str) -> None:
    with database.write() as tx, pytest.raises(InvalidInput, match="no name for a principal"):
        principals.create(tx, name, kind="person", by=owner, at_ns=2, ids=ids)


def test_a_role_is_granted_changed_and_revoked_and_each_is_told(
    database: Database, owner: Actor, ana: Principal
) -> None:
    with database.write() as tx:
        principals.grant(tx, ana.id, "acme", "developer", by=owner, at_ns=3)
        principals.grant(tx, ana.id, "acme", "reviewer", by=owner, at_ns=4)
        principals.grant(tx, ana.id, "acme", "reviewer", by=owner, at_ns=5)
        assert principals.role_in(tx, ana.id, "acme") == "reviewer"
        assert principals.role_in(tx, ana.id, "other") is None
        assert principals.listing(tx, "acme") == [(ana, "reviewer")]
        principals.revoke(tx, ana.id, "acme", by=owner, at_ns=6)
        assert principals.role_in(tx, ana.id, "acme") is None
        with pytest.raises(NotFound):
            principals.revoke(tx, ana.id, "acme", by=owner, at_ns=7)
        found = [(one.verb, one.detail) for one in audit.events(tx, "acme")]
    assert found == [
        ("revoked", {"previous": "reviewer"}),
        ("granted", {"previous": "developer", "role": "reviewer"}),
        ("granted", {"role": "developer"}),
    ]


@pytest.mark.parametrize(
    ("everywhere", "here", "role", "project"),
    [
        (None, "developer", "developer", "acme"),
        ("viewer", None, "viewer", None),
        ("viewer", "admin", "admin", "acme"),
        ("admin", "viewer", "admin", None),
        ("reviewer", "developer", "developer", "acme"),
    ],
)
def test_an_actor_has_the_role_of_the_project_or_of_all(
    database: Database,
    owner: Actor,
    ana: Principal,
    everywhere: Role | None,
    here: Role | None,
    role: Role,
    project: str,
) -> None:
    with database.write() as tx:
        if everywhere:
            principals.grant(tx, ana.id, None, everywhere, by=owner, at_ns=3)
        if here:
            principals.grant(tx, ana.id, "acme", here, by=owner, at_ns=3)
        actor = principals.actor_in(tx, ana.id, "acme")
    assert (actor.role, actor.project, actor.key, actor.scopes) == (role, project, None, ())


def test_who_has_one_project_acts_there_unless_told_otherwise(database: Database, owner: Actor, ana: Principal) -> None:
    with database.write() as tx:
        principals.grant(tx, ana.id, "acme", "viewer", by=owner, at_ns=3)
        assert principals.actor_in(tx, ana.id, None).project == "acme"
        with pytest.raises(Forbidden, match="ana has no role in other"):
            principals.actor_in(tx, ana.id, "other")
        principals.grant(tx, ana.id, "other", "viewer", by=owner, at_ns=3)
        with pytest.raises(Forbidden, match="ana has no role in all projects"):
            principals.actor_in(tx, ana.id, None)


def test_who_is_admin_of_one_project_decides_there_only(
    database: Database, owner: Actor, ana: Principal, ids: CountingIds
) -> None:
    with database.write() as tx:
        principals.grant(tx, ana.id, "acme", "admin", by=owner, at_ns=3)
        admin = principals.actor_in(tx, ana.id, "acme")
        ben = principals.create(tx, "ben", kind="service", by=admin, at_ns=4, ids=ids)
        principals.grant(tx, ben.id, "acme", "viewer", by=admin, at_ns=5)
        for elsewhere in ("other", None):
            with pytest.raises(Forbidden):
                principals.grant(tx, ben.id, elsewhere, "viewer", by=admin, at_ns=6)
            with pytest.raises(Forbidden):
                principals.revoke(tx, ben.id, elsewhere, by=admin, at_ns=6)
        viewer = principals.actor_in(tx, ben.id, "acme")
        with pytest.raises(Forbidden):
            principals.create(tx, "eve", kind="person", by=viewer, at_ns=7, ids=ids)


def test_a_project_is_made_once_by_who_may(database: Database, owner: Actor, ana: Principal) -> None:
    with database.write() as tx:
        made = projects.create(tx, "acme", by=owner, at_ns=3)
        assert projects.get(tx, "acme") == projects.ensure(tx, "acme", by=owner, at_ns=9) == made
        with pytest.raises(Conflict):
            projects.create(tx, "acme", by=owner, at_ns=4)
        with pytest.raises(InvalidInput, match="is not a project"):
            projects.create(tx, EVERY_PROJECT, by=owner, at_ns=4)
        principals.grant(tx, ana.id, "acme", "admin", by=owner, at_ns=5)
        with pytest.raises(Forbidden):
            projects.ensure(tx, "new", by=principals.actor_in(tx, ana.id, "acme"), at_ns=6)
    assert told(database, "acme")[0] == (owner.principal, "created", "project/acme")


def test_projects_are_listed_for_who_may_act_in_them(database: Database, owner: Actor, ana: Principal) -> None:
    with database.write() as tx:
        for name in ("b", "a"):
            projects.create(tx, name, by=owner, at_ns=3)
        principals.grant(tx, ana.id, "b", "viewer", by=owner, at_ns=4)
        assert [one.name for one in projects.listing(tx, owner)] == ["a", "b"]
        in_b = principals.actor_in(tx, ana.id, "b")
        assert [one.name for one in projects.listing(tx, in_b)] == ["b"]
        assert [one.name for one in projects.open_to(tx, owner)] == ["a", "b"]
        assert [one.name for one in projects.open_to(tx, in_b)] == ["b"]
