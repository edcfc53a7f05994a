"""The pages of one thing: a trace, a release, a run, any artifact; and the door behind every cut text."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from genyard.access.principals import people_by_id
from genyard.access.roles import allowed
from genyard.app import App
from genyard.core.digest import Digest, digest_prefix, parse_digest
from genyard.core.errors import NotFound
from genyard.core.escape import one_line
from genyard.core.ids import RunId, TraceId
from genyard.core.refs import Ref
from genyard.develop.dataset_versions import rows_of_trace
from genyard.govern.affected import affected as find_affected
from genyard.observe.explorer import one_trace
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.trace_trees import TraceTrees
from genyard.observe.scores import scores_of_trace
from genyard.server.api.runs import erased_rows_of, run_json
from genyard.server.browser.answer import error_page, page
from genyard.server.browser.facts import made_by, release_facts, scorers_of
from genyard.server.browser.open_traces import open_forest
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.affected_view import affected_view
from genyard.server.pages.frame import Action
from genyard.server.pages.links import Links, trace_state
from genyard.server.pages.plain_views import not_an_id, thing_view
from genyard.server.pages.release_view import release_view
from genyard.server.pages.run_view import run_view
from genyard.server.pages.trace_view import trace_view
from genyard.store import artifacts, names, runs

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

TraceText = Annotated[str, Path(pattern="^[0-9a-f]{6,32}$")]
_TRACE = re.compile(r"[0-9a-f]{6,32}")
_BEGINNING = re.compile(r"[0-9a-f]{6,31}")
Word = Annotated[str, Query(max_length=64)]
Version = Annotated[int, Path(ge=1, le=999_999_999)]
"""As many digits as a reference may have; databases hold no endless numbers."""


@router.get("/p/{project}/go", **needs("project:read"))
def go(request: Request, project: str, q: Annotated[str, Query(max_length=200)], app: AppDep) -> Response:
    """Open what was pasted: a trace id, a run id, a digest, also the beginning of one. Else offer a search."""
    links = Links(project)
    found = links.find(q) or _by_beginning(app, links, q.strip().lower())
    if found is None:
        return error_page(request, not_an_id(q.strip(), links), status=404)
    return RedirectResponse(found, status_code=303)


def _by_beginning(app: App, links: Links, asked: str) -> str | None:
    """Return the page of the one trace or artifact whose id begins so: pages and commands show 8 digits of it."""
    if _BEGINNING.fullmatch(asked):
        try:
            return links.trace(OneTrace.found(app.bench.lake, links.project, asked).id)
        except NotFound:
            pass  # it may begin a digest
    if not digest_prefix(asked):
        return None
    with app.bench.database.read() as tx:
        digests = artifacts.find(tx, links.project, asked)
    return links.artifact(digests[0]) if len(digests) == 1 else None


@router.get("/p/{project}/traces/{trace}.json", **needs("trace:read"))
def trace_json(project: str, trace: TraceText, app: AppDep) -> JSONResponse:
    """Give a whole trace as JSON."""
    return JSONResponse({"spans": one_trace.trace(app.bench.lake, project, trace)})


@router.get("/p/{project}/traces/{trace}", **needs("trace:read"))
def trace(
    request: Request,
    project: str,
    trace: Annotated[str, Path(max_length=200)],
    app: AppDep,
    actor: ActorDep,
    tab: Word = "",
    span: Word = "",
    show: Word = "",
    open: Annotated[list[Word], Query(max_length=50)] = [],  # noqa: B006  # FastAPI copies it for each request
    after: Word = "",
) -> HTMLResponse:
    """One trace: its steps, the conversation, documents, scores. Raises NotFound."""
    if not _TRACE.fullmatch(trace):
        said = "a trace id has 32 of 0-9 and a-f; the first 6 are enough"
        raise NotFound(f"{one_line(trace, limit=60)} is no trace id", hint=said)
    found = OneTrace.found(app.bench.lake, project, trace)
    state = trace_state(tab=tab, span=span, show=show, opened=open, after=after)
    trees: TraceTrees = request.app.state.trace_trees
    spans = open_forest(trees, found, state)
    with app.bench.database.read() as tx:
        release = made_by(tx, project, [one.columns for one in spans.spans])
        scores = scores_of_trace(app.bench.lake, project, TraceId(found.id))
        scorers = scorers_of(tx, project, scores)
    view = trace_view(
        spans,
        links=Links(project),
        state=state,
        release=release,
        scores=scores,
        scorers=scorers,
        now_ns=app.bench.clock.now_ns(),
        may_score=not actor.scopes and allowed(actor.role, "score:write"),
        may_add=not actor.scopes and allowed(actor.role, "dataset:write"),
        in_datasets=[(one.name, row.id) for one, row in rows_of_trace(app.bench.library, project, found.id)],
    )
    return page(
        request,
        "trace.html",
        view,
        project=project,
        actor=actor,
        current="traces",
        provenance=view.provenance,
    )


@router.get("/p/{project}/traces/{trace}/spans/{span}/{column}.txt", **needs("trace:read"))
def span_column(project: str, trace: TraceText, span: str, column: str, app: AppDep) -> Response:
    """Give the whole of one column of one span as plain text."""
    found = OneTrace.found(app.bench.lake, project, trace).span(span)
    if found.get(column) is None:
        raise NotFound("there is no such text in this trace")
    value = found[column]
    text = value if isinstance(value, str) else JSONResponse(value).body
    return Response(text, media_type="text/plain; charset=utf-8")


@router.get("/p/{project}/s/{system}/releases/{version}.json", **needs("release:read"))
def release_json(project: str, system: str, version: Version, app: AppDep) -> JSONResponse:
    """Give a release's manifest as JSON."""
    with app.bench.database.read() as tx:
        found = names.resolve(tx, project, Ref(kind="release", name=system, version=version))
        return JSONResponse(artifacts.get(tx, project, found.digest).as_json())


@router.get("/p/{project}/s/{system}/releases/{version}", **needs("release:read"))
def release(
    request: Request, project: str, system: str, version: Version, app: AppDep, actor: ActorDep, diff: Word = ""
) -> HTMLResponse:
    """One release: may it ship, and why."""
    with app.bench.database.read() as tx:
        found = names.resolve(tx, project, Ref(kind="release", name=system, version=version))
        artifact = artifacts.get(tx, project, found.digest)
        facts = release_facts(tx, project, found, artifact)
    view = release_view(
        artifact.body,
        facts,
        links=Links(project),
        now_ns=app.bench.clock.now_ns(),
        whole_diff=diff == "whole",
    )
    return page(
        request, "release.html", view, project=project, actor=actor, current="releases", provenance=view.provenance
    )


@router.get("/p/{project}/runs/{run}", **needs("evaluation:read"))
def run(request: Request, project: str, run: str, app: AppDep, actor: ActorDep) -> HTMLResponse:
    """One run with its figures."""
    with app.bench.database.read() as tx:
        found, end = runs.get(tx, project, RunId(run))
        used = [*found.inputs, *(end.outputs if end else ())]
        known = {one.digest: names.names_of(tx, project, one.digest) for one in used}
        by = people_by_id(tx).get(found.principal, found.principal)
        erased = erased_rows_of(tx, found)
    body: dict[str, Any] = run_json(found, end) | {"result": end.result if end else None}
    view = run_view(
        found,
        end,
        links=Links(project),
        by=by,
        named={digest: ", ".join(str(one) for one in versions) for digest, versions in known.items()},
        body=body,
        raw_href=f"/api/projects/{project}/runs/{run}",
        erased_rows=erased,
    )
    return page(request, "thing.html", view, project=project, actor=actor, current="runs")


@router.get("/p/{project}/artifacts/{digest}", **needs("artifact:read"))
def artifact(request: Request, project: str, digest: str, app: AppDep, actor: ActorDep) -> Response:
    """Any artifact as it is; a release has a page of its own."""
    links = Links(project)
    with app.bench.database.read() as tx:
        found = artifacts.get(tx, project, parse_digest(digest))
        known = names.names_of(tx, project, Digest(digest))
    if found.kind == "release" and known:
        return RedirectResponse(links.release(known[0].name, known[0].version), status_code=303)
    heading = str(known[0]) if known else f"{found.kind} {digest[7:15]}"
    view = thing_view(
        heading,
        links=links,
        body=found.as_json(),
        raw_href=f"/api/projects/{project}/artifacts/{digest}",
        actions=(Action(text="What used it", href=links.affected(digest)),),
        cli=f"genyard affected {digest}",
    )
    return page(request, "thing.html", view, project=project, actor=actor, current="")


@router.get("/p/{project}/affected", **needs("lineage:read"))
def affected(
    request: Request,
    project: str,
    of: Annotated[str, Query(min_length=1, max_length=1024)],
    app: AppDep,
    actor: ActorDep,
) -> HTMLResponse:
    """What used a document, a digest or a reference."""
    found = find_affected(app.bench.library, app.bench.lake, project, of, now_ns=app.bench.clock.now_ns())
    view = affected_view(found, asked=of, links=Links(project))
    return page(request, "thing.html", view, project=project, actor=actor, current="traces")
