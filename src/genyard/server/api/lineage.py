"""``why`` and ``affected``: lineage backwards from an answer, forwards from anything."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from genyard.govern.affected import affected
from genyard.govern.why import why
from genyard.server.guard import AppDep, GuardedRoute, needs
from genyard.server.pages.links import Links

router = APIRouter(tags=["lineage"], route_class=GuardedRoute)


@router.get("/api/projects/{project}/why/{trace}", **needs("lineage:read"))
def show_why(project: str, trace: str, app: AppDep) -> dict[str, Any]:
    """Say what made an answer: its release, the evidence that let it ship, the documents it stood on."""
    found = why(app.bench.library, app.bench.lake, project, trace)
    served = app.home.server_info()
    # Without a server no browser can show it: the command's own process ends with this answer.
    return found | {"links": [served.url + Links(project).trace(found["trace"]["trace_id"])] if served else []}


@router.get("/api/projects/{project}/affected", **needs("lineage:read"))
def show_affected(
    project: str, of: Annotated[str, Query(min_length=1, max_length=1024)], app: AppDep
) -> dict[str, Any]:
    """Say what used a document, digest or reference: artifacts, endpoints and answers."""
    return affected(app.bench.library, app.bench.lake, project, of, now_ns=app.bench.clock.now_ns())
