"""The lake of a project: what it takes, by table and day, and what it may take."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from genyard.access import projects
from genyard.app import App, take_limits
from genyard.govern import lake_limits
from genyard.govern.lake_limits import MOST_BYTES, MOST_DAYS, LakeLimits
from genyard.pipelines.enqueue import enqueue_once
from genyard.pipelines.lake_care import COMPACT
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.store.delta import DataFile
from genyard.store.lake import EVER_NS
from genyard.store.media_sizes import Taken
from genyard.store.usage import Usage, by_day, usage_of

router = APIRouter(tags=["lake"], route_class=GuardedRoute)


class LimitsRequest(Body):
    """For how many days rows are kept (null: for ever), and how many bytes (null: as the home says).

    What is left out stays as it is.
    """

    keep_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None
    quota_bytes: Annotated[int, Field(ge=0, le=MOST_BYTES)] | None = None


@router.get("/api/projects/{project}/lake", **needs("trace:read"))
def show(project: str, app: AppDep) -> dict[str, Any]:
    """Show what the project's spans, scores and media take and its model calls cost, by day, and its limits."""
    files = {
        name: [one for one in stored.files if one.project == project] for name, stored in app.bench.lake.tables.items()
    }
    every = [one for listed in files.values() for one in listed]
    with app.bench.database.read() as tx:
        limits = lake_limits.limits(tx, project)
    costs, days = _costs(app, project), by_day(every)
    media = app.bench.lake.media.taken(project)
    return {
        "days": [
            {
                "day": day,
                "cost_usd": costs.get(day),
                "media_bytes": media[day].bytes if day in media else 0,
                **_usage(days.get(day, usage_of([]))),
            }
            for day in sorted({*days, *media}, reverse=True)
        ],
        "limits": _limits(app, project, limits),
        "media": asdict(sum(media.values(), Taken())),
        "log": {"bytes": app.bench.lake.unflushed_bytes, "rows": app.bench.lake.unflushed_rows},
        "tables": {name: _table(listed) for name, listed in files.items()},
        "total": _usage(usage_of(every)),
    }


@router.post("/api/projects/{project}/lake/compact", status_code=202, **needs("project:admin"))
def compact(project: str, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Merge small files now, in all projects of the home; it also happens by itself."""
    # A job of the project, so that whoever asked can see it.
    return {"job": enqueue_once(app.jobs, COMPACT, {}, project=project, principal=actor.principal)}


@router.post("/api/projects/{project}/lake/limits", **needs("project:admin"))
def limit(project: str, body: LimitsRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Set for how long and how much the project keeps. Days that are too old are dropped once a day."""
    with app.bench.database.write() as tx:
        projects.ensure(tx, project, by=actor, at_ns=app.bench.clock.now_ns())  # limits are of those that were made
        wanted = replace(lake_limits.limits(tx, project), **body.model_dump(exclude_unset=True))
        lake_limits.set_limits(tx, project, wanted, by=actor, at_ns=app.bench.clock.now_ns())
    take_limits(app.bench, app.local.actor)
    return _limits(app, project, wanted)


def _costs(app: App, project: str) -> dict[str, float | None]:
    """Return the cost of each day's model calls, sums on the spans above them left out; None where none is known."""
    sql = "SELECT day, sum(cost_usd) AS cost FROM spans WHERE usage_scope = 'self' GROUP BY day"
    rows = app.bench.lake.query(sql, table="spans", project=project, since_ns=0, until_ns=EVER_NS)
    return {str(row["day"]): None if row["cost"] is None else float(str(row["cost"])) for row in rows}


def _limits(app: App, project: str, limits: LakeLimits) -> dict[str, Any]:
    quota = app.bench.lake.quotas.state(project)
    return {"keep_days": limits.keep_days, "quota_bytes": quota.limit, "state": quota.state, "used_bytes": quota.used}


def _table(files: Sequence[DataFile]) -> dict[str, Any]:
    return {**_usage(usage_of(files)), "replacing_files": sum(one.supersedes for one in files)}


def _usage(used: Usage) -> dict[str, Any]:
    per_row = used.bytes_per_row
    return {
        "bytes": used.size,
        "bytes_per_row": None if per_row is None else round(per_row, 1),
        "files": used.files,
        "rows": used.rows,
    }
