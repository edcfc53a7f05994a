"""The masking policy of a project, on every database."""

import pytest
from sqlalchemy import update

from genyard.access import audit, principals
from genyard.access.principals import Actor
from genyard.core.clock import CountingClock
from genyard.core.errors import InvalidInput, Unreachable
from genyard.core.ids import CountingIds
from genyard.observe.masking.policies import policy_of, set_policy
from genyard.observe.masking.policy import DEFAULT, Policy, policy
from genyard.observe.masking.projects import FRESH_S, ProjectMasking
from genyard.observe.tables import masking_policies as table
from genyard.store.engine import Database

WANTED = policy("hash", ["email"], [("staff", r"EMP-\d{6}")])
ROW = {"preview": "ann@example.com EMP-123456"}


@pytest.fixture
def owner(database: Database, ids: CountingIds) -> Actor:
    with database.write() as tx:
        return principals.ensure_local(tx, "olga", at_ns=1, ids=ids)


def change(database: Database, wanted: Policy, owner: Actor, project: str = "acme") -> bool:
    with database.write() as tx:
        return set_policy(tx, project, wanted, by=owner, at_ns=10)


def told(database: Database) -> list[tuple[str, str, object]]:
    with database.read() as tx:
        return [(one.verb, one.object, one.detail) for one in audit.events(tx, "acme")]


def opened(database: Database, clock: CountingClock | None = None) -> ProjectMasking:
    return ProjectMasking(database, key=lambda project: project.encode(), clock=clock or CountingClock())


def test_a_project_has_the_default_until_somebody_sets_its_policy(database: Database, owner: Actor) -> None:
    assert change(database, WANTED, owner)
    with database.read() as tx:
        assert policy_of(tx, "acme") == WANTED
        assert policy_of(tx, "other") == DEFAULT


def test_each_change_is_an_event_that_keeps_no_pattern(database: Database, owner: Actor) -> None:
    assert change(database, WANTED, owner)
    assert not change(database, WANTED, owner)
    assert change(database, DEFAULT, owner)
    newest, first = told(database)
    assert newest[:2] == first[:2] == ("changed", "masking")
    assert isinstance(first[2], dict)
    assert (first[2]["from"]["mode"], first[2]["to"]["mode"]) == ("mask", "hash")
    assert (list(first[2]["to"]["rules"]), list(first[2]["to"]["custom"])) == (["email"], ["staff"])
    assert "EMP" not in str(told(database))


def test_setting_the_default_where_nothing_was_set_changes_nothing(database: Database, owner: Actor) -> None:
    assert not change(database, DEFAULT, owner)
    assert told(database) == []


def test_a_policy_that_this_genyard_does_not_know_lets_nothing_through(database: Database, owner: Actor) -> None:
    change(database, WANTED, owner)
    with database.write() as tx:
        tx.execute(update(table).values(policy={"mode": "mask", "rules": ["of_tomorrow"], "custom": []}))
    with pytest.raises(InvalidInput, match="of_tomorrow"):
        opened(database).mask_rows("acme", [ROW])


def test_rows_are_masked_by_the_policy_of_their_project(database: Database, owner: Actor) -> None:
    change(database, WANTED, owner)
    change(database, policy("off", [], []), owner, "open")
    masking = opened(database)
    [masked] = masking.mask_rows("acme", [ROW])
    assert str(masked["preview"]).startswith("[email:")
    assert masked["intake_flags"] == ["masked:email", "masked:staff"]
    assert masking.mask_rows("open", [ROW]) == [ROW]
    assert masking.mask_rows("other", [ROW]) == [ROW]


def test_a_change_holds_at_once_where_it_is_told_and_soon_elsewhere(database: Database, owner: Actor) -> None:
    here, elsewhere = opened(database), opened(database, CountingClock(step_ns=int(FRESH_S * 0.6e9)))
    assert here.mask_rows("acme", [ROW]) == elsewhere.mask_rows("acme", [ROW]) == [ROW]
    change(database, policy("mask", ["email"], []), owner)
    here.forget("acme")
    assert here.mask_rows("acme", [ROW], flag=False) == [{"preview": "[email] EMP-123456"}]
    assert elsewhere.mask_rows("acme", [ROW]) == [ROW]
    assert elsewhere.mask_rows("acme", [ROW], flag=False) == [{"preview": "[email] EMP-123456"}]


def test_a_masker_is_made_once_while_the_policy_stays(database: Database) -> None:
    masking = opened(database, CountingClock(step_ns=int(FRESH_S * 2e9)))
    assert masking.masker("acme") is masking.masker("acme")


def test_without_the_catalog_nothing_goes_through(database: Database) -> None:
    def missing(project: str) -> bytes:
        raise Unreachable(f"no key of {project}")

    masking = ProjectMasking(database, key=missing, clock=CountingClock())
    with database.write() as tx:
        tx.execute(
            table.insert(),
            {"project": "acme", "policy": WANTED.as_json(), "changed_ns": 1, "changed_by": "x"},
        )
    with pytest.raises(Unreachable):
        masking.mask_rows("acme", [ROW])
