"""A tiny site that serves every page from hand-made views, in this process on a free loopback port."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from socket import socket
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.server.pages import hostile, samples

from genyard.core.canonical import Json
from genyard.core.digest import digest_of_json
from genyard.core.errors import NotFound
from genyard.develop.datasets import Row
from genyard.observe.explorer.score_series import ScorePoint
from genyard.observe.explorer.series import Point
from genyard.observe.explorer.sessions import Session
from genyard.observe.explorer.span_forest import span_forest
from genyard.observe.explorer.views import SavedView, ViewPage
from genyard.observe.explorer.window import DAY_NS
from genyard.server.pages import list_pages as lists
from genyard.server.pages.compare_view import CompareView, compare_view
from genyard.server.pages.dashboard import DashboardView, dashboard
from genyard.server.pages.dataset_view import (
    AddView,
    DatasetRow,
    add_view,
    datasets_page,
    outcome_view,
    row_view,
    rows_page,
)
from genyard.server.pages.evidence import evidence_line, measured_line
from genyard.server.pages.explored import Explored, explored
from genyard.server.pages.frame import Frame, NavKey, preferences
from genyard.server.pages.links import Links, trace_state
from genyard.server.pages.lists import ListView, Page
from genyard.server.pages.plain_views import ThingView, error_view, sign_in_view
from genyard.server.pages.release_view import ReleaseFacts, ReleaseView, release_view
from genyard.server.pages.render import Pages, View, content_security_policy
from genyard.server.pages.run_view import run_view
from genyard.server.pages.session_view import SessionListView, SessionView, session_list, session_view
from genyard.server.pages.settings_view import KeyRow, Masked, Quota, Taken, settings_view
from genyard.server.pages.trace_list import TraceListView, trace_list
from genyard.server.pages.trace_view import MadeBy, TraceView, trace_view
from genyard.server.pages.views_bar import ViewsBar, views_bar

LINKS = Links("acme")
Made = tuple[str, View, Frame]
"""Template, view, frame."""


Shown = (
    TraceView
    | TraceListView
    | SessionListView
    | SessionView
    | CompareView
    | DashboardView
    | ReleaseView
    | ListView
    | ThingView
    | AddView
)


def frame(current: NavKey, view: Shown) -> Frame:
    """Return the frame that the wiring makes of what a view says about itself."""
    provenance = view.provenance if isinstance(view, TraceView | ReleaseView) else ()
    return Frame(
        project="acme",
        projects=("acme", "shop", "x" * 64),
        person="Mara Lind",
        current=current,
        crumbs=view.crumbs,
        provenance=provenance,
        cli=view.cli,
    )


@cache
def _large_trace() -> list[dict[str, Json]]:
    return samples.large_trace(50_000)


def trace(request: Request) -> Made:
    query = request.query_params
    state = trace_state(
        tab=query.get("tab", ""),
        span=query.get("span", ""),
        show=query.get("show", ""),
        opened=query.getlist("open"),
        after=query.get("after", ""),
    )
    trace_id = request.path_params["trace"]
    made_of: dict[str, Callable[[], list[dict[str, Json]]]] = {"large": _large_trace, "hostile": hostile.spans}
    spans = made_of.get(trace_id, samples.answer_spans)()
    made = MadeBy(
        system="helpdesk", version=7, digest=samples.RELEASE, evidence=evidence_line(samples.release_body("pass"))
    )
    scores = hostile.scores() if trace_id == "hostile" else samples.answer_scores()
    view = trace_view(
        spans,
        links=LINKS,
        state=state,
        release=made,
        scores=scores,
        scorers={digest_of_json("answer_f1"): "answer_f1", "mara": "Mara Lind"},
        now_ns=samples.NOW_NS,
        may_score=True,
        may_add=True,
        in_datasets=[("golden", "a"), (hostile.MARK, hostile.MARK)],
    )
    return "trace.html", view, frame("traces", view)


def release(request: Request) -> Made:
    version = request.path_params["version"]
    facts, body = (
        (hostile.release_facts(), hostile.release_body())
        if version == 666
        else (samples.release_facts(), samples.release_body())
    )
    if version == 1:
        facts = ReleaseFacts(
            system="helpdesk",
            version=1,
            digest=samples.RELEASE,
            system_digest=samples.SYSTEM,
            registered_ns=samples.NOW_NS,
            registered_by="Jon Park",
        )
        body = {"name": "helpdesk"}
    view = release_view(
        body, facts, links=LINKS, now_ns=samples.NOW_NS, whole_diff=request.query_params.get("diff") == "whole"
    )
    return "release.html", view, frame("releases", view)


def listed(request: Request) -> Made:
    name = request.path_params["name"]
    empty = "empty" in request.query_params
    view = _LISTS[name](0 if empty else 50)
    return "list.html", view, frame(_CURRENT.get(name, ""), view)


def systems(_: Request) -> Made:
    rows = [
        lists.SystemRow(
            name="helpdesk",
            live=7,
            newest=8,
            newest_verdict="undecided",
            answers=12_410,
            evidence=measured_line(samples.release_body()),
        ),
        lists.SystemRow(name="invoices", live=None),
    ]
    view = lists.systems_page(rows, links=LINKS)
    return "list.html", view, frame("systems", view)


def saved_views(page: ViewPage, asked: Explored) -> ViewsBar:
    views = [SavedView(name="everything", page=page), *(SavedView(name=f"view-{n}" * 4, query="a") for n in range(9))]
    return views_bar(views, page=page, links=LINKS, explored=asked, may_write=True)


def traces(request: Request) -> Made:
    query = request.query_params
    asked = explored(
        LINKS.traces(),
        q=query.get("q", ""),
        window=query.get("w", ""),
        since=query.get("since", ""),
        until=query.get("until", ""),
        narrow=query.get("narrow", ""),
        columns=query.getlist("cols"),
    )
    rows = [samples.answer_spans()[0] | hostile.preview(number) for number in range(0 if asked.q else 50)]
    values = [("model", [("gpt-4o", 40), (hostile.MARK, 2)])] if asked.narrow else []
    problem = "there is no column 'modle' to ask for" if asked.q else ""
    view = trace_list(
        rows,
        links=LINKS,
        explored=asked,
        views=saved_views("traces", asked),
        older="abc",
        facets=values,
        problem=problem,
        hint="",
        may_add=True,
    )
    return "traces.html", view, frame("traces", view)


def sessions(_: Request) -> Made:
    rows = [
        Session(
            id=f"s{number} {hostile.MARK}",
            first_ns=samples.NOW_NS,
            last_ns=samples.NOW_NS,
            traces=3,
            errors=number % 2,
            user=hostile.MARK,
            tokens=None if number else 1_200,
            cost_usd=0.01,
            preview=hostile.LONG,
        )
        for number in range(20)
    ]
    asked = explored(LINKS.sessions(), q="", window="")
    view = session_list(rows, links=LINKS, explored=asked, views=saved_views("sessions", asked), older="abc")
    return "sessions.html", view, frame("sessions", view)


def session(_: Request) -> Made:
    rows = [samples.answer_spans()[0], hostile.spans()[0], samples.answer_spans()[0]]
    view = session_view(hostile.MARK, rows, links=LINKS, later="?after=x")
    return "session.html", view, frame("sessions", view)


def compare(_: Request) -> Made:
    view = compare_view(
        span_forest(samples.answer_spans()),
        span_forest(hostile.spans()),
        links=LINKS,
        asked=(samples.TRACE, "hostile"),
    )
    return "compare.html", view, frame("traces", view)


def figures(request: Request) -> Made:
    times = [samples.NOW_NS // DAY_NS * DAY_NS - day * DAY_NS for day in reversed(range(8))]
    groups = [None] if "by" not in request.query_params else [f"model-{number}" for number in range(9)] + [hostile.MARK]
    points = [_point(at, group, place) for place, at in enumerate(times) for group in groups if place != 3]
    scores = [ScorePoint(at_ns=times[-1], group=None, name=hostile.MARK, mean=0.7, count=9)]
    asked = explored(LINKS.dashboard, q="", window="", by="model" if len(groups) > 1 else "")
    view = dashboard(
        points, scores, links=LINKS, explored=asked, every="day", times=times, partial={times[0], times[-1]}
    )
    return "dashboard.html", view, frame("dashboard", view)


def _point(at_ns: int, group: str | None, place: int) -> Point:
    return Point(
        at_ns=at_ns,
        group=group,
        count=100 + place,
        errors=place % 3,
        p50_ns=1e9,
        p95_ns=2e9 + place * 1e8,
        p99_ns=3e9,
        ttft_p50_s=None,
        ttft_p95_s=None,
        input_tokens=10,
        output_tokens=10,
        tokens=20_000 * place,
        cost_usd=0.1 * place if place > 4 else None,
    )


def _rows() -> list[Row]:
    origin: dict[str, Json] = {
        "endpoint": hostile.MARK,
        "scores": [{"kind": "person", "label": "down", "name": "feedback"}],
        "span": "a100000000000006",
        "trace": samples.TRACE,
        "user": hostile.LONG,
    }
    answers: dict[str, Json] = {"answers": [hostile.LONG]}
    return [
        Row(id="a", inputs={"question": hostile.LONG}, expected=answers, tags=(hostile.MARK,), origin=origin),
        Row(id="b", inputs={"question": "What does a lost badge cost?"}, source="it/badges.md"),
        Row(id=hostile.MARK, inputs={}, erased=True),
    ]


def dataset(_: Request) -> Made:
    view = rows_page("golden", 14, _rows(), links=LINKS, total="3 rows", next_row="b", first=False)
    return "list.html", view, frame("datasets", view)


def dataset_row(request: Request) -> Made:
    first, second, erased = _rows()
    row = erased if "erased" in request.query_params else first
    history = [(14, samples.NOW_NS, row), (2, samples.NOW_NS - 10**15, second)]
    view = row_view("golden", 14, row, links=LINKS, history=history, release=("helpdesk 7", "#"), may_add=True)
    return "thing.html", view, frame("datasets", view)


def add_to_dataset(request: Request) -> Made:
    asked = [
        (samples.TRACE, hostile.LONG, hostile.LONG, ""),
        ("ab" * 16, "", "", f"it holds no question {hostile.MARK}"),
    ]
    asked = asked if "many" in request.query_params else asked[:1]
    present = ("golden", _rows()[0]) if len(asked) == 1 else None
    view = add_view(asked, links=LINKS, datasets=["golden", "pets"], chosen="golden", present=present)
    return "add_to_dataset.html", view, frame("traces", view)


def added(_: Request) -> Made:
    done = [(samples.TRACE, "added", hostile.LONG, "a"), ("ab" * 16, "refused", hostile.MARK, "")]
    view = outcome_view("golden", done, links=LINKS, cli="genyard dataset show golden")
    return "thing.html", view, frame("datasets", view)


def settings(_: Request) -> Made:
    view = settings_view(
        links=LINKS,
        quota=Quota(used=49_000_000_000, limit=50_000_000_000, state="near"),
        keep_days=30,
        tables=[Taken(name=name, rows=1_000_000, files=9, size=10**9) for name in ("spans", "scores", "logs")],
        days=[
            Taken(name=f"2026-11-{day:02d}", rows=10**6, files=1, size=10**8, media=10**7, cost_usd=1.5)
            for day in range(30, 0, -1)
        ],
        masked=Masked(mode="mask", rules=["email", "iban"], custom=[hostile.MARK], media="keep"),
        keys=[
            KeyRow(
                name=hostile.LONG,
                role="developer",
                scopes=["serve:helpdesk"],
                state="works",
                last_used_ns=None,
                expires_ns=samples.NOW_NS,
            )
        ],
        body={"days": []},
    )
    warned = replace(frame("settings", view), warning=Quota(used=9, limit=9, state="full").warning)
    return "thing.html", view, warned


def _datasets(count: int) -> ListView:
    rows = [
        DatasetRow(
            name=f"golden-{number}",
            version=14,
            rows=412,
            erased=number % 2,
            traced=40,
            registered_ns=samples.NOW_NS,
            registered_by=hostile.MARK,
        )
        for number in range(count)
    ]
    return datasets_page(rows, links=LINKS)


def _releases(count: int) -> ListView:
    rows = [
        lists.ReleaseRow(
            system="helpdesk",
            version=count - number,
            digest=digest_of_json(number),
            verdict=("undecided", "pass", "fail", "none")[number % 4],
            evidence=measured_line(samples.release_body("pass")),
            environments=("staging",) if not number else ("prod",) if number == 1 else (),
            registered_ns=samples.NOW_NS - number * 10**14,
            registered_by="Jon Park",
        )
        for number in range(count)
    ]
    return lists.releases_page(rows, links=LINKS, page=Page(older="" if count < 10 else "x"))


def _runs(count: int) -> ListView:
    rows = [
        lists.RunRow(
            id=f"019a4c7e-11a2-7cc3-9e4f-{number:012x}",
            activity="evaluate",
            status=("running", "done", "failed", "cancelled")[number % 4],
            subject="helpdesk on golden:14",
            started_ns=samples.NOW_NS - number * 10**12,
            duration_ns=None if not number else 220_400_000_000,
            by="Jon Park",
            result="answer_f1 0.742 [0.711, 0.772], n 412 × 3" if number % 4 == 1 else "",
        )
        for number in range(count)
    ]
    return lists.runs_page(rows, links=LINKS, page=Page())


def _jobs(count: int) -> ListView:
    states = ("running", "queued", "waiting", "done", "failed", "cancelled")
    rows = [
        lists.JobRow(
            id=f"019a4c7e-11a2-7cc3-9e4f-{number:012x}",
            name="evaluate",
            status=states[number % 6],
            attempts=1,
            queued_ns=samples.NOW_NS - number * 10**12,
            duration_ns=12_400_000_000 if number else None,
            note="212 of 412 cases" if not number else "",
        )
        for number in range(count)
    ]
    return lists.jobs_page(rows, links=LINKS, page=Page())


def _audit(count: int) -> ListView:
    rows = [
        lists.AuditRow(
            sequence=48_211 - number,
            at_ns=samples.NOW_NS - number * 10**12,
            actor="Mara Lind",
            verb="deployed",
            object="endpoint/helpdesk@prod",
            detail="7 → 8, gate passed",
            hash=digest_of_json(number),
            object_href=LINKS.release("helpdesk", 8),
        )
        for number in range(count)
    ]
    return lists.audit_page(
        rows, links=LINKS, page=Page(older="a"), verified="chain verified to event 48,211 at 09:00, signed"
    )


_LISTS: dict[str, Callable[[int], ListView]] = {
    "releases": _releases,
    "runs": _runs,
    "jobs": _jobs,
    "audit": _audit,
    "datasets": _datasets,
}


def run(_: Request) -> Made:
    view = run_view(
        samples.evaluation(),
        samples.evaluation_end(),
        links=LINKS,
        by="Mara Lind",
        named={samples.SYSTEM: "system/helpdesk:8"},
        body=samples.release_body(),
        raw_href="/p/acme/runs/x.json",
    )
    return "thing.html", view, frame("runs", view)


def sign_in(request: Request) -> Made:
    problem = "This code was used, or is older than ten minutes." if "problem" in request.query_params else ""
    return (
        "sign_in.html",
        sign_in_view(code=request.query_params.get("code", ""), problem=problem),
        Frame(project=""),
    )


def error(_: Request) -> Made:
    failed = NotFound("there is no trace 4bf92f35 in this project", hint="see the list of traces")
    return "error.html", error_view(failed), Frame(project="acme", person="Mara Lind")


def site(reports: list[str]) -> Starlette:
    """Return the app. What browsers report against the policy is added to ``reports``."""
    pages = Pages()
    policy = content_security_policy() + "; report-uri /csp-report"

    def page(make: Callable[[Request], Made]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            template, view, around = make(request)
            zone, theme = preferences(request.cookies)
            html = pages.render(template, view, replace(around, zone=zone, theme=theme))
            return Response(html, media_type="text/html", headers={"Content-Security-Policy": policy})

        return answer

    def static(request: Request) -> Response:
        content, kind = pages.static_file(request.path_params["path"])
        return Response(content, headers={"Content-Type": kind, "Cache-Control": "max-age=31536000, immutable"})

    async def report(request: Request) -> Response:
        reports.append((await request.body()).decode())
        return PlainTextResponse("")

    return Starlette(
        routes=[
            Route("/static/{path:path}", static),
            Route("/csp-report", report, methods=["POST"]),
            Route("/sign-in", page(sign_in)),
            Route("/p/acme", page(systems)),
            Route("/p/acme/error", page(error)),
            Route("/p/acme/runs/{run}", page(run)),
            Route("/p/acme/traces/{trace}", page(trace)),
            Route("/p/acme/s/helpdesk/releases/{version:int}", page(release)),
            Route("/p/acme/traces", page(traces)),
            Route("/p/acme/sessions", page(sessions)),
            Route("/p/acme/session", page(session)),
            Route("/p/acme/compare", page(compare)),
            Route("/p/acme/dashboard", page(figures)),
            Route("/p/acme/settings", page(settings)),
            Route("/p/acme/datasets/golden", page(dataset)),
            Route("/p/acme/datasets/golden/row", page(dataset_row)),
            Route("/p/acme/add-to-dataset", page(add_to_dataset)),
            Route("/p/acme/added", page(added)),
            Route("/p/acme/{name}", page(listed)),
        ]
    )


_CURRENT: dict[str, NavKey] = {
    "releases": "releases",
    "runs": "runs",
    "jobs": "jobs",
    "audit": "audit",
    "datasets": "datasets",
}

PATHS = {
    "systems": "/p/acme",
    "traces": "/p/acme/traces",
    "traces_values": "/p/acme/traces?narrow=1",
    "traces_columns": "/p/acme/traces?cols=service&cols=session,user,tags&cols=duration",
    "traces_time": "/p/acme/traces?since=2026-11-23T09:00&until=2026-11-24T09:00",
    "sessions": "/p/acme/sessions",
    "session": "/p/acme/session?id=x",
    "compare": "/p/acme/compare?a=x&b=y",
    "dashboard": "/p/acme/dashboard",
    "dashboard_split": "/p/acme/dashboard?by=model",
    "releases": "/p/acme/releases",
    "runs": "/p/acme/runs",
    "jobs": "/p/acme/jobs",
    "audit": "/p/acme/audit",
    "datasets": "/p/acme/datasets",
    "dataset": "/p/acme/datasets/golden",
    "dataset_row": "/p/acme/datasets/golden/row?id=a",
    "dataset_row_erased": "/p/acme/datasets/golden/row?id=x&erased=1",
    "add_to_dataset": f"/p/acme/add-to-dataset?trace={samples.TRACE}",
    "settings": "/p/acme/settings",
    "add_many": "/p/acme/add-to-dataset?many=1",
    "added": "/p/acme/added",
    "empty": "/p/acme/jobs?empty=1",
    "run": "/p/acme/runs/x",
    "trace": f"/p/acme/traces/{samples.TRACE}",
    "trace_span": f"/p/acme/traces/{samples.TRACE}?span=a100000000000006",
    "trace_conversation": f"/p/acme/traces/{samples.TRACE}?tab=conversation",
    "trace_documents": f"/p/acme/traces/{samples.TRACE}?tab=documents",
    "trace_scores": f"/p/acme/traces/{samples.TRACE}?tab=scores",
    "trace_raw": f"/p/acme/traces/{samples.TRACE}?tab=raw",
    "trace_large": "/p/acme/traces/large",
    "trace_hostile": "/p/acme/traces/hostile",
    "trace_hostile_talk": "/p/acme/traces/hostile?tab=conversation",
    "release": "/p/acme/s/helpdesk/releases/8",
    "release_first": "/p/acme/s/helpdesk/releases/1",
    "release_hostile": "/p/acme/s/helpdesk/releases/666",
    "sign_in": "/sign-in",
    "sign_in_link": "/sign-in?code=8fd1&problem=1",
    "error": "/p/acme/error",
}


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve ``app`` on a free loopback port and give its address."""
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
