"""Runs: what was done, with what code, what went in and came out."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from genyard.core.clock import rfc3339
from genyard.core.ids import RunId
from genyard.core.records import Run, RunEnd
from genyard.develop.dataset_versions import erased_since
from genyard.server.guard import AppDep, GuardedRoute, needs
from genyard.store import runs

router = APIRouter(tags=["runs"], route_class=GuardedRoute)


@router.get("/api/projects/{project}/runs", **needs("evaluation:read"))
def listing(
    project: str,
    app: AppDep,
    activity: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(max_length=40)] = None,
) -> dict[str, Any]:
    """List runs, newest first; ``after`` goes on from ``next``."""
    with app.bench.database.read() as tx:
        found = runs.listing(tx, project, activity=activity, limit=limit + 1, after=RunId(after) if after else None)
    return {
        "next": found[limit - 1][0].id if len(found) > limit else None,
        "runs": [run_json(run, end) for run, end in found[:limit]],
    }


@router.get("/api/projects/{project}/runs/{run}", **needs("evaluation:read"))
def show(project: str, run: str, app: AppDep) -> dict[str, Any]:
    """Show one run with its result."""
    with app.bench.database.read() as tx:
        found, end = runs.get(tx, project, RunId(run))
        erased = erased_rows_of(tx, found)
    return run_json(found, end) | {"erased_rows": erased, "result": end.result if end else None}


def erased_rows_of(tx: Connection, run: Run) -> int:
    """Return how many rows of the datasets that a run read were erased since."""
    return sum(erased_since(tx, run.project, one.digest) for one in run.inputs if one.kind == "dataset")


def run_json(run: Run, end: RunEnd | None) -> dict[str, Any]:
    """Return a run as the API shows it. One without an end is running."""
    return {
        "activity": run.activity,
        "code": run.code.as_json() if run.code else None,
        "ended": rfc3339(end.ended_ns) if end else None,
        "error": end.error if end else "",
        "id": run.id,
        "inputs": [one.as_json() for one in run.inputs],
        "parameters": run.parameters,
        "principal": run.principal,
        "started": rfc3339(run.started_ns),
        "status": end.status if end else "running",
    }
