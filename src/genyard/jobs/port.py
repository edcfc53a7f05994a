"""What the rest of Genyard knows of jobs: the record of one, what a handler may ask, and the port."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from genyard.core.canonical import Json
from genyard.core.ids import JobId, PrincipalId

JobState = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
"""``waiting`` is for a person; such a job holds neither a thread nor a place in its queue."""

HERE = "here"
"""The queue of jobs that need what only this worker's home has: no worker of another name takes them."""

Value = TypeVar("Value", bound=Json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is. ``total`` is None where nobody knows it."""

    done: int
    total: int | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a waiting job asks a person, and until when."""

    ask: Json
    until_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed: a code of ``core.errors`` (``internal`` for a fault of ours), one line, and how to mend it."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work that outlives the process that does it. Times are Unix nanoseconds, to the millisecond."""

    id: JobId
    name: str
    """The handler's name."""
    project: str
    principal: PrincipalId
    """Who asked for it."""
    queue: str
    input: Json
    state: JobState
    result: Json
    """What the handler returned; None until the job is done."""
    error: JobError | None
    created_ns: int
    started_ns: int | None
    """When a worker last took it."""
    ended_ns: int | None
    attempts: int
    """How often a worker has taken it since it was enqueued or last resumed."""
    waiting_for: Question | None
    progress: Progress | None


class JobContext(Protocol):
    """What a handler may ask of the job it does.

    A handler is run again from its start after a crash, a cancel and resume, or a person's answer. Steps that ended
    are not run again: they return what was recorded. So a handler takes the same steps in the same order each time,
    and whatever acts on the world stands inside a step that may safely be begun twice.
    """

    @property
    def payload(self) -> Json: ...

    @property
    def job_id(self) -> JobId: ...

    @property
    def project(self) -> str: ...

    @property
    def principal(self) -> PrincipalId: ...

    def step(self, name: str, fn: Callable[[], Value], *, retries: int = 0) -> Value:
        """Run ``fn`` and record its result, or return the result recorded before. Tuples come back as lists.

        A GenyardError of ``fn`` is recorded and raised as its class; anything else as GenyardError, code ``internal``.
        ``retries`` tries again after errors that another try may mend, with pauses that double.
        Raises InvalidInput for a result without a JSON form and for a call from inside a step or from another thread,
        Conflict when the record is of another step, Cancelled when somebody cancelled the job.
        """
        ...

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far the job is. Cheap: what comes too fast is not written. Any thread may call it."""
        ...

    def cancelled(self) -> bool:
        """Return whether somebody cancelled this job. Cheap: asks the database at most once a poll."""
        ...

    def check(self) -> None:
        """Raise Cancelled when somebody cancelled this job. Long steps call it now and then."""
        ...

    def wait_for_person(self, question: Json, timeout_s: float) -> Json:
        """Return a person's reply, or None when ``timeout_s`` passed without one.

        The handler is left here, whatever it catches, and run again when there is a reply.
        """
        ...


Handler = Callable[[JobContext], Json]
Handlers = Mapping[str, Handler]


class Jobs(Protocol):
    """Durable work. All but ``start`` and ``stop`` may be called in any process and any thread.

    Every method raises Unreachable when the database does not answer and StorageFull when its disk is full; those
    that take a job's id raise NotFound for one that is not known.
    """

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
        """Put a job for the handler ``name`` in a queue. The same ``job_id`` again changes nothing.

        Raises InvalidInput for an unknown queue or a payload without a JSON form, and Conflict when ``job_id`` is that
        of a job with another name or of another project. The handler need not be known here: a worker may know it.
        """
        ...

    def get(self, job_id: JobId) -> Job: ...

    def listing(self, *, project: str | None = None, state: JobState | None = None, limit: int = 50) -> list[Job]:
        """Return jobs, newest first."""
        ...

    def cancel(self, job_id: JobId) -> None:
        """Cancel a job: at once where it is queued or waits, at its next step or check where it runs.

        Raises Conflict when it already ended otherwise.
        """
        ...

    def resume(self, job_id: JobId) -> None:
        """Let a cancelled or failed job go on after its last good step. Raises Conflict in any other state."""
        ...

    def answer(self, job_id: JobId, reply: Json) -> None:
        """Give a waiting job its reply. Raises InvalidInput for None, Conflict when the job does not wait."""
        ...

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
        """Enqueue a job for ``name`` whenever ``cron`` says so (UTC; six fields begin with seconds).

        There is one schedule a project and name: a second call replaces it, ``cron=None`` removes it. While a job of
        the schedule is queued or runs no second one is enqueued. Raises InvalidInput for a bad expression.
        """
        ...

    def start(self) -> None:
        """Begin to do jobs here, those first that the last worker left unfinished. Raises Conflict when begun."""
        ...

    def stop(self) -> None:
        """Stop doing jobs; what runs stops at its next step or check and goes on at the next start. Also closes."""
        ...
