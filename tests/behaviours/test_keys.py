"""Keys, on every database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select

from genyard.access import audit, keys, principals
from genyard.access.keys import DAY_NS, KeyRecord
from genyard.access.principals import Actor
from genyard.access.roles import Role
from genyard.access.tables import keys as table
from genyard.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from genyard.core.ids import CountingIds, KeyId
from genyard.store.engine import Database

NOW_NS = 1_750_000_000_000_000_000


@pytest.fixture
def owner(database: Database, ids: CountingIds) -> Actor:
    """The owner of the home."""
    with database.write() as tx:
        return principals.ensure_local(tx, "olga", at_ns=NOW_NS, ids=ids)


@pytest.fixture
def ana(database: Database, owner: Actor, ids: CountingIds) -> Actor:
    """A developer of acme."""
    with database.write() as tx:
        made = principals.create(tx, "ana", kind="person", by=owner, at_ns=NOW_NS, ids=ids)
        principals.grant(tx, made.id, "acme", "developer", by=owner, at_ns=NOW_NS)
        return principals.actor_in(tx, made.id, "acme")


def make(
    database: Database,
    by: Actor,
    *,
    role: Role = "developer",
    project: str | None = "acme",
    scopes: tuple[str, ...] = (),
    expires_ns: int | None = None,
) -> tuple[KeyRecord, str]:
    with database.write() as tx:
        return keys.create(
            tx,
            project=project,
            name="ci",
            role=role,
            by=by,
            at_ns=NOW_NS,
            ids=CountingIds() if by.key is None else _Later(),
            scopes=scopes,
            expires_ns=expires_ns,
        )


class _Later(CountingIds):
    def __init__(self) -> None:
        super().__init__()
        self._count = 1000


def authenticated(database: Database, text: str, *, now_ns: int = NOW_NS) -> Actor:
    with database.read() as tx:
        return keys.authenticate(tx, text, now_ns=now_ns)[0]


def test_a_key_lets_its_holder_in(database: Database, ana: Actor) -> None:
    record, text = make(database, ana)
    assert text.startswith(f"gy_{record.id}_")
    assert authenticated(database, text) == replace(ana, key=record.id)


def test_the_secret_is_kept_nowhere(database: Database, ana: Actor) -> None:
    _, text = make(database, ana)
    secret = text.rpartition("_")[2]
    with database.read() as tx:
        rows = repr(tx.execute(select(table)).all()) + repr(audit.events(tx, "acme"))
    assert secret not in rows
    assert keys.hashed(secret) in rows


@pytest.mark.parametrize(
    "text",
    ["", "gy_", "gy__", "x", "gy_{id}_", "gy_{id}_wrong", "{secret}", "gy_{id}\0_{secret}", "gy_é_{secret}", "\ud800"],
)
def test_anything_but_the_key_is_unknown(database: Database, ana: Actor, text: str) -> None:
    record, whole = make(database, ana)
    with pytest.raises(Unauthenticated, match="this key is unknown"):
        authenticated(database, text.replace("{id}", record.id).replace("{secret}", whole.rpartition("_")[2]))


def test_a_key_ends_after_90_days_or_when_it_was_told_to(database: Database, ana: Actor) -> None:
    record, text = make(database, ana)
    assert record.expires_ns == NOW_NS + 90 * DAY_NS
    assert authenticated(database, text, now_ns=record.expires_ns - 1).key == record.id
    with pytest.raises(Unauthenticated, match="expired on 2025-09-13"):
        authenticated(database, text, now_ns=record.expires_ns)
    with pytest.raises(InvalidInput, match="expired already"):
        make(database, ana, expires_ns=NOW_NS)


def test_a_revoked_key_is_useless_and_told_once(database: Database, ana: Actor) -> None:
    record, text = make(database, ana)
    with database.write() as tx:
        for _ in range(2):
            keys.revoke(tx, record.id, project="acme", by=ana, at_ns=NOW_NS)
        verbs = [one.verb for one in audit.events(tx, "acme", object=f"key/{record.id}")]
    assert verbs == ["revoked", "created"]
    with pytest.raises(Unauthenticated, match="was revoked"):
        authenticated(database, text)


def test_a_key_never_does_more_than_its_holder_may_by_now(database: Database, owner: Actor, ana: Actor) -> None:
    _, text = make(database, ana)
    with database.write() as tx:
        principals.grant(tx, ana.principal, "acme", "reviewer", by=owner, at_ns=NOW_NS)
    assert authenticated(database, text).role == "viewer"
    with database.write() as tx:
        principals.revoke(tx, ana.principal, "acme", by=owner, at_ns=NOW_NS)
    with pytest.raises(Unauthenticated, match="has no role any more"):
        authenticated(database, text)


@pytest.mark.parametrize("role", ["reviewer", "releaser", "admin"])
def test_nobody_makes_a_key_for_more_than_their_own_role(database: Database, ana: Actor, role: Role) -> None:
    with pytest.raises(Forbidden, match=f"a developer cannot make a key with the role {role}"):
        make(database, ana, role=role)


def test_a_key_for_all_projects_is_for_admins_of_all(database: Database, owner: Actor, ana: Actor) -> None:
    record, text = make(database, owner, role="viewer", project=None)
    assert record.project is None
    assert authenticated(database, text).project is None
    for project in (None, "other"):
        with pytest.raises(Forbidden):
            make(database, ana, project=project)


def test_a_key_of_one_project_makes_none_for_another(database: Database, owner: Actor) -> None:
    _, text = make(database, owner, role="admin")
    narrow = authenticated(database, text)
    assert (narrow.project, narrow.role) == ("acme", "admin")
    with pytest.raises(Forbidden):
        make(database, narrow, project="other")


def test_a_key_made_with_a_key_says_so(database: Database, ana: Actor) -> None:
    record, text = make(database, ana)
    made, _ = make(database, authenticated(database, text), role="viewer")
    with database.read() as tx:
        (event,) = audit.events(tx, "acme", object=f"key/{made.id}")
    assert event.detail == {
        "name": "ci",
        "principal": ana.principal,
        "role": "viewer",
        "scopes": [],
        "until": "2025-09-13T15:06:40.000Z",
        "with": record.id,
    }


def test_a_key_does_not_outlive_the_key_it_is_made_with(database: Database, ana: Actor) -> None:
    first, text = make(database, ana, expires_ns=NOW_NS + 10)
    made, _ = make(database, authenticated(database, text), expires_ns=NOW_NS + 1_000)
    assert made.expires_ns == first.expires_ns


def test_scopes_are_kept_and_a_scoped_key_makes_no_other(database: Database, ana: Actor) -> None:
    _, text = make(database, ana, scopes=("serve:helpdesk",))
    narrow = authenticated(database, text)
    assert narrow.scopes == ("serve:helpdesk",)
    with pytest.raises(Forbidden, match="only for serve:helpdesk"):
        make(database, narrow)


@pytest.mark.parametrize("scope", ["", "serve", "serve:", "serve:*", "deploy:helpdesk", "serve:Help Desk"])
def test_a_scope_of_unknown_form_is_refused(database: Database, ana: Actor, scope: str) -> None:
    with pytest.raises(InvalidInput, match="is no scope"):
        make(database, ana, scopes=(scope,))


def test_a_scoped_key_needs_a_role_that_may_call_endpoints(database: Database, ana: Actor) -> None:
    with pytest.raises(InvalidInput, match="the role viewer may call no endpoint"):
        make(database, ana, role="viewer", scopes=("serve:helpdesk",))


def test_an_admin_makes_keys_for_others_up_to_their_role(
    database: Database, owner: Actor, ana: Actor, ids: CountingIds
) -> None:
    with database.write() as tx:
        common = {"project": "acme", "name": "ci", "at_ns": NOW_NS, "ids": ids}
        record, _ = keys.create(tx, role="viewer", by=owner, principal=ana.principal, **common)  # type: ignore[arg-type]
        assert (record.principal, record.created_by) == (ana.principal, owner.principal)
        with pytest.raises(Forbidden, match="ana has not the role admin in acme"):
            keys.create(tx, role="admin", by=owner, principal=ana.principal, **common)  # type: ignore[arg-type]
        with pytest.raises(Forbidden, match="key:admin"):
            keys.create(tx, role="viewer", by=ana, principal=owner.principal, **common)  # type: ignore[arg-type]


def test_keys_are_revoked_by_their_holder_and_by_admins_of_their_project(
    database: Database, owner: Actor, ana: Actor
) -> None:
    record, _ = make(database, owner, role="viewer")
    with database.write() as tx:
        with pytest.raises(Forbidden, match="key:admin"):
            keys.revoke(tx, record.id, project="acme", by=ana, at_ns=NOW_NS)
        with pytest.raises(NotFound):
            keys.revoke(tx, record.id, project="other", by=owner, at_ns=NOW_NS)
        with pytest.raises(NotFound):
            keys.revoke(tx, KeyId("none"), project="acme", by=owner, at_ns=NOW_NS)


def revoke(database: Database, key: KeyRecord, by: Actor) -> None:
    with database.write() as tx:
        keys.revoke(tx, key.id, project="acme", by=by, at_ns=NOW_NS)


def test_a_key_that_many_revoke_at_once_is_revoked_once(database: Database, ana: Actor) -> None:
    record, text = make(database, ana)
    together = Barrier(6)

    def one(_: int) -> None:
        together.wait()
        revoke(database, record, ana)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(one, range(6)))
    with database.read() as tx:
        verbs = [event.verb for event in audit.events(tx, "acme", object=f"key/{record.id}")]
    assert verbs == ["revoked", "created"]
    with pytest.raises(Unauthenticated, match="was revoked"):
        authenticated(database, text)


def test_a_key_revokes_itself_and_those_made_with_it_and_no_other_of_its_holder(database: Database, ana: Actor) -> None:
    with database.write() as tx:
        common = {"project": "acme", "role": "developer", "at_ns": NOW_NS, "ids": _Later()}
        other, _ = keys.create(tx, name="other", by=ana, **common)  # type: ignore[arg-type]
        first, first_text = keys.create(tx, name="first", by=ana, **common)  # type: ignore[arg-type]
        holder = keys.authenticate(tx, first_text, now_ns=NOW_NS)[0]
        second, second_text = keys.create(tx, name="second", by=holder, **common)  # type: ignore[arg-type]
        below = keys.authenticate(tx, second_text, now_ns=NOW_NS)[0]
        third, third_text = keys.create(tx, name="third", by=below, **common)  # type: ignore[arg-type]
    for foreign, by in ((other, holder), (first, below), (other, below)):
        with pytest.raises(Forbidden, match="key:admin"):
            revoke(database, foreign, by)
    revoke(database, third, holder)
    with pytest.raises(Unauthenticated, match="was revoked"):
        authenticated(database, third_text)
    revoke(database, second, below)
    revoke(database, first, holder)
    revoke(database, other, ana)


def test_a_person_revokes_their_own_key_whatever_role_is_left_to_them(
    database: Database, owner: Actor, ana: Actor
) -> None:
    record, text = make(database, ana)
    with database.write() as tx:
        principals.grant(tx, ana.principal, "acme", "viewer", by=owner, at_ns=NOW_NS)
        lesser = principals.actor_in(tx, ana.principal, "acme")
    revoke(database, record, lesser)
    with pytest.raises(Unauthenticated, match="was revoked"):
        authenticated(database, text)


def test_a_key_far_down_a_line_is_for_an_admin_to_revoke(
    database: Database, owner: Actor, ana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "LONGEST_LINE", 1)
    _, text = make(database, ana)
    holder = authenticated(database, text)
    made, _ = make(database, holder)
    with pytest.raises(Forbidden, match="key:admin"):
        revoke(database, made, holder)
    revoke(database, made, owner)


def test_keys_are_listed_by_project_and_holder_with_their_last_use(
    database: Database, owner: Actor, ana: Actor
) -> None:
    record, _ = make(database, ana)
    with database.write() as tx:
        keys.touch(tx, record.id, now_ns=NOW_NS + 5)
        assert keys.listing(tx, "acme") == [replace(record, last_used_ns=NOW_NS + 5)]
        assert keys.listing(tx, "acme", principal=owner.principal) == []
        assert keys.listing(tx, "other") == keys.listing(tx, None) == []
