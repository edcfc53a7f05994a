"""Jobs over DBOS: durable workflows in a SQLite file of their own, or in the catalog's PostgreSQL."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from genyard.core.canonical import Json
from genyard.core.clock import Clock
from genyard.core.errors import Conflict, InvalidInput, NotFound
from genyard.core.ids import IdSource, JobId, PrincipalId
from genyard.jobs.port import HERE, Handlers, Job, JobState
from genyard.jobs.rows import (
    JOB,
    STATUSES,
    TICK,
    TIMERS,
    attributes_of,
    job_of,
    packed,
    plain_json,
    state_of,
    unpacked,
)

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

    from genyard.jobs.dbos_worker import DbosWorker

LOST_AFTER_NS: Final = 24 * 3_600_000_000_000
"""A job of a schedule that runs for longer keeps the schedule from going on: then it is cancelled."""
QUEUES: Final[Mapping[str, int]] = MappingProxyType({"default": 4, HERE: 4})


class DbosJobs:
    """The port ``Jobs``. Modules that import dbos are imported when first needed: it takes more than a second.

    ``queues`` is how many jobs of each queue one worker does at once. ``executor`` names the worker: the jobs that one
    left unfinished are taken up by the next of the same name, so two workers at a time need two names. ``poll_s`` is
    how often queues and cancellations are looked at, ``retry_s`` the pause before a step's first retry, ``grace_s``
    how long ``stop`` waits for steps to end; all in seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        handlers: Handlers,
        clock: Clock,
        ids: IdSource,
        executor: str = "worker",
        queues: Mapping[str, int] = QUEUES,
        poll_s: float = 0.25,
        retry_s: float = 1.0,
        grace_s: float = 10.0,
    ) -> None:
        self._url = url
        self._handlers = handlers
        self._clock = clock
        self._ids = ids
        self._executor = executor
        self._queues = queues
        self._poll_s = poll_s
        self._retry_s = retry_s
        self._grace_s = grace_s
        self._opening = threading.Lock()
        self._opened: DBOSClient | None = None
        self._worker: DbosWorker | None = None
        self._worker_client: DBOSClient | None = None

    @contextmanager
    def _client(self) -> Iterator["DBOSClient"]:
        from genyard.jobs.dbos_client import open_client, reaching

        with self._opening:
            if self._opened is None:
                self._opened = open_client(self._url, patient=False)
        with reaching():
            yield self._opened

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
        return self._enqueue(name, payload, project=project, principal=principal, job_id=job_id, queue=queue)

    def _enqueue(
        self,
        name: str,
        payload: Json,
        *,
        project: str,
        principal: str,
        job_id: str | None,
        queue: str,
        schedule: str | None = None,
    ) -> JobId:
        self._known_queue(queue)
        if job_id is not None and not job_id.strip():
            raise InvalidInput("the id of a job is blank", hint="give another id, or none")
        plain = plain_json(payload, what=f"the payload of job {name}")
        options: Any = {
            "workflow_name": JOB,
            "queue_name": self._in_database(queue),
            "workflow_id": job_id or self._ids.uuid7(),
            # The library's only column for whom a job is done for, and the only one to list by.
            "authenticated_user": project,
            "attributes": {"name": name, "principal": principal, "queue": self._in_database(queue)},
        }
        if schedule is not None:
            options |= {"deduplication_id": schedule, "duplication_policy": "return-existing"}
        with self._client() as client:
            given = JobId(client.enqueue(options, name, plain).get_workflow_id())
            if job_id is not None and schedule is None:
                self._same(self.get(given), name, project)
        return given

    def _in_database(self, queue: str) -> str:
        """Return the name that a queue has there, where workers of other names have theirs."""
        return f"{HERE}:{self._executor}" if queue == HERE else queue

    def _known_queue(self, queue: str) -> None:
        if queue not in self._queues:
            raise InvalidInput(f"there is no queue {queue}", hint=f"take one of {', '.join(sorted(self._queues))}")

    def _same(self, job: Job, name: str, project: str) -> None:
        if (job.name, job.project) != (name, project):
            raise Conflict(f"the id {job.id} is that of another job", hint="give another id, or none")

    def get(self, job_id: JobId) -> Job:
        with self._client() as client:
            return job_of(_row(client, job_id))

    def listing(self, *, project: str | None = None, state: JobState | None = None, limit: int = 50) -> list[Job]:
        found: list[Job] = []
        # One more than asked for tells whether the last one shares its moment with others.
        for job in self._newest_first(project, state, limit + 1):
            if state is None or job.state == state:
                found.append(job)
            if len(found) == limit:
                break
        return found

    def _newest_first(self, project: str | None, state: JobState | None, page: int) -> Iterator[Job]:
        """Yield all jobs whose row may be in ``state``; of one millisecond the one with the highest id first."""
        for _, same in groupby(self._pages(project, state, page), key=lambda job: job.created_ns):
            yield from sorted(same, key=lambda job: job.id, reverse=True)

    def _pages(self, project: str | None, state: JobState | None, page: int) -> Iterator[Job]:
        offset = 0
        while True:
            with self._client() as client:
                rows = client.list_workflows(
                    name=JOB,
                    user=project,
                    status=STATUSES[state] if state else None,
                    sort_desc=True,
                    limit=page,
                    offset=offset,
                )
            yield from map(job_of, rows)
            if len(rows) < page:
                return
            offset += page

    def cancel(self, job_id: JobId) -> None:
        with self._client() as client:
            state = state_of(_row(client, job_id))
            if state in ("done", "failed"):
                raise Conflict(f"job {job_id} is {state} and cannot be cancelled")
            # The mark first: without it a cancelled row is one that waits. A worker that finds the mark alone cancels.
            client.update_workflow_attributes(job_id, {"cancelled": True}, merge=True)
            client.cancel_workflow(job_id)

    def resume(self, job_id: JobId) -> None:
        with self._client() as client:
            row = _row(client, job_id)
            job = job_of(row)
            # A worker that died just before it put its job back left a row that is neither: it may be resumed too.
            if job.state == "waiting" or row.status not in ("CANCELLED", "ERROR"):
                raise Conflict(f"job {job_id} is {job.state}", hint="only a cancelled or failed job can be resumed")
            # The row is nobody's until the next execution marks it: one that still runs must not take it for its own.
            client.update_workflow_attributes(job_id, {"cancelled": False, "run": None}, merge=True)
            if row.status == "ERROR":
                client.rewind_workflow(job_id, start_step=_step_to_repeat(client, job_id), queue_name=job.queue)
            else:
                client.resume_workflow(job_id, queue_name=job.queue)

    def answer(self, job_id: JobId, reply: Json) -> None:
        plain = plain_json(reply, what=f"the reply to job {job_id}")
        if plain is None:
            raise InvalidInput("a reply cannot be null", hint="null is what the job sees when nobody replied in time")
        with self._client() as client:
            row = _row(client, job_id)
            if state_of(row) != "waiting":
                raise Conflict(f"job {job_id} does not wait for a reply: it is {state_of(row)}")
            attributes = attributes_of(row)
            wait = unpacked(attributes, "waiting")["wait"]
            # The reply first, then the resume: the waiting job relies on this order.
            client.update_workflow_attributes(job_id, {f"answer:{wait}": packed(plain)}, merge=True)
            client.resume_workflow(job_id, queue_name=attributes["queue"])

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
        self._known_queue(queue)
        schedule = f"{project}.{name}"
        context = {
            "schedule": schedule,
            "name": name,
            "payload": plain_json(payload, what=f"the payload of schedule {schedule}"),
            "project": project,
            "principal": principal,
            "queue": queue,
        }
        with self._client() as client:
            if cron is None:
                client.delete_schedule(schedule)
            else:
                _apply(client, schedule, cron, context)

    def _tick(self, scheduled_at: str, context: Mapping[str, Any]) -> None:
        wanted = f"{context['schedule']}.{scheduled_at}"
        job_id = self._enqueue_scheduled(wanted, context)
        if job_id != wanted and self._is_lost(self.get(job_id)):
            self.cancel(job_id)
            self._enqueue_scheduled(wanted, context)

    def _enqueue_scheduled(self, job_id: str, context: Mapping[str, Any]) -> JobId:
        """Enqueue a job of a schedule; return its id, or that of the one that is queued or runs still."""
        return self._enqueue(
            context["name"],
            context["payload"],
            project=context["project"],
            principal=context["principal"],
            job_id=job_id,
            queue=context["queue"],
            schedule=context["schedule"],
        )

    def _is_lost(self, job: Job) -> bool:
        """Return whether a scheduled job runs so long that its worker must have been taken away."""
        started_ns = job.started_ns if job.state == "running" else None
        return started_ns is not None and self._clock.now_ns() - started_ns > LOST_AFTER_NS

    def start(self) -> None:
        from genyard.jobs.dbos_client import open_client
        from genyard.jobs.dbos_worker import DbosWorker

        if self._worker is not None:
            raise Conflict("this worker was already started")
        with self._client():
            pass
        client = open_client(self._url, patient=True)
        worker = DbosWorker(
            self._url,
            client=client,
            handlers=self._handlers,
            clock=self._clock,
            ids=self._ids,
            executor=self._executor,
            queues={self._in_database(queue): places for queue, places in self._queues.items()},
            poll_s=self._poll_s,
            retry_s=self._retry_s,
            tick=self._tick,
        )
        try:
            worker.start()
        except BaseException:
            client.destroy()
            raise
        self._worker, self._worker_client = worker, client

    def stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop(grace_s=self._grace_s)
        for client in (self._worker_client, self._opened):
            if client is not None:
                client.destroy()
        self._worker_client = self._opened = None


def _row(client: "DBOSClient", job_id: str) -> "WorkflowStatus":
    rows = client.list_workflows(workflow_ids=[job_id], name=JOB)
    if not rows:
        raise NotFound(f"there is no job {job_id}", hint="genyard jobs lists them")
    return rows[0]


def _step_to_repeat(client: "DBOSClient", job_id: str) -> int:
    """Return the number of the step that failed, or the one after the last where the handler itself failed."""
    steps = client.list_workflow_steps(job_id)
    if not steps:
        return 1
    last = steps[-1]
    return last["function_id"] + (0 if last["error"] else 1)


def _apply(client: "DBOSClient", schedule: str, cron: str, context: Mapping[str, Any]) -> None:
    from dbos import error as library_error

    row: Any = {
        "schedule_name": schedule,
        "workflow_name": TICK,
        "schedule": cron,
        "context": context,
        "queue_name": TIMERS,
    }
    try:
        client.apply_schedules([row])
    except library_error.DBOSException as error:
        hint = "write five fields, or six that begin with seconds"
        raise InvalidInput(f"{cron!r} is no cron expression", hint=hint) from error
