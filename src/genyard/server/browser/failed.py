"""An error as a page, where a page was asked for."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from genyard.core.errors import OUTCOMES, GenyardError, Unauthenticated
from genyard.server.browser.answer import NEXT, error_page
from genyard.server.errors import answer_error
from genyard.server.otlp import PATHS as OTLP
from genyard.server.otlp import answer_otlp_error
from genyard.server.pages.plain_views import error_view

_LONGEST_KEPT = 3000
"""Browsers keep no longer cookies."""
PROGRAMS = ("/api/", "/v1/", "/openapi.json")


def show_error(request: Request, error: GenyardError) -> Response:
    """Answer a program in JSON; send a person who is not signed in to sign in, and show them anything else."""
    path = request.url.path
    if path in OTLP:
        return answer_otlp_error(request, error)
    if path.startswith(PROGRAMS) or "text/html" not in request.headers.get("accept", ""):
        return answer_error(error)
    if isinstance(error, Unauthenticated) and request.method == "GET":
        return _sign_in(path, request.url.query)
    view = error_view(error, changed=request.method != "GET")
    return error_page(request, view, status=OUTCOMES[error.code].http_status)


def _sign_in(path: str, query: str) -> Response:
    wanted = quote(f"{path}?{query}" if query else path, safe="/")
    answer = RedirectResponse(f"/sign-in?next={wanted}", status_code=303)
    if path != "/" and len(wanted) <= _LONGEST_KEPT:
        answer.set_cookie(NEXT, wanted, max_age=600, httponly=True, samesite="strict")
    return answer
