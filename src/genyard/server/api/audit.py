"""Events: what was done, and whether the chain of it is whole."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import JsonValue

from genyard.access import audit
from genyard.access.principals import people_by_id
from genyard.core.clock import rfc3339
from genyard.server.body import Body
from genyard.server.guard import AppDep, GuardedRoute, needs

router = APIRouter(tags=["audit"], route_class=GuardedRoute)


class VerifyRequest(Body):
    """A signed head that was kept elsewhere, or none."""

    head: dict[str, JsonValue] | None = None


@router.get("/api/projects/{project}/events", **needs("audit:read"))
def listing(
    project: str,
    app: AppDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int | None, Query(ge=0)] = None,
    object: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """List events, newest first; ``after`` goes on from ``next``, or from a sequence number."""
    with app.bench.database.read() as tx:
        found = audit.events(tx, project, after=after, limit=limit + 1, object=object)
        people = people_by_id(tx)
    return {
        "next": found[limit - 1].sequence if len(found) > limit else None,
        "events": [
            {
                "actor": one.actor,
                "at": rfc3339(one.at_ns),
                "detail": one.detail,
                "hash": one.hash,
                "object": one.object,
                "sequence": one.sequence,
                "verb": one.verb,
                "who": people.get(one.actor, one.actor),
            }
            for one in found[:limit]
        ],
    }


@router.post("/api/projects/{project}/events/head", **needs("audit:verify"))
def head(project: str, app: AppDep) -> dict[str, Any]:
    """Sign the head of the chain. Kept elsewhere, it is what later tampering is found against."""
    with app.bench.database.read() as tx:
        return dict(audit.signed_head(tx, project, app.chain_key, at_ns=app.bench.clock.now_ns()).as_json())


@router.post("/api/projects/{project}/events/verify", **needs("audit:verify"))
def verify(project: str, body: VerifyRequest, app: AppDep) -> dict[str, Any]:
    """Recompute the whole chain, and compare it with a signed head where one is given."""
    with app.bench.database.read() as tx:
        state = audit.verify(tx, project, head=body.head)
    return {"count": state.count, "finding": state.finding, "head": state.head, "whole": state.whole}
