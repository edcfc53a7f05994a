"""The worker: one process's instance of the workflow library, doing jobs by their handlers' names."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from dbos import _dbos as library_state

from genyard.core.canonical import Json
from genyard.core.clock import Clock, rfc3339
from genyard.core.errors import Cancelled, Conflict, GenyardError, NotFound
from genyard.core.ids import IdSource
from genyard.jobs.dbos_client import APPLICATION, VERSION, library_url, prepare, reaching, recorded
from genyard.jobs.dbos_context import DbosJobContext, Surroundings, Unwound
from genyard.jobs.port import Handler, Handlers
from genyard.jobs.quiet import QuietQueues
from genyard.jobs.rows import JOB, TICK, TIMERS, WAKE, attributes_of, plain_json, state_of, unpacked
from genyard.store.sqlite import SCHEME, Commits, path_of

MOST_STARTS: Final = 20
"""A job that its worker did not survive this often is not begun again until somebody resumes it."""
_HOUR_NS: Final = 3_600_000_000_000

log = logging.getLogger("genyard.jobs")

Tick = Callable[[str, Mapping[str, Any]], None]


class DbosWorker:
    """Runs jobs until it is stopped. A process has at most one, because the library keeps its instance in a global."""

    def __init__(
        self,
        url: str,
        *,
        client: DBOSClient,
        handlers: Handlers,
        clock: Clock,
        ids: IdSource,
        executor: str,
        queues: Mapping[str, int],
        poll_s: float,
        retry_s: float,
        tick: Tick,
    ) -> None:
        self._url = url
        self._handlers = handlers
        self._executor = executor
        self._queues = queues
        self._tick = tick
        self._around = Surroundings(
            client=client, clock=clock, ids=ids, stopping=threading.Event(), poll_s=poll_s, retry_s=retry_s
        )
        self._commits: Commits | None = None
        self._active = 0
        self._idle = threading.Condition()

    def start(self) -> None:
        """Raises Conflict when a worker already runs in this process."""
        if library_state._dbos_global_instance is not None:
            raise Conflict("a worker already runs in this process", hint="stop it first")
        prepare()
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": library_url(self._url),
                "application_version": VERSION,
                "executor_id": self._executor,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "enable_otlp": False,
                "sys_db_pool_size": 10,
                "scheduler_polling_interval_sec": 5.0,
                # Nothing here listens for the library's notifications; its threads need not look for them often.
                "notification_listener_polling_interval_sec": 1.0,
                "notification_coalesce_sec": 0.25,
            }
        )
        try:
            self._register()
            # Else it would take jobs out of the queues that are another worker's own.
            DBOS.listen_queues([*self._queues, TIMERS])
            with reaching():
                # Before the launch: the library looks for new queues only once a second.
                for queue, places in self._queues.items():
                    self._around.client.register_queue(
                        queue, worker_concurrency=places, polling_interval_sec=self._around.poll_s
                    )
                # The library puts what is due into this queue once a second.
                self._around.client.register_queue(TIMERS, polling_interval_sec=4 * self._around.poll_s)
                DBOS.launch()
                self._keep_quiet()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            raise

    def _keep_quiet(self) -> None:
        if self._url.startswith(SCHEME):
            self._commits = Commits(path_of(self._url))
            QuietQueues(library_state._get_dbos_instance(), self._commits).install()

    def _register(self) -> None:
        # Closures and not methods: the library treats a method as belonging to a class that it must know by name.
        def job(name: str, payload: Any) -> Any:
            return self._do(name, payload)

        def tick(scheduled_at: str, context: Any) -> None:
            self._tick(scheduled_at, context)
            self._forget_ticks(context["schedule"])

        def wake(job_id: str, wait: int) -> None:
            self._wake(job_id, wait)

        DBOS.workflow(name=JOB, max_recovery_attempts=MOST_STARTS)(job)
        DBOS.workflow(name=TICK, max_recovery_attempts=MOST_STARTS)(tick)
        DBOS.workflow(name=WAKE, max_recovery_attempts=MOST_STARTS)(wake)

    def stop(self, *, grace_s: float) -> None:
        """Let what runs reach its next step for ``grace_s`` seconds, then end the library's threads."""
        self._around.stopping.set()
        with self._idle:
            if not self._idle.wait_for(lambda: self._active == 0, timeout=grace_s):
                log.warning(
                    "%d jobs did not reach a step within %g s; they go on at the next start", self._active, grace_s
                )
        DBOS.destroy(destroy_registry=True)
        if self._commits is not None:
            self._commits.close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._active += 1
        try:
            yield
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def _do(self, name: str, payload: Json) -> Json:
        with self._counted():
            job_id = str(DBOS.workflow_id)
            context = DbosJobContext(self._around, job_id, payload)
            try:
                return self._outcome(name, context)
            except Cancelled:
                self._leave_cancelled(job_id, context)
                raise Unwound from None
            except GenyardError as error:
                ours = error.code == GenyardError.code
                log.warning("job %s (%s) failed: %s: %s", job_id, name, error.code, error, exc_info=ours)
                raise recorded(error) from error
            except (Exception, SystemExit) as error:
                log.exception("job %s (%s) failed", job_id, name)
                raise recorded(error) from error
            finally:
                context.write_progress()

    def _outcome(self, name: str, context: DbosJobContext) -> Json:
        context.check_now()
        result: Json = plain_json(self._handler(name)(context), what=f"the result of job {context.job_id}")
        context.check_now()
        return result

    def _handler(self, name: str) -> Handler:
        handler = self._handlers.get(name)
        if handler is None:
            raise NotFound(f"this worker has no handler named {name}", hint="resume the job on a worker that has one")
        return handler

    def _leave_cancelled(self, job_id: str, context: DbosJobContext) -> None:
        """Cancel the job where its own handler decided so, or where somebody's cancel was only half written."""
        if context.has(self._around.row(job_id)):
            self._around.note(job_id, cancelled=True)
            self._around.client.cancel_workflow(job_id)

    def _wake(self, job_id: str, wait: int) -> None:
        """End a wait that nobody answered. The reply, where one came meanwhile, wins."""
        self._around.note(job_id, **{f"timeout:{wait}": True})
        row = self._around.row(job_id)
        waiting = unpacked(attributes_of(row), "waiting")
        if state_of(row) == "waiting" and waiting["wait"] == wait:
            self._around.resume(job_id)

    def _forget_ticks(self, schedule: str) -> None:
        """Delete old ticks, but not young ones: while they are there another worker does not fire them again."""
        old = self._around.client.list_workflows(
            name=TICK,
            schedule_name=schedule,
            completed_before=rfc3339(self._around.clock.now_ns() - _HOUR_NS),
            limit=100,
            load_input=False,
            load_output=False,
        )
        if old:
            self._around.client.delete_workflows([row.workflow_id for row in old])
