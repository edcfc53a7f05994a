"""What a handler is given: steps, progress, cancellation and waiting, over one row of the workflow library."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from dbos import DBOS, DBOSClient, PortableWorkflowError, WorkflowStatus
from dbos import error as library_error

from genyard.core.canonical import Json
from genyard.core.clock import Clock
from genyard.core.errors import (
    AccessError,
    Cancelled,
    Conflict,
    GateError,
    InvalidInput,
    NotFound,
    ProviderOverloaded,
    UserError,
)
from genyard.core.ids import IdSource, JobId, PrincipalId
from genyard.jobs.dbos_client import rebuilt, recorded
from genyard.jobs.port import Progress, Value
from genyard.jobs.rows import TIMERS, WAKE, attributes_of, job_of, packed, plain_json, reply_of

PROGRESS_EVERY_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
BEYOND_RETRY: Final = (UserError, AccessError, GateError, SystemExit)
"""What another try cannot mend."""


class Unwound(BaseException):
    """Leaves a handler without an outcome: the row already says what comes next.

    It is no Exception, so that a handler that catches everything does not catch it.
    """


class _Unrecorded(BaseException):
    """Carries Cancelled out of a step. The library records Exceptions as the step's result, and this it must not."""

    def __init__(self, error: Cancelled) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all jobs of one worker share."""

    client: DBOSClient
    clock: Clock
    ids: IdSource
    stopping: threading.Event
    poll_s: float
    retry_s: float
    """The pause before the first retry of a step, in seconds."""

    def row(self, job_id: str) -> WorkflowStatus:
        found = self.client.list_workflows(workflow_ids=[job_id], load_input=False, load_output=False)
        if not found:
            raise NotFound(f"there is no job {job_id}", hint="genyard jobs lists them")
        return found[0]

    def note(self, job_id: str, **attributes: str | bool | None) -> None:
        self.client.update_workflow_attributes(job_id, attributes, merge=True)

    def resume(self, job_id: str) -> None:
        self.client.resume_workflow(job_id, queue_name=job_of(self.row(job_id)).queue)


class DbosJobContext:
    """The port's JobContext."""

    def __init__(self, around: Surroundings, job_id: str, payload: Json) -> None:
        self._around = around
        self._payload = payload
        self._run = around.ids.uuid7()
        # The mark by which an execution sees that a later one has its row.
        around.note(job_id, run=self._run)
        self._job = job_of(around.row(job_id))
        self._thread = threading.get_ident()
        self._in_step = False
        self._waits = 0
        self._asked_s = float("-inf")
        self._taken_away = False
        self._lost = False
        self._progress: Progress | None = None
        self._progress_s = float("-inf")

    @property
    def payload(self) -> Json:
        return self._payload

    @property
    def job_id(self) -> JobId:
        return self._job.id

    @property
    def project(self) -> str:
        return self._job.project

    @property
    def principal(self) -> PrincipalId:
        return self._job.principal

    def step(self, name: str, fn: Callable[[], Value], *, retries: int = 0) -> Value:
        if self._in_step or threading.get_ident() != self._thread:
            raise InvalidInput(
                f"step {name} of job {self.job_id} was begun inside another step or thread",
                hint="begin steps in the handler itself, one after the other",
            )
        self._leave_if_stopping()
        self._in_step = True
        try:
            return DBOS.run_step({"name": name}, self._attempts, name, fn, retries)
        except PortableWorkflowError as error:
            raise rebuilt(error) from error.__cause__
        except _Unrecorded as carrier:
            raise carrier.error from None
        except library_error.DBOSWorkflowCancelledError as error:
            self._lost = True
            raise Cancelled(f"job {self.job_id} was cancelled") from error
        except library_error.DBOSWorkflowConflictIDError as error:
            raise Cancelled(f"job {self.job_id} was cancelled") from error
        except (library_error.DBOSUnexpectedStepError, library_error.DBOSStepNondeterminismError) as error:
            raise Conflict(
                f"job {self.job_id} has another step recorded where its handler now has {name}",
                hint="enqueue it again: its handler changed since it was begun",
            ) from error
        finally:
            self._in_step = False

    def _attempts(self, name: str, fn: Callable[[], Value], retries: int) -> Value:
        try:
            return self._tried(name, fn, retries)
        except Cancelled as error:
            raise _Unrecorded(error) from error

    def _tried(self, name: str, fn: Callable[[], Value], retries: int) -> Value:
        tried = 0
        while True:
            try:
                value: Value = plain_json(fn(), what=f"the result of step {name}")
                return value
            except Cancelled:
                raise
            except (Exception, SystemExit) as error:
                if tried >= retries or isinstance(error, BEYOND_RETRY):
                    raise recorded(error) from error
                self._pause(tried, error)
            tried += 1

    def _pause(self, tried: int, error: BaseException) -> None:
        asked_for = error.retry_after_s if isinstance(error, ProviderOverloaded) else None
        pause_s = min(max(self._around.retry_s * 2**tried, asked_for or 0.0), LONGEST_PAUSE_S)
        self._around.stopping.wait(pause_s)
        self.check()

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        self._progress = Progress(done=done, total=total, note=note)
        now_s = self._around.clock.monotonic_s()
        if now_s - self._progress_s >= PROGRESS_EVERY_S:
            self._progress_s = now_s
            self.write_progress()

    def write_progress(self) -> None:
        """Write what ``progress`` was told last, unless it is written."""
        said, self._progress = self._progress, None
        if said is not None:
            text = packed({"done": said.done, "total": said.total, "note": said.note})
            self._around.note(self.job_id, progress=text)

    def cancelled(self) -> bool:
        now_s = self._around.clock.monotonic_s()
        if not self._taken_away and now_s - self._asked_s >= self._around.poll_s:
            self._asked_s = now_s
            row = self._around.row(self.job_id)
            self._taken_away = not self.has(row) or bool(attributes_of(row).get("cancelled"))
        return self._taken_away

    def has(self, row: WorkflowStatus) -> bool:
        """Return whether ``row`` is still this execution's: it runs, and nobody cancelled or resumed it meanwhile.

        What was lost once stays lost: a row that was cancelled may run again by now, for a later execution.
        """
        self._lost = self._lost or row.status != "PENDING" or attributes_of(row).get("run") != self._run
        return not self._lost

    def check(self) -> None:
        self._leave_if_stopping()
        if self.cancelled():
            raise Cancelled(f"job {self.job_id} was cancelled")

    def check_now(self) -> None:
        """As ``check``, asking the database in any case: before an outcome is given or the row is left."""
        self._asked_s = float("-inf")
        self.check()

    def _leave_if_stopping(self) -> None:
        if self._around.stopping.is_set():
            raise Unwound

    def wait_for_person(self, question: Json, timeout_s: float) -> Json:
        self._waits += 1
        wait = self._waits
        ask = plain_json(question, what=f"the question of job {self.job_id}")
        until_ns = self.step(f"ask {wait}", lambda: self._set_alarm(wait, timeout_s))
        answer = self.step(f"answer {wait}", lambda: self._reply_or_leave(wait, ask, until_ns))
        self._around.note(self.job_id, waiting=None)
        return answer["reply"]

    def _set_alarm(self, wait: int, timeout_s: float) -> int:
        # Its id makes the alarm one, however often this step is begun.
        self._around.client.enqueue(
            {
                "workflow_name": WAKE,
                "queue_name": TIMERS,
                "workflow_id": f"{self.job_id}.wake.{wait}",
                "delay_seconds": timeout_s,
            },
            self.job_id,
            wait,
        )
        return self._around.clock.now_ns() + int(timeout_s * 1e9)

    def _reply_or_leave(self, wait: int, ask: Json, until_ns: int) -> dict[str, Json]:
        reply = self._mailbox(wait)
        if reply is None:
            self._park(wait, ask, until_ns)
        return reply

    def _mailbox(self, wait: int) -> dict[str, Json] | None:
        return reply_of(attributes_of(self._around.row(self.job_id)), wait)

    def _park(self, wait: int, ask: Json, until_ns: int) -> NoReturn:
        """Give up thread and place in the queue; whoever answers puts the job back into it."""
        self.write_progress()
        self.check_now()
        self._around.note(self.job_id, waiting=packed({"wait": wait, "ask": ask, "until_ns": until_ns}))
        self._around.client.cancel_workflow(self.job_id)
        # Who answers writes the reply and then resumes. A reply written before this line may have been followed by
        # a resume that the cancel above undid; one written after it is followed by a resume that nothing undoes.
        if self._mailbox(wait) is not None:
            self._around.resume(self.job_id)
        raise Unwound
