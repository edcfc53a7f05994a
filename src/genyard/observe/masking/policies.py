"""The masking policy of each project: state of ``observe``, each change an event."""

from typing import Any, cast

from sqlalchemy import Connection, select

from genyard.access import audit
from genyard.access.principals import Actor
from genyard.core.canonical import JsonObject
from genyard.core.digest import digest_of_json
from genyard.observe.masking.policy import DEFAULT, Policy, read_policy
from genyard.observe.tables import masking_policies as table
from genyard.store.dialects import insert_new, lock_project


def policy_of(tx: Connection, project: str) -> Policy:
    """Return the policy of ``project``: the default where nobody set one.

    Raises InvalidInput when it names what this Genyard does not know.
    """
    kept = tx.execute(select(table.c.policy).where(table.c.project == project)).scalar_one_or_none()
    return DEFAULT if kept is None else read_policy(cast("dict[str, Any]", kept))


def set_policy(tx: Connection, project: str, policy: Policy, *, by: Actor, at_ns: int) -> bool:
    """Let ``policy`` hold for rows that arrive from now on. Return whether it differs from the one before."""
    lock_project(tx, project)
    before = policy_of(tx, project)
    if before == policy:
        return False
    values = {"policy": policy.as_json(), "changed_ns": at_ns, "changed_by": by.principal}
    if not insert_new(tx, table, {"project": project, **values}):
        tx.execute(table.update().where(table.c.project == project).values(values))
    audit.append(
        tx,
        project=project,
        actor=by.principal,
        verb="changed",
        object="masking",
        detail={"from": _told(before), "to": _told(policy)},
        at_ns=at_ns,
    )
    return True


def _told(policy: Policy) -> JsonObject:
    """Return what an event says of a policy. Patterns may hold names of people, and events are for ever."""
    return {
        "custom": [one.name for one in policy.custom],
        **({} if policy.media == "keep" else {"media": policy.media}),
        "digest": digest_of_json(policy.as_json()),
        "mode": policy.mode,
        "rules": list(policy.rules),
    }
