"""Projects: which there are, and a new one."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from genyard.access import projects
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["access"], route_class=GuardedRoute)


class ProjectRequest(Body):
    """The name of a new project."""

    name: Annotated[str, Field(min_length=1, max_length=100)]


@router.get("/api/projects", **needs("project:read"))
def listing(app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """List the projects that this key or session may act in."""
    return {"projects": [{"name": name} for name in app.known_projects.listing(actor)]}


@router.post("/api/projects", status_code=201, **needs("project:create"))
def create(body: ProjectRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Make a project before anything is kept in it. One also comes into being with its first checkout or key."""
    with app.bench.database.write() as tx:
        made = projects.create(tx, body.name, by=actor, at_ns=app.bench.clock.now_ns())
    return {"name": made.name}
