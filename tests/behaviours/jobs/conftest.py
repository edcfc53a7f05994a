"""Jobs over each database."""

from collections.abc import Iterator

import pytest
from tests.jobs_support import Begin

from genyard.core.clock import Clock, SystemClock
from genyard.core.ids import IdSource, RandomIds
from genyard.jobs.dbos_jobs import DbosJobs
from genyard.jobs.port import HERE, Handler


@pytest.fixture
def jobs_with(new_url: str) -> Iterator[Begin]:
    """Makes jobs, and stops them when the test ends."""
    made: list[DbosJobs] = []

    def make(
        *,
        begun: bool = True,
        places: int = 4,
        ids: IdSource | None = None,
        worker: str = "worker",
        clock: Clock | None = None,
        **handlers: Handler,
    ) -> DbosJobs:
        clock = clock or SystemClock()
        jobs = DbosJobs(
            new_url,
            handlers=handlers,
            clock=clock,
            ids=ids or RandomIds(clock),
            executor=worker,
            queues={"default": places, HERE: 1},
            poll_s=0.02,
            retry_s=0.0,
        )
        made.append(jobs)
        if begun:
            jobs.start()
        return jobs

    yield make
    for jobs in made:
        jobs.stop()
