"""Signing a browser in by the one-time link, and out; static files."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from genyard.access import projects, sessions
from genyard.core.errors import Unauthenticated
from genyard.core.refs import DEFAULT_PROJECT
from genyard.server.browser.answer import bare_page
from genyard.server.guard import COOKIE, ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.plain_views import sign_in_view
from genyard.server.pages.render import Pages

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

YEAR_S = 365 * 86_400


@router.get("/", **needs("settings:read"))
def home(app: AppDep, actor: ActorDep) -> RedirectResponse:
    """Open the first project that this person may see."""
    with app.bench.database.read() as tx:
        found = projects.listing(tx, actor)
    name = found[0].name if found else actor.project or DEFAULT_PROJECT
    return RedirectResponse(f"/p/{name}", status_code=303)


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
    answer = RedirectResponse(sign_in_view(next_path=next).next, status_code=303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, session.token, max_age=lifetime_s, httponly=True, samesite="strict", secure=secure)
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
