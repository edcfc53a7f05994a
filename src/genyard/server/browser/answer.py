"""A view as an answer: the frame around it, the policy that keeps the page to itself."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse

from genyard.access import projects
from genyard.access.principals import Actor
from genyard.app import App
from genyard.server.guard import app_of, reader_of
from genyard.server.pages.frame import Crumb, Frame, NavKey, ProvenanceItem, preferences
from genyard.server.pages.render import Pages, View, content_security_policy
from genyard.server.pages.settings_view import Quota

LAST_PROJECT = "genyard_project"
NEXT = "genyard_next"
"""The cookie of where somebody wanted to go before they signed in."""
YEAR_S = 365 * 86_400


class Placed(View, Protocol):
    """A view that says where it stands."""

    @property
    def crumbs(self) -> tuple[Crumb, ...]: ...
    @property
    def cli(self) -> str: ...


def page(
    request: Request,
    template: str,
    view: Placed,
    *,
    project: str,
    actor: Actor,
    current: NavKey,
    provenance: tuple[ProvenanceItem, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    """Return a page of a project."""
    zone, theme = preferences(request.cookies)
    frame = Frame(
        project=project,
        projects=tuple(sorted({*_open_to(request, actor), project})),
        person=actor.name,
        current=current,
        crumbs=view.crumbs,
        provenance=provenance,
        cli=view.cli,
        warning=quota_of(app_of(request), project).warning,
        zone=zone,
        theme=theme,
    )
    answer = _html(request, template, view, frame, status=status)
    if request.cookies.get(LAST_PROJECT) != project:
        # The start page leads back to where somebody was.
        answer.set_cookie(LAST_PROJECT, project, max_age=YEAR_S, httponly=True, samesite="lax")
    return answer


def _open_to(request: Request, actor: Actor) -> Iterable[str]:
    """Return the projects that the menu leads to: a browser's session said them when it was looked up."""
    reader = reader_of(request)
    if reader is not None:
        return reader.projects
    with app_of(request).bench.database.read() as tx:
        return [one.name for one in projects.open_to(tx, actor)]


def quota_of(app: App, project: str) -> Quota:
    """Return where the project stands; nothing is read for it."""
    found = app.bench.lake.quotas.state(project)
    return Quota(used=found.used, limit=found.limit, state=found.state)


def bare_page(request: Request, template: str, view: View, *, status: int = 200) -> HTMLResponse:
    """Return a page that belongs to no project: sign-in, an error."""
    zone, theme = preferences(request.cookies)
    return _html(request, template, view, Frame(project="", zone=zone, theme=theme), status=status)


def error_page(request: Request, view: View, *, status: int) -> HTMLResponse:
    """Return an error: with the menu where it happened in a project that the reader may open."""
    zone, theme = preferences(request.cookies)
    reader = reader_of(request)
    asked = request.path_params.get("project", "")
    project = asked if reader and asked in reader.projects else ""
    frame = Frame(project=project, zone=zone, theme=theme)
    if reader and project:
        frame = replace(frame, projects=reader.projects, person=reader.name)
    return _html(request, "error.html", view, frame, status=status)


def _html(request: Request, template: str, view: View, frame: Frame, *, status: int = 200) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": content_security_policy()}
    return HTMLResponse(pages.render(template, view, frame), status_code=status, headers=headers)
