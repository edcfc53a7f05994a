"""Endpoints: who may serve where, and that a rollback takes back deployments, one after the other."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deploy.evidence import PROJECT, published, release

from genyard.access import audit
from genyard.app import App
from genyard.core.digest import Digest
from genyard.core.errors import Conflict, GateNotPassed, InvalidInput, NotFound
from genyard.core.records import Artifact
from genyard.deploy import endpoints
from genyard.store import names

NAMES = count()


def deploy(app: App, made: Artifact, environment: str = "prod", *, why: str = "") -> Digest:
    name = str(made.body["name"])
    with app.bench.database.write() as tx:
        move = endpoints.deploy(tx, PROJECT, name, environment, made, why=why, by=app.local.actor, at_ns=1)
    return move.digest


def rollback(app: App, name: str, environment: str = "prod") -> Digest:
    with app.bench.database.write() as tx:
        move = endpoints.rollback(tx, PROJECT, name, environment, why="", by=app.local.actor, at_ns=2)
    return move.digest


def serving(app: App, name: str, environment: str = "prod") -> Digest | None:
    with app.bench.database.read() as tx:
        found = [one for one in endpoints.endpoints(tx, PROJECT) if str(one) == f"{name}@{environment}"]
    return found[0].release if found else None


@settings(max_examples=40)
@given(moves=st.lists(st.sampled_from(["A", "B", "C", "back"]), max_size=12))
def test_any_sequence_of_deployments_and_rollbacks_is_a_stack(app: App, moves: list[str]) -> None:
    name = f"desk-{next(NAMES)}"
    releases = {letter: published(app, name, number) for number, letter in enumerate("ABC")}
    stack: list[Digest] = []
    for move in moves:
        if move == "back":
            if len(stack) < 2:
                with pytest.raises(NotFound):
                    rollback(app, name)
            else:
                stack.pop()
                assert rollback(app, name) == stack[-1]
        elif stack and stack[-1] == releases[move].digest:
            with pytest.raises(Conflict):
                deploy(app, releases[move])
        else:
            stack.append(deploy(app, releases[move]))
        assert serving(app, name) == (stack[-1] if stack else None)


def test_going_back_to_an_older_release_by_deploying_it_is_a_deployment(app: App) -> None:
    first, second = published(app, "older", 1), published(app, "older", 2)
    for made in (first, second, first):
        deploy(app, made)
    assert [rollback(app, "older"), rollback(app, "older")] == [second.digest, first.digest]


@pytest.mark.parametrize("verdict", ["fail", "undecided", "none"])
def test_only_an_environment_that_is_named_open_takes_what_did_not_pass(app: App, verdict: str) -> None:
    made = published(app, f"gated-{verdict}", 1, verdict=verdict)
    for environment in ("prod", "production"):
        with pytest.raises(GateNotPassed, match=f"it is {verdict}") as raised:
            deploy(app, made, environment)
        assert "genyard release" in raised.value.hint
    assert deploy(app, made, "staging") == made.digest
    assert serving(app, f"gated-{verdict}") is None


def test_a_rollback_is_never_kept_from_what_served_before(app: App) -> None:
    good, bad = published(app, "back", 1), published(app, "back", 2, verdict="fail")
    deploy(app, good, "staging")
    deploy(app, bad, "staging")
    assert rollback(app, "back", "staging") == good.digest


def test_environments_do_not_share_their_history(app: App) -> None:
    first, second = published(app, "apart", 1), published(app, "apart", 2)
    deploy(app, first, "staging")
    deploy(app, second, "prod")
    with pytest.raises(NotFound, match="nothing served apart@prod before"):
        rollback(app, "apart")
    assert serving(app, "apart", "staging") == first.digest


def test_only_a_registered_release_of_the_system_is_deployed(app: App) -> None:
    other = published(app, "other", 1)
    with app.bench.database.write() as tx, pytest.raises(InvalidInput, match="is not a release of desk"):
        endpoints.deploy(tx, PROJECT, "desk", "prod", other, why="", by=app.local.actor, at_ns=1)
    with pytest.raises(NotFound, match="is no version of release/other"):
        deploy(app, release("other", 99))
    with pytest.raises(InvalidInput, match="is not an? environment"):
        deploy(app, other, "Not A Place")


def test_every_move_is_kept_with_who_from_to_and_why(app: App) -> None:
    first, second = published(app, "kept", 1), published(app, "kept", 2)
    deploy(app, first, why="the first")
    deploy(app, second, why="faster")
    rollback(app, "kept")
    with app.bench.database.read() as tx:
        moves = names.alias_history(tx, PROJECT, "kept", "prod")
        events = audit.events(tx, PROJECT, object="endpoint/kept@prod")
    assert [(one.previous, one.digest, one.why) for one in moves] == [
        (second.digest, first.digest, ""),
        (first.digest, second.digest, "faster"),
        (None, first.digest, "the first"),
    ]
    assert [one.verb for one in events] == ["rolled back", "deployed", "deployed"]
    assert {one.actor for one in events} == {app.local.actor.principal}


@pytest.mark.parametrize(
    ("text", "parts"),
    [("desk", ("desk", "prod")), ("desk@staging", ("desk", "staging")), ("d.k_1-2@eu", ("d.k_1-2", "eu"))],
)
def test_an_endpoint_is_named_by_system_and_environment(text: str, parts: tuple[str, str]) -> None:
    assert endpoints.split_endpoint(text) == parts


@pytest.mark.parametrize("text", ["", "@prod", "desk@@prod", "Desk", "a b", "desk@Prod", "../x", "д"])
def test_what_names_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        endpoints.split_endpoint(text)
