"""Saving and deleting views from the lists."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from genyard.observe.explorer import views
from genyard.observe.explorer.list_columns import read_columns
from genyard.observe.explorer.views import SavedView, ViewPage, ViewSpan
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.links import Links
from genyard.server.pages.views_bar import list_of

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.post("/p/{project}/views", **needs("view:write"))
def save(
    project: str,
    app: AppDep,
    actor: ActorDep,
    name: Annotated[str, Form(max_length=64)],
    page: Annotated[ViewPage, Form()] = "traces",
    q: Annotated[str, Form(max_length=views.LONGEST_QUERY)] = "",
    w: Annotated[ViewSpan, Form()] = "7d",
    sort: Annotated[str, Form(max_length=80)] = "start",
    cols: Annotated[str, Form(max_length=400)] = "",
) -> RedirectResponse:
    """Save the list that is shown under a name."""
    view = SavedView(
        name=name.strip().lower(), page=page, query=q.strip(), sort=sort, since=w, columns=read_columns(cols)
    )
    with app.bench.database.write() as tx:
        views.save(tx, project, view, by=actor, at_ns=app.bench.clock.now_ns(), ids=app.bench.ids)
    return RedirectResponse(list_of(view, Links(project)), status_code=303)


@router.post("/p/{project}/views/{name}/delete", **needs("view:write"))
def delete(project: str, name: str, app: AppDep, actor: ActorDep) -> RedirectResponse:
    """Delete a view. The list that it showed stays: saved again, the view is back."""
    with app.bench.database.write() as tx:
        gone = views.delete(tx, project, name, by=actor.principal, at_ns=app.bench.clock.now_ns())
    return RedirectResponse(list_of(gone, Links(project)), status_code=303)
