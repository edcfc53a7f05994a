"""A look at a queue is left out where nothing was committed, and only there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dbos import DBOS
from dbos import _dbos as library_state
from tests.jobs_support import ADA, put, reached

from genyard.core.clock import SystemClock
from genyard.core.ids import RandomIds
from genyard.jobs.dbos_jobs import DbosJobs
from genyard.jobs.port import JobContext
from genyard.jobs.quiet import MOST_LEFT_OUT

NOBODYS = "a queue that no worker looks at"


def jobs_over(folder: Path) -> DbosJobs:
    def done(job: JobContext) -> None: ...

    clock = SystemClock()
    url = f"sqlite:///{folder / 'jobs.sqlite3'}"
    return DbosJobs(url, handlers={"done": done}, clock=clock, ids=RandomIds(clock), poll_s=0.02)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[DbosJobs]:
    worker = jobs_over(tmp_path)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def library(jobs: DbosJobs) -> DBOS:
    assert jobs.listing() == []
    return library_state._get_dbos_instance()


def looks(library: DBOS) -> bool:
    return bool(library._sys_db.dequeue_scopes(NOBODYS))


def test_a_look_is_left_out_until_somebody_commits(library: DBOS, tmp_path: Path) -> None:
    assert looks(library)
    assert not looks(library)
    other = jobs_over(tmp_path)
    other.enqueue("done", None, project="acme", principal=ADA)
    other.stop()
    assert looks(library)


def test_a_look_is_never_left_out_for_long(library: DBOS) -> None:
    assert looks(library)
    assert [looks(library) for _ in range(MOST_LEFT_OUT + 1)] == [False] * MOST_LEFT_OUT + [True]


def test_a_job_of_another_process_is_done(jobs: DbosJobs, library: DBOS, tmp_path: Path) -> None:
    while looks(library):
        pass
    other = jobs_over(tmp_path)
    job = put(other, "done")
    other.stop()
    reached(jobs, job, "done")
