"""The plain lists: systems, traces, releases, runs, jobs, audit."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from genyard.access import audit
from genyard.access.principals import people_by_id
from genyard.core.ids import RunId
from genyard.core.records import Run, RunEnd
from genyard.deploy.endpoints import Endpoint, endpoints
from genyard.deploy.releases import gate_of
from genyard.jobs.port import Job
from genyard.observe.explorer import traces
from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.window import DAY_NS, Window
from genyard.server.browser.answer import page
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages import list_pages
from genyard.server.pages.evidence import measured_line, metrics_line, metrics_of
from genyard.server.pages.links import Links
from genyard.server.pages.list_pages import AuditRow, JobRow, ReleaseRow, RunRow, SystemRow
from genyard.server.pages.lists import Page
from genyard.server.pages.run_view import subject
from genyard.store import artifacts, names, runs
from genyard.store.names import Version

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

ROWS = 50

Cursor = Annotated[str, Query(max_length=200)]


@router.get("/p/{project}", **needs("system:read"))
def systems(request: Request, project: str, app: AppDep, actor: ActorDep) -> HTMLResponse:
    """Home: which systems there are, what is live, how good it is."""
    now_ns = app.bench.clock.now_ns()
    with app.bench.database.read() as tx:
        serving = endpoints(tx, project)
        found = [
            (name, _system(tx, project, name, serving))
            for name in dict.fromkeys(one.name for one in names.named(tx, project, "system"))
        ]
    counts = {
        name: traces.count(
            Window(lake=app.bench.lake, project=project, since_ns=now_ns - DAY_NS, until_ns=now_ns + 1),
            TraceQuery(root=(Filter(column="endpoint", operator="is", value=f"{name}@prod"),)),
        )
        for name, row in found
        if row.live is not None
    }
    rows = [replace(row, answers=counts.get(name)) for name, row in found]
    view = list_pages.systems_page(rows, links=Links(project))
    return page(request, "list.html", view, project=project, actor=actor, current="systems")


@router.get("/p/{project}/releases", **needs("release:read"))
def releases(request: Request, project: str, app: AppDep, actor: ActorDep, system: Cursor = "") -> HTMLResponse:
    """Releases with their verdicts, newest first."""
    with app.bench.database.read() as tx:
        serving = endpoints(tx, project)
        people = people_by_id(tx)
        systems = [system] if system else [one.name for one in names.named(tx, project, "release")]
        versions = [one for name in systems for one in names.versions(tx, project, "release", name)]
        newest = sorted(versions, key=lambda one: one.at_ns, reverse=True)[:ROWS]
        rows = [_release(tx, project, one, serving, people) for one in newest]
    more = f"the newest {ROWS} of {len(versions)}" if len(versions) > ROWS else ""
    view = list_pages.releases_page(rows, links=Links(project), page=Page(notice=more))
    return page(request, "list.html", view, project=project, actor=actor, current="releases")


@router.get("/p/{project}/runs", **needs("evaluation:read"))
def run_list(request: Request, project: str, app: AppDep, actor: ActorDep, after: Cursor = "") -> HTMLResponse:
    """Runs, newest first."""
    with app.bench.database.read() as tx:
        found = runs.listing(tx, project, limit=ROWS + 1, after=RunId(after) if after else None)
        people = people_by_id(tx)
    older = found[ROWS - 1][0].id if len(found) > ROWS else ""
    rows = [_run(run, end, people) for run, end in found[:ROWS]]
    view = list_pages.runs_page(rows, links=Links(project), page=Page(older=older, first=not after))
    return page(request, "list.html", view, project=project, actor=actor, current="runs")


@router.get("/p/{project}/jobs", **needs("job:read"))
def jobs(request: Request, project: str, app: AppDep, actor: ActorDep) -> HTMLResponse:
    """Jobs, newest first."""
    found = app.jobs.listing(project=project, limit=ROWS)
    view = list_pages.jobs_page([_job(one) for one in found], links=Links(project), page=Page())
    return page(request, "list.html", view, project=project, actor=actor, current="jobs")


@router.get("/p/{project}/audit", **needs("audit:read"))
def events(request: Request, project: str, app: AppDep, actor: ActorDep, after: Cursor = "") -> HTMLResponse:
    """What was done, newest first, and whether the chain of it is whole."""
    from_sequence = int(after) if after.isdecimal() and len(after) < 16 else None
    with app.bench.database.read() as tx:
        found = audit.events(tx, project, after=from_sequence, limit=ROWS + 1)
        people = people_by_id(tx)
    rows = [
        AuditRow(
            sequence=one.sequence,
            at_ns=one.at_ns,
            actor=people.get(one.actor, one.actor),
            verb=one.verb,
            object=one.object,
            detail=", ".join(f"{name} {value}" for name, value in one.detail.items() if value),
            hash=one.hash,
        )
        for one in found[:ROWS]
    ]
    older = str(found[ROWS - 1].sequence) if len(found) > ROWS else ""
    # Recomputing the chain takes longer the longer it is, so the page says how to and does not do it.
    said = "verify the chain with: genyard audit verify"
    where = Page(older=older, first=not after)
    view = list_pages.audit_page(rows, links=Links(project), page=where, verified=said)
    return page(request, "list.html", view, project=project, actor=actor, current="audit")


def _system(tx: Connection, project: str, name: str, serving: list[Endpoint]) -> SystemRow:
    versions = names.versions(tx, project, "release", name)
    live = next((one for one in serving if one.system == name and one.environment == "prod"), None)
    on_prod = next((one for one in versions if live and one.digest == live.release), None)
    newest = artifacts.get(tx, project, versions[0].digest) if versions else None
    return SystemRow(
        name=name,
        live=on_prod.version if on_prod else None,
        live_since_ns=live.since_ns if live else None,
        newest=versions[0].version if versions else None,
        newest_verdict=str(gate_of(newest)["verdict"]) if newest else "none",
        evidence=measured_line(newest.body) if newest else "",
    )


def _release(tx: Connection, project: str, one: Version, serving: list[Endpoint], people: dict[str, str]) -> ReleaseRow:
    body = artifacts.get(tx, project, one.digest)
    return ReleaseRow(
        system=one.name,
        version=one.version,
        digest=one.digest,
        verdict=str(gate_of(body)["verdict"]),
        evidence=measured_line(body.body),
        environments=[at.environment for at in serving if at.system == one.name and at.release == one.digest],
        registered_ns=one.at_ns,
        registered_by=people.get(one.by, one.by),
    )


def _run(run: Run, end: RunEnd | None, people: dict[str, str]) -> RunRow:
    return RunRow(
        id=run.id,
        activity=run.activity,
        status=end.status if end else "running",
        subject=subject(run),
        started_ns=run.started_ns,
        duration_ns=end.ended_ns - run.started_ns if end else None,
        by=people.get(run.principal, run.principal),
        result=end.error or metrics_line(metrics_of(end.result)) if end else "",
    )


def _job(job: Job) -> JobRow:
    note = job.error.message if job.error else str(job.waiting_for.ask) if job.waiting_for else ""
    return JobRow(
        id=job.id,
        name=job.name,
        status=job.state,
        queued_ns=job.created_ns,
        duration_ns=job.ended_ns - job.started_ns if job.ended_ns and job.started_ns else None,
        attempts=job.attempts,
        note=note,
    )
