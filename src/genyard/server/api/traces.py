"""Traces: the newest, and one with all its spans."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from genyard.core.clock import rfc3339
from genyard.observe import queries
from genyard.server.guard import AppDep, needs

router = APIRouter(tags=["traces"])

Hours = Annotated[float, Query(gt=0, le=24 * 366)]


@router.get("/api/projects/{project}/traces", **needs("trace:read"))
def listing(
    project: str,
    app: AppDep,
    hours: Hours = 168,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=200)] = None,
    endpoint: Annotated[str | None, Query(max_length=200)] = None,
    release: Annotated[str | None, Query(max_length=71)] = None,
) -> dict[str, Any]:
    """List the newest traces of a time window."""
    now_ns = app.bench.clock.now_ns()
    given = {"endpoint": endpoint, "release": release}
    page = queries.latest(
        app.bench.lake,
        project,
        since_ns=now_ns - int(hours * 3600e9),
        until_ns=now_ns + 1,
        filters=[queries.Filter(column=name, operator="is", value=value) for name, value in given.items() if value],
        limit=limit,
        after=after,
    )
    return {"next": page.next, "traces": [trace_json(row) for row in page.rows]}


@router.get("/api/projects/{project}/traces/{trace}", **needs("trace:read"))
def show(project: str, trace: Annotated[str, Path(pattern="^[0-9a-f]{6,32}$")], app: AppDep) -> dict[str, Any]:
    """Show one trace: its spans in order of start, payloads included."""
    return {"spans": queries.trace(app.bench.lake, project, trace)}


def trace_json(row: queries.Row) -> dict[str, Any]:
    """Return a trace as a list shows it."""
    return {
        "at": rfc3339(int(str(row["start_ns"]))),
        "cost_usd": row["cost_usd"],
        "duration_ms": int(str(row["duration_ns"])) / 1e6,
        "endpoint": row["endpoint"],
        "preview": row["preview"] or row["span_name"],
        "release": row["release"],
        "status": "error" if row["status"] == "error" else "ok",
        "trace_id": row["trace_id"],
    }
