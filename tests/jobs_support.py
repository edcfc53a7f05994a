"""What the tests of jobs share: waiting for a state, and handlers that can be held."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine
from tests.waiting import eventually, happened

from genyard.core.canonical import Json
from genyard.core.ids import JobId, PrincipalId
from genyard.jobs.dbos_jobs import DbosJobs
from genyard.jobs.port import JobContext, Jobs, JobState

ADA = PrincipalId("ada")
Begin = Callable[..., DbosJobs]
"""Makes jobs over the handlers given by name: begun, unless ``begun=False``; ``places`` is how many run at once,
``ids`` where ids come from, ``worker`` the worker's name, ``clock`` its clock."""


def put(
    jobs: Jobs,
    name: str,
    payload: Json = None,
    *,
    project: str = "acme",
    job_id: str | None = None,
    queue: str = "default",
) -> JobId:
    given = JobId(job_id) if job_id else None
    return jobs.enqueue(name, payload, project=project, principal=ADA, job_id=given, queue=queue)


def reached(jobs: Jobs, job_id: JobId, state: JobState) -> None:
    """Wait for ``state``; fail at once, saying why, where the job ends in another."""

    def there() -> bool:
        job = jobs.get(job_id)
        assert job.state in (state, "queued", "running", "waiting"), f"{job.state}: {job.error}"
        return job.state == state

    eventually(there)


def until_told(job: JobContext) -> None:
    """Stand still until the job is cancelled or its worker stops; either leaves this function by raising."""

    def told() -> bool:
        job.check()
        return False

    eventually(told)


class Recorder:
    """A handler of three steps that counts each and stands still in the second until it is let go."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.in_second = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, job: JobContext) -> Json:
        return [self._step(job, name) for name in ("first", "second", "third")]

    def _step(self, job: JobContext, name: str) -> str:
        return job.step(name, lambda: self._run(name))

    def _run(self, name: str) -> str:
        self.ran.append(name)
        if name == "second":
            self.in_second.set()
            assert happened(self.let_go)
        return name


@contextmanager
def tables(url: str) -> Iterator[tuple[Connection, str]]:
    """Give a connection to the library's tables, and the schema they are in with its dot."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        yield connection, "" if engine.dialect.name == "sqlite" else "dbos."
    engine.dispose()
