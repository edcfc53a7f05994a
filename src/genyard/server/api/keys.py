"""Keys for programs and people, and who one is."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from genyard.access import keys, projects
from genyard.access.roles import Role
from genyard.core.clock import rfc3339
from genyard.core.ids import KeyId
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["access"], route_class=GuardedRoute)


class KeyRequest(Body):
    """What a key is for, what it may do, and for how many days."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Role = "developer"
    scopes: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20)] = []
    days: Annotated[int, Field(ge=1, le=3650)] = keys.DEFAULT_DAYS


@router.get("/api/me", **needs("settings:read"))
def me(actor: ActorDep) -> dict[str, Any]:
    """Say who this key or session is."""
    return {"name": actor.name, "principal": actor.principal, "project": actor.project, "role": actor.role}


@router.get("/api/projects/{project}/keys", **needs("key:admin"))
def listing(project: str, app: AppDep) -> dict[str, Any]:
    """List keys; the key itself is kept nowhere."""
    with app.bench.database.read() as tx:
        found = keys.listing(tx, project)
    return {"keys": [key_json(one, now_ns=app.bench.clock.now_ns()) for one in found]}


@router.post("/api/projects/{project}/keys", status_code=201, **needs("key:create"))
def create(project: str, body: KeyRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Make a key. Its secret is in this answer and nowhere else. A new project comes into being as with a checkout."""
    now_ns = app.bench.clock.now_ns()
    with app.bench.database.write() as tx:
        projects.ensure(tx, project, by=actor, at_ns=now_ns)
        made, secret = keys.create(
            tx,
            project=project,
            name=body.name,
            role=body.role,
            scopes=tuple(body.scopes),
            expires_ns=now_ns + body.days * keys.DAY_NS,
            by=actor,
            at_ns=now_ns,
            ids=app.bench.ids,
        )
    return key_json(made, now_ns=now_ns) | {"secret": secret}


@router.post("/api/projects/{project}/keys/{key}/revoke", **needs("key:revoke"))
def revoke(project: str, key: str, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Make a key useless, at once and for good: itself, one made with it, one of the person signed in; an admin any."""
    with app.bench.database.write() as tx:
        keys.revoke(tx, KeyId(key), project=project, by=actor, at_ns=app.bench.clock.now_ns())
    return {"id": key, "state": "revoked"}


def key_json(key: keys.KeyRecord, *, now_ns: int) -> dict[str, Any]:
    """Return a key as the API shows it: without what would let anybody in."""
    state = "revoked" if key.revoked_ns else "expired" if key.expires_ns <= now_ns else "works"
    return {
        "expires": rfc3339(key.expires_ns),
        "id": key.id,
        "last_used": rfc3339(key.last_used_ns) if key.last_used_ns else None,
        "name": key.name,
        "role": key.role,
        "scopes": list(key.scopes),
        "state": state,
    }
