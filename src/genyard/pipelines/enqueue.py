"""Enqueue work that is not under way already."""

from genyard.core.canonical import JsonObject
from genyard.core.ids import JobId, PrincipalId
from genyard.govern.erasure_requests import ErasureRequest
from genyard.jobs.port import HERE, Jobs, JobState

ERASE = "erase"
UNFINISHED: tuple[JobState, ...] = ("queued", "running", "waiting")
MOST_LOOKED_AT = 1000
"""How many unfinished jobs of each state are looked through, the newest first."""


def enqueue_erasure(jobs: Jobs, request: ErasureRequest) -> JobId:
    """Enqueue the job of a request, whose id it has, or let it go on where it failed or was cancelled.

    The request is a file of this home: another server on the same catalog could not do it.
    """
    job_id = JobId(request.id)
    principal = PrincipalId(request.by)
    payload = {"request": request.id}
    jobs.enqueue(ERASE, payload, project=request.project, principal=principal, job_id=job_id, queue=HERE)
    if jobs.get(job_id).state in ("failed", "cancelled"):
        jobs.resume(job_id)
    return job_id


def enqueue_once(jobs: Jobs, name: str, payload: JsonObject, *, project: str, principal: PrincipalId) -> JobId:
    """Enqueue a job, or return the one that does the same work already: asking twice does not make it twice.

    So a client that was cut off asks again and goes on waiting for the same job. Where the process that did it is
    gone, enqueuing it under its own id wakes the worker here, which takes it up.
    """
    same = (
        job.id
        for state in UNFINISHED
        for job in jobs.listing(project=project, state=state, limit=MOST_LOOKED_AT)
        if job.name == name and job.input == payload and job.principal == principal
    )
    return jobs.enqueue(name, payload, project=project, principal=principal, job_id=next(same, None))
