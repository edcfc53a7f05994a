"""The pages of many traces: lists, sessions, two side by side, figures."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from genyard.app import App
from genyard.core.errors import InvalidInput
from genyard.observe import facets, traces
from genyard.observe.order import read_order
from genyard.observe.query_text import read_query
from genyard.observe.trace_query import TraceQuery
from genyard.observe.traces import Row
from genyard.observe.window import HOUR_NS, Window
from genyard.server.browser.answer import page
from genyard.server.guard import ActorDep, AppDep, needs
from genyard.server.pages.explored import Explored, explored
from genyard.server.pages.links import Links
from genyard.server.pages.trace_list import FACETS, trace_list

router = APIRouter(include_in_schema=False)

ROWS = 50
VALUES = 8
Text = Annotated[str, Query(max_length=4000)]
Word = Annotated[str, Query(max_length=200)]


@router.get("/p/{project}/traces", **needs("trace:read"))
def trace_page(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    q: Text = "",
    w: Word = "",
    sort: Word = "",
    narrow: Word = "",
    after: Word = "",
) -> HTMLResponse:
    """Traces: newest first, or by what they cost or took. A query that is wrong is said above an empty list."""
    asked = explored(Links(project).traces(), q=q, window=w, sort=sort, narrow=narrow)
    rows, next_place, values, problem, hint = list[Row](), None, list[_Values](), "", ""
    try:
        query, order = read_query(asked.q), read_order(asked.sort)
        window = window_of(app, project, asked)
        found = traces.listing(window, query, order=order, limit=ROWS, after=after or None)
        rows, next_place = found.rows, found.next
        values = _values(window, query) if asked.narrow else []
    except InvalidInput as error:
        problem, hint = error.message, error.hint
    view = trace_list(
        rows,
        links=Links(project),
        explored=asked,
        older=next_place or "",
        first=not after,
        facets=values,
        problem=problem,
        hint=hint,
    )
    return page(request, "traces.html", view, project=project, actor=actor, current="traces")


def window_of(app: App, project: str, asked: Explored) -> Window:
    """Return the time up to now that a page is about."""
    now_ns = app.bench.clock.now_ns()
    return Window(
        lake=app.bench.lake, project=project, since_ns=max(0, now_ns - asked.hours * HOUR_NS), until_ns=now_ns + 1
    )


_Values = tuple[str, Sequence[tuple[str, int]]]


def _values(window: Window, query: TraceQuery) -> list[_Values]:
    return [
        (column, [(one.value, one.traces) for one in facets.facets(window, column, query, limit=VALUES)])
        for column in FACETS
    ]
