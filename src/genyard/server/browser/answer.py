"""A view as an answer: the frame around it, the policy that keeps the page to itself."""

from typing import Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse

from genyard.access.principals import Actor
from genyard.server.pages.frame import Crumb, Frame, NavKey, ProvenanceItem, preferences
from genyard.server.pages.render import Pages, View, content_security_policy


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
) -> HTMLResponse:
    """Return a page of a project."""
    zone, theme = preferences(request.cookies)
    frame = Frame(
        project=project,
        person=actor.name,
        current=current,
        crumbs=view.crumbs,
        provenance=provenance,
        cli=view.cli,
        zone=zone,
        theme=theme,
    )
    return _html(request, template, view, frame)


def bare_page(request: Request, template: str, view: View, *, status: int = 200) -> HTMLResponse:
    """Return a page that belongs to no project: sign-in, an error."""
    zone, theme = preferences(request.cookies)
    return _html(request, template, view, Frame(project="", zone=zone, theme=theme), status=status)


def _html(request: Request, template: str, view: View, frame: Frame, *, status: int = 200) -> HTMLResponse:
    pages: Pages = request.app.state.pages
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": content_security_policy()}
    return HTMLResponse(pages.render(template, view, frame), status_code=status, headers=headers)
