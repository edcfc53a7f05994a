"""Endpoints: which release answers under which name in which environment.

The assignment is an alias on releases, so its whole history is kept with who, when, from, to and why. A request reads
the alias once and answers with that release to its end: it is the old one or the new one, never a mixture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from genyard.access import audit
from genyard.access.principals import Actor
from genyard.core.digest import Digest, short
from genyard.core.errors import Conflict, GateNotPassed, InvalidInput, NotFound
from genyard.core.records import Artifact, Event
from genyard.core.refs import check_name
from genyard.deploy.releases import is_gated, verdict_of
from genyard.store import artifacts, names
from genyard.store.dialects import lock_project
from genyard.store.names import AliasMove

DEFAULT_ENVIRONMENT = "prod"
ROLLED_BACK = "rolled back"
MOST_MOVES = 10_000
"""How far back a rollback looks for what served before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A name that clients ask, such as ``helpdesk@prod``, and the release that answers there now."""

    system: str
    environment: str
    release: Digest
    since_ns: int

    def __str__(self) -> str:
        return f"{self.system}@{self.environment}"


def split_endpoint(text: str) -> tuple[str, str]:
    """Read ``helpdesk`` or ``helpdesk@staging``. Raises InvalidInput."""
    system, _, environment = text.partition("@")
    return check_name(system, "system"), check_name(environment or DEFAULT_ENVIRONMENT, "environment")


def endpoint(tx: Connection, project: str, text: str) -> Endpoint:
    """Return the endpoint named ``text``. Raises NotFound when no release serves there."""
    system, environment = split_endpoint(text)
    move = names.alias(tx, project, system, environment)
    if move is None:
        raise NotFound(
            f"no release of {system} serves {environment}", hint=f"genyard deploy {system} --to {environment}"
        )
    return _of(move)


def endpoints(tx: Connection, project: str) -> list[Endpoint]:
    """Return every endpoint of a project, by name."""
    return [_of(move) for move in names.aliases(tx, project)]


def deploy(
    tx: Connection,
    project: str,
    system: str,
    environment: str,
    release: Artifact,
    *,
    why: str,
    by: Actor,
    at_ns: int,
) -> AliasMove:
    """Let ``release`` answer for ``system`` in ``environment``.

    Raises GateNotPassed when the release's own policy gates the environment and its gate did not pass, Conflict when
    it already serves there.
    """
    check_name(environment, "environment")
    if release.kind != "release" or release.body["name"] != system:
        raise InvalidInput(f"{short(release.digest)} is not a release of {system}")
    verdict = verdict_of(release)
    if is_gated(release, environment) and verdict.word != "pass":
        raise GateNotPassed(
            f"{system} {short(release.digest)} may not serve {environment}: {verdict.sentence}", hint=verdict.mend
        )
    present = names.alias(tx, project, system, environment)
    if present and present.digest == release.digest:
        raise Conflict(f"{system} {short(release.digest)} already serves {environment}")
    return _move(tx, project, system, environment, release.digest, verb="deployed", why=why, by=by, at_ns=at_ns)


def rollback(
    tx: Connection, project: str, system: str, environment: str, *, why: str, by: Actor, at_ns: int
) -> AliasMove:
    """Let the release before the present one answer again.

    It goes back along the deployments: rolling back twice reaches the release before the last but one. Raises
    NotFound when nothing served before.
    """
    # Before the history is read: of two rollbacks at once the second goes back from where the first one went.
    lock_project(tx, project)
    moves = audit.events(tx, project, object=_object(system, environment), limit=MOST_MOVES)
    target = _before(moves)
    if target is None:
        raise NotFound(f"nothing served {system}@{environment} before", hint="deploy another release instead")
    artifacts.get(tx, project, target)
    return _move(tx, project, system, environment, target, verb=ROLLED_BACK, why=why, by=by, at_ns=at_ns)


def _before(moves: Sequence[Event]) -> Digest | None:
    """Replay the moves, oldest first, as a stack: a deployment adds to it, a rollback takes off the top."""
    stack: list[Digest] = []
    for move in reversed(moves):
        if move.verb == ROLLED_BACK:
            stack.pop()
        else:
            stack.append(Digest(str(move.detail["to"])))
    return stack[-2] if len(stack) > 1 else None


def _move(
    tx: Connection,
    project: str,
    system: str,
    environment: str,
    digest: Digest,
    *,
    verb: str,
    why: str,
    by: Actor,
    at_ns: int,
) -> AliasMove:
    present = names.alias(tx, project, system, environment)
    move = names.move_alias(
        tx,
        project,
        system,
        environment,
        digest,
        at_ns=at_ns,
        by=by.principal,
        why=why,
        expected=present.digest if present else None,
    )
    audit.append(
        tx,
        project=project,
        actor=by.principal,
        verb=verb,
        object=_object(system, environment),
        detail={"from": move.previous, "to": move.digest, "why": why},
        at_ns=at_ns,
    )
    return move


def _object(system: str, environment: str) -> str:
    return f"endpoint/{system}@{environment}"


def _of(move: AliasMove) -> Endpoint:
    return Endpoint(system=move.name, environment=move.alias, release=move.digest, since_ns=move.at_ns)
