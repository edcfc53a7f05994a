"""Jobs: what runs, waits, failed."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import JsonValue

from genyard.app import App
from genyard.core.clock import rfc3339
from genyard.core.errors import NotFound
from genyard.core.ids import JobId
from genyard.jobs.port import Job, JobState
from genyard.server.body import Body
from genyard.server.guard import AppDep, GuardedRoute, needs

router = APIRouter(tags=["jobs"], route_class=GuardedRoute)

ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")
_LOOK_S = 0.05


class ReplyRequest(Body):
    """A person's reply to a job that waits for one."""

    reply: JsonValue


@router.get("/api/projects/{project}/jobs", **needs("job:read"))
def listing(project: str, app: AppDep, state: JobState | None = None) -> dict[str, Any]:
    """List jobs, newest first."""
    return {"jobs": [job_json(one) for one in app.jobs.listing(project=project, state=state)]}


@router.get("/api/projects/{project}/jobs/{job}", **needs("job:read"))
async def show(project: str, job: str, app: AppDep, wait_s: Annotated[float, Query(ge=0, le=30)] = 0) -> dict[str, Any]:
    """Show one job. With ``wait_s`` the answer is held back until the job has ended or that many seconds are over.

    Who waits is refused when the disk is full: the end of the job might not be recorded before there is room.
    """
    until_s = app.bench.clock.monotonic_s() + wait_s
    while True:
        found = await run_in_threadpool(_job, app, project, job)
        if found.state in ENDED or app.bench.clock.monotonic_s() >= until_s:
            return job_json(found)
        app.home.check_room()
        await asyncio.sleep(_LOOK_S)


@router.post("/api/projects/{project}/jobs/{job}/cancel", **needs("job:cancel"))
def cancel(project: str, job: str, app: AppDep) -> dict[str, Any]:
    """Stop a job; what it finished is kept."""
    app.jobs.cancel(_job(app, project, job).id)
    return job_json(_job(app, project, job))


@router.post("/api/projects/{project}/jobs/{job}/resume", **needs("job:cancel"))
def resume(project: str, job: str, app: AppDep) -> dict[str, Any]:
    """Take a cancelled or failed job up again."""
    app.jobs.resume(_job(app, project, job).id)
    return job_json(_job(app, project, job))


@router.post("/api/projects/{project}/jobs/{job}/answer", **needs("job:answer"))
def answer(project: str, job: str, body: ReplyRequest, app: AppDep) -> dict[str, Any]:
    """Give a waiting job its reply."""
    app.jobs.answer(_job(app, project, job).id, body.reply)
    return job_json(_job(app, project, job))


def job_json(job: Job) -> dict[str, Any]:
    """Return a job as the API shows it."""
    error, at, question = job.error, job.progress, job.waiting_for
    return {
        "attempts": job.attempts,
        "created": rfc3339(job.created_ns),
        "ended": rfc3339(job.ended_ns) if job.ended_ns else None,
        "error": {"code": error.code, "hint": error.hint, "message": error.message} if error else None,
        "id": job.id,
        "name": job.name,
        "principal": job.principal,
        "progress": {"done": at.done, "note": at.note, "total": at.total} if at else None,
        "result": job.result,
        "started": rfc3339(job.started_ns) if job.started_ns else None,
        "state": job.state,
        "waiting_for": question.ask if question else None,
    }


def _job(app: App, project: str, job: str) -> Job:
    found = app.jobs.get(JobId(job))
    if found.project != project:
        raise NotFound(f"no job {job} in project {project}", hint="genyard jobs lists them")
    return found
