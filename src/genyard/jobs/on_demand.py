"""Jobs whose worker starts with the first job: a command that needs none does not pay for one."""

from threading import Lock

from genyard.core.canonical import Json
from genyard.core.ids import JobId, PrincipalId
from genyard.jobs.port import Job, Jobs, JobState


class JobsOnDemand:
    """The port ``Jobs`` around another, whose worker it starts as soon as there is work to do here."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._started = False
        self._lock = Lock()  # guards _started: the worker may be started once

    def enqueue(
        self,
        name: str,
        payload: Json,
        *,
        project: str,
        principal: PrincipalId,
        job_id: JobId | None = None,
        queue: str = "default",
    ) -> JobId:
        enqueued = self._jobs.enqueue(name, payload, project=project, principal=principal, job_id=job_id, queue=queue)
        self.start()
        return enqueued

    def get(self, job_id: JobId) -> Job:
        return self._jobs.get(job_id)

    def listing(self, *, project: str | None = None, state: JobState | None = None, limit: int = 50) -> list[Job]:
        return self._jobs.listing(project=project, state=state, limit=limit)

    def cancel(self, job_id: JobId) -> None:
        self._jobs.cancel(job_id)

    def resume(self, job_id: JobId) -> None:
        self._jobs.resume(job_id)
        self.start()

    def answer(self, job_id: JobId, reply: Json) -> None:
        self._jobs.answer(job_id, reply)
        self.start()

    def schedule(
        self,
        name: str,
        cron: str | None,
        payload: Json = None,
        *,
        project: str,
        principal: PrincipalId,
        queue: str = "default",
    ) -> None:
        self._jobs.schedule(name, cron, payload, project=project, principal=principal, queue=queue)

    def start(self) -> None:
        """Start the worker; again changes nothing."""
        with self._lock:
            if not self._started:
                self._jobs.start()
                self._started = True

    def stop(self) -> None:
        self._jobs.stop()
