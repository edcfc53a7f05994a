"""The jobs that look after the lake: merging files, dropping days that are too old."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from genyard.access import audit
from genyard.access.audit import EVERY_PROJECT
from genyard.access.principals import Actor
from genyard.core.canonical import Json, JsonObject
from genyard.core.clock import day_of
from genyard.core.ids import PrincipalId
from genyard.govern import lake_limits
from genyard.jobs.port import JobContext, Jobs
from genyard.pipelines.workbench import Workbench
from genyard.store.delta import DataFile
from genyard.store.usage import usage_of

COMPACT, RETAIN = "compact", "retain"
COMPACT_CRON = "*/10 * * * *"
"""A server that takes many spans writes a file every second: ten minutes bound how many a query has to open."""
RETAIN_CRON = "20 3 * * *"
DAY_NS = 86_400_000_000_000


def schedule(jobs: Jobs, *, principal: PrincipalId) -> None:
    """Let the lake of this home be looked after. Raises Unreachable, StorageFull."""
    jobs.schedule(COMPACT, COMPACT_CRON, {}, project=EVERY_PROJECT, principal=principal)
    jobs.schedule(RETAIN, RETAIN_CRON, {}, project=EVERY_PROJECT, principal=principal)


def compact(bench: Workbench, context: JobContext) -> JsonObject:
    """Merge what is to be merged, in all projects: a table's files are one thing."""
    done = bench.upkeep.compact(check=context.check)
    return {name: asdict(one) for name, one in done.items()}


def retain(bench: Workbench, context: JobContext) -> JsonObject:
    """Drop the days of each project that are older than it keeps, and tell of it in its chain."""
    dropped: dict[str, Json] = {}
    with bench.database.read() as tx:
        wanted = lake_limits.all_limits(tx, _keeper(context.principal))
    now_ns = bench.clock.now_ns()
    for project, limit in wanted.items():
        context.check()
        if limit.keep_days is not None:
            before = day_of(max(0, now_ns - limit.keep_days * DAY_NS))
            days = _drop(bench, project, before, by=context.principal)
            dropped |= {project: days} if days else {}
    # Counted as they come and go; other servers of the same lake are seen by this.
    bench.lake.media.measure()
    bench.lake.measure()
    return dropped


def _drop(bench: Workbench, project: str, before: str, *, by: PrincipalId) -> dict[str, Json]:
    old = bench.upkeep.older(project, before=before)
    media = bench.upkeep.older_media(project, before=before)
    if not any(old.values()) and not media:
        return {}
    detail: dict[str, Json] = {"before": before, **_told(old)}
    if media:
        detail["media"] = {"bytes": sum(one.size for one in media), "files": len(media)}
    # The event first: a kill in between leaves days that the next run drops, and tells of once more.
    with bench.database.write() as tx:
        audit.append(
            tx,
            project=project,
            actor=by,
            verb="dropped",
            object="lake/days",
            detail=detail,
            at_ns=bench.clock.now_ns(),
        )
    bench.upkeep.drop_days(project, before=before)
    return detail


def _told(gone: Mapping[str, Sequence[DataFile]]) -> dict[str, Json]:
    told: dict[str, Json] = {}
    for name, files in gone.items():
        used = usage_of(files)
        told[name] = {"bytes": used.size, "days": len({one.day for one in files}), "rows": used.rows}
    return told


def _keeper(principal: PrincipalId) -> Actor:
    """Return who drops days: the schedule of the home, for all projects."""
    return Actor(principal=principal, name=principal, project=None, role="admin")
