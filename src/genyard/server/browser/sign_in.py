"""Signing a browser in by the one-time link, and out; static files."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from genyard.access import projects, sessions
from genyard.access.projects import Project
from genyard.app import App
from genyard.core.errors import Unauthenticated
from genyard.core.refs import DEFAULT_PROJECT
from genyard.observe.explorer.window import DAY_NS
from genyard.server.browser.answer import LAST_PROJECT, NEXT, YEAR_S, bare_page
from genyard.server.guard import COOKIE, ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.links import Links
from genyard.server.pages.plain_views import sign_in_view
from genyard.server.pages.render import Pages
from genyard.store import names

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.get("/", **needs("settings:read"))
def home(request: Request, app: AppDep, actor: ActorDep) -> RedirectResponse:
    """Open the project that this person was in last, else one that has data: its traces where it has no system."""
    with app.bench.database.read() as tx:
        known = projects.open_to(tx, actor)
        name = request.cookies.get(LAST_PROJECT, "")
        if name not in {one.name for one in known}:
            name = _busiest(app, known) if known else actor.project or DEFAULT_PROJECT
        systems = any(True for _ in names.named(tx, name, "system"))
    links = Links(name)
    return RedirectResponse(links.home if systems or not _recent(app, name, 30) else links.traces(), status_code=303)


def _busiest(app: App, known: list[Project]) -> str:
    """Return the newest project of those with traces of today, else of this month, else of all."""
    return max(known, key=lambda one: (_recent(app, one.name, 1), _recent(app, one.name, 30), one.created_ns)).name


def _recent(app: App, project: str, days: int) -> bool:
    now_ns = app.bench.clock.now_ns()
    return (
        app.bench.lake.most_rows(table="spans", project=project, since_ns=now_ns - days * DAY_NS, until_ns=now_ns) > 0
    )


@router.get("/sign-in")
def ask(request: Request, code: str = "", next: str = "") -> HTMLResponse:
    """Show the form. The link alone changes nothing, so a prefetch spends nothing."""
    return bare_page(request, "sign_in.html", sign_in_view(code=code, next_path=next))


@router.post("/sign-in")
def sign_in(
    request: Request, app: AppDep, code: Annotated[str, Form(max_length=200)], next: Annotated[str, Form()] = ""
) -> Response:
    """Use the link up and start a session, in a cookie that scripts and other sites cannot use."""
    lifetime_s = int(app.bench.settings.session_hours * 3600)
    try:
        with app.bench.database.write() as tx:
            session = sessions.sign_in(
                tx,
                code.strip(),
                lifetime_ns=lifetime_s * 1_000_000_000,
                now_ns=app.bench.clock.now_ns(),
                ids=app.bench.ids,
            )
    except Unauthenticated as error:
        view = sign_in_view(next_path=next, problem=f"{error.message}. {error.hint}")
        return bare_page(request, "sign_in.html", view, status=401)
    # The link that signs in is opened anew, and does not know what was asked for before.
    wanted = next if next not in ("", "/") else unquote(request.cookies.get(NEXT, ""))
    answer = RedirectResponse(sign_in_view(next_path=wanted).next, status_code=303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, session.token, max_age=lifetime_s, httponly=True, samesite="strict", secure=secure)
    if NEXT in request.cookies:
        answer.delete_cookie(NEXT, httponly=True, samesite="strict")
    return answer


@router.post("/sign-out", **needs("settings:read"))
def sign_out(request: Request, app: AppDep) -> Response:
    """End the session."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        with app.bench.database.write() as tx:
            sessions.sign_out(tx, cookie, now_ns=app.bench.clock.now_ns())
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/static/{path:path}")
def static(request: Request, path: str) -> Response:
    """Return a file of the pages; its name holds its hash, so it may be kept for ever."""
    pages: Pages = request.app.state.pages
    content, kind = pages.static_file(path)
    headers = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
    return Response(content, media_type=kind, headers=headers)
