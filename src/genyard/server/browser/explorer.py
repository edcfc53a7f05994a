"""The pages of many traces: lists, sessions, two side by side, figures."""

from collections.abc import Sequence
from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from genyard.access.principals import Actor
from genyard.access.roles import allowed
from genyard.app import App
from genyard.core.errors import InvalidInput, NotFound, TooLarge
from genyard.observe.explorer import facets, series, sessions, traces, views
from genyard.observe.explorer.list_columns import CHOICES
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.order import read_order
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.score_series import ScorePoint, score_series
from genyard.observe.explorer.series import Every, Point
from genyard.observe.explorer.sessions import Sessions
from genyard.observe.explorer.span_forest import SpanForest
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.trace_trees import TraceTrees
from genyard.observe.explorer.traces import Row
from genyard.observe.explorer.views import ViewPage
from genyard.observe.explorer.window import DAY_NS, Window
from genyard.server.asked import between
from genyard.server.browser.answer import page
from genyard.server.browser.open_traces import open_forest
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.compare_view import compare_view
from genyard.server.pages.dashboard import SPLITS, dashboard
from genyard.server.pages.explored import Explored, explored
from genyard.server.pages.links import Links, TraceState
from genyard.server.pages.session_view import session_list, session_view
from genyard.server.pages.trace_list import FACETS, trace_list
from genyard.server.pages.views_bar import ViewsBar, views_bar

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

ROWS = 50
VALUES = 8
TURNS = 40
FIRST_SPAN = TraceState()
Text = Annotated[str, Query(max_length=4000)]
Word = Annotated[str, Query(max_length=200)]
Place = Annotated[str, Query(max_length=1200)]
"""A place among sessions holds the name of one."""


class Said(TypedDict):
    """What the address of a list or of figures says of query and time."""

    q: str
    window: str
    since: str
    until: str


def _said(q: Text = "", w: Word = "", since: Word = "", until: Word = "") -> Said:
    return Said(q=q, window=w, since=since, until=until)


SaidDep = Annotated[Said, Depends(_said)]


@router.get("/p/{project}/traces", **needs("trace:read"))
def trace_page(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    said: SaidDep,
    sort: Word = "",
    narrow: Word = "",
    cols: Annotated[list[Word], Query(max_length=40)] = [],  # noqa: B006  # FastAPI copies it
    after: Word = "",
) -> HTMLResponse:
    """Traces: newest first, or by what they cost or took. A query that is wrong is said above an empty list."""
    path = Links(project).traces()
    asked = explored(path, **said, sort=sort, narrow=narrow, columns=cols)
    rows, next_place, values, problem, hint = list[Row](), None, list[_Values](), "", ""
    try:
        query, order = read_query(asked.q), read_order(asked.sort)
        window = window_of(app, project, asked)
        more = [CHOICES[one] for one in asked.columns if CHOICES[one] in traces.MORE]
        read = (*traces.SHOWN, *more)
        found = traces.listing(window, query, order=order, limit=ROWS, after=after or None, columns=read)
        rows, next_place = found.rows, found.next
        values = _values(window, query) if asked.narrow else []
    except InvalidInput as error:
        problem, hint = error.message, error.hint
    view = trace_list(
        rows,
        links=Links(project),
        explored=asked,
        views=_views(app, project, actor, asked, "traces"),
        older=next_place or "",
        first=not after,
        facets=values,
        problem=problem,
        hint=hint,
        may_add=not actor.scopes and allowed(actor.role, "dataset:write"),
    )
    return page(request, "traces.html", view, project=project, actor=actor, current="traces")


@router.get("/p/{project}/sessions", **needs("trace:read"))
def session_page(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    said: SaidDep,
    after: Place = "",
) -> HTMLResponse:
    """Sessions, the one that was last active first."""
    asked = explored(Links(project).sessions(), **said)
    found, problem, hint = Sessions(sessions=[], next=None), "", ""
    try:
        query = read_query(asked.q)
        found = sessions.sessions(window_of(app, project, asked), query, limit=ROWS, after=after or None)
    except InvalidInput as error:
        problem, hint = error.message, error.hint
    view = session_list(
        found.sessions,
        links=Links(project),
        explored=asked,
        views=_views(app, project, actor, asked, "sessions"),
        older=found.next or "",
        first=not after,
        problem=problem,
        hint=hint,
    )
    return page(request, "sessions.html", view, project=project, actor=actor, current="sessions")


@router.get("/p/{project}/session", **needs("trace:read"))
def one_session(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    id: Annotated[str, Query(max_length=1000)],
    after: Place = "",
) -> HTMLResponse:
    """One session as the talk that it was. Raises NotFound."""
    links = Links(project)
    window = window_of(app, project, explored("", q="", window="90d"))
    found = sessions.traces_of(window, id, limit=TURNS, after=after or None)
    if not found.rows:
        raise NotFound("there is no such session in the last 90 days", hint="see the list of sessions")
    later = links.session(id, after=found.next) if found.next else ""
    view = session_view(id, sessions.with_texts(window, found.rows), links=links, later=later)
    return page(request, "session.html", view, project=project, actor=actor, current="sessions")


@router.get("/p/{project}/compare", **needs("trace:read"))
def compare(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    a: Word = "",
    b: Word = "",
    trace: Annotated[list[Word], Query(max_length=50)] = [],  # noqa: B006  # FastAPI copies it
) -> HTMLResponse:
    """Two traces side by side: ``a`` and ``b``, or those that were picked in the list."""
    trees: TraceTrees = request.app.state.trace_trees
    picked = [*dict.fromkeys(one.strip() for one in (a, b, *trace) if one.strip()), "", ""]
    sides, problem = list[SpanForest | None](), ""
    if not a and not b and picked.index("") != 2:
        problem = f"{picked.index('')} traces were picked in the list; two can be compared"
    for digits in picked[:2]:
        try:
            found = OneTrace.found(app.bench.lake, project, digits) if digits else None
            sides.append(open_forest(trees, found, FIRST_SPAN) if found else None)
        except (InvalidInput, NotFound) as error:
            sides.append(None)
            problem = problem or error.message
    view = compare_view(sides[0], sides[1], links=Links(project), asked=(picked[0], picked[1]), problem=problem)
    return page(request, "compare.html", view, project=project, actor=actor, current="traces")


@router.get("/p/{project}/dashboard", **needs("trace:read"))
def figures(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    said: SaidDep,
    by: Word = "",
    every: Word = "",
) -> HTMLResponse:
    """Traffic, errors, latency, usage and scores over time, together or split."""
    by = by if by in SPLITS else ""
    asked = explored(Links(project).dashboard, **said, by=by, every=every)
    points, scores, problem, hint = list[Point](), list[ScorePoint](), "", ""
    step: Every = "day"
    times, partial = list[int](), frozenset[int]()
    try:
        query, window = read_query(asked.q), window_of(app, project, asked)
        step = _step(asked, window)
        points = app.past_days.series(window, query, every=step, by=asked.by or None)
        scores = score_series(window, query, every=step, by=asked.by or None)
        times, partial = series.times(window, step), series.partial(window, step)
    except (InvalidInput, TooLarge) as error:
        problem, hint = error.message, error.hint
    view = dashboard(
        points,
        scores,
        links=Links(project),
        explored=asked,
        every=step,
        times=times,
        partial=partial,
        problem=problem,
        hint=hint,
    )
    return page(request, "dashboard.html", view, project=project, actor=actor, current="dashboard")


def _step(asked: Explored, window: Window) -> Every:
    """Return what figures are for: what was asked, else hours up to a day and the nanosecond that now takes."""
    if asked.every:
        return asked.every
    return "hour" if window.until_ns - window.since_ns <= DAY_NS + 1 else "day"


def window_of(app: App, project: str, asked: Explored) -> Window:
    """Return the time that a page is about. Raises InvalidInput."""
    now_ns = app.bench.clock.now_ns()
    since_ns, until_ns = between(asked.since, asked.until, hours=asked.hours, now_ns=now_ns)
    return Window(lake=app.bench.lake, project=project, since_ns=since_ns, until_ns=until_ns)


def _views(app: App, project: str, actor: Actor, asked: Explored, page: ViewPage) -> ViewsBar:
    with app.bench.database.read() as tx:
        kept = [one.view for one in views.listing(tx, project, page=page)]
    may_write = not actor.scopes and allowed(actor.role, "view:write")
    return views_bar(kept, page=page, links=Links(project), explored=asked, may_write=may_write)


_Values = tuple[str, Sequence[tuple[str, int]]]


def _values(window: Window, query: TraceQuery) -> list[_Values]:
    return [
        (column, [(one.value, one.traces) for one in facets.facets(window, column, query, limit=VALUES)])
        for column in FACETS
    ]
