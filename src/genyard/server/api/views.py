"""Saved views: queries of a project under a name."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from genyard.core.clock import rfc3339
from genyard.observe.explorer import views
from genyard.observe.explorer.list_columns import read_columns
from genyard.observe.explorer.views import KeptView, SavedView, ViewPage, ViewSpan
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["traces"], route_class=GuardedRoute)


class ViewRequest(Body):
    """What the list shows."""

    query: Annotated[str, Field(max_length=views.LONGEST_QUERY)] = ""
    sort: Annotated[str, Field(max_length=80)] = "start"
    since: ViewSpan = "7d"
    page: ViewPage = "traces"
    columns: Annotated[str, Field(max_length=400)] = ""


@router.get("/api/projects/{project}/views", **needs("trace:read"))
def listing(project: str, app: AppDep) -> dict[str, Any]:
    """List the saved views of the project."""
    with app.bench.database.read() as tx:
        return {"views": [_shown(one) for one in views.listing(tx, project)]}


@router.get("/api/projects/{project}/views/{name}", **needs("trace:read"))
def show(project: str, name: str, app: AppDep) -> dict[str, Any]:
    """Show one saved view."""
    with app.bench.database.read() as tx:
        return _shown(views.get(tx, project, name))


@router.put("/api/projects/{project}/views/{name}", **needs("view:write"))
def save(project: str, name: str, body: ViewRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Save a view, in the place of one with its name."""
    view = SavedView(
        name=name,
        page=body.page,
        query=body.query,
        sort=body.sort,
        since=body.since,
        columns=read_columns(body.columns),
    )
    with app.bench.database.write() as tx:
        views.save(tx, project, view, by=actor, at_ns=app.bench.clock.now_ns(), ids=app.bench.ids)
        return _shown(views.get(tx, project, name))


@router.delete("/api/projects/{project}/views/{name}", **needs("view:write"))
def delete(project: str, name: str, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Delete a view; the answer has all of it, to save it again."""
    with app.bench.database.write() as tx:
        kept = views.get(tx, project, name)
        views.delete(tx, project, name, by=actor.principal, at_ns=app.bench.clock.now_ns())
    return _shown(kept)


def _shown(kept: KeptView) -> dict[str, Any]:
    view = kept.view
    return {
        "columns": ",".join(view.columns),
        "id": kept.id,
        "name": view.name,
        "page": view.page,
        "query": view.query,
        "saved": rfc3339(kept.at_ns),
        "saved_by": kept.by,
        "since": view.since,
        "sort": view.sort,
    }
