"""A worker that is to be killed: ``jobs_child.py URL LOG WHERE`` does the jobs that it finds, and says where it is.

Each step appends its name to LOG. In the step WHERE it says so on its standard output and stands still.
"""

import sys
import threading
from pathlib import Path

from genyard.core.canonical import Json
from genyard.core.clock import SystemClock
from genyard.core.ids import RandomIds
from genyard.jobs.dbos_jobs import DbosJobs
from genyard.jobs.port import JobContext


class Steps:
    """Handlers whose steps are written down in a file, which outlives the process."""

    def __init__(self, log: Path, *, stand_still_in: str = "") -> None:
        self._log = log
        self._stand_still_in = stand_still_in

    def three(self, job: JobContext) -> Json:
        return [self.step(job, name) for name in ("first", "second", "third")]

    def four(self, job: JobContext) -> Json:
        """What ``three`` became in a newer release."""
        return [self.step(job, name) for name in ("first", "second", "third", "fourth")]

    def approve(self, job: JobContext) -> Json:
        self.step(job, "first")
        reply = job.wait_for_person("promote?", 3600)
        return [reply, self.step(job, "second")]

    def step(self, job: JobContext, name: str) -> str:
        return job.step(name, lambda: self._run(name))

    def _run(self, name: str) -> str:
        with self._log.open("a") as log:
            log.write(f"{name}\n")
        if name == self._stand_still_in:
            sys.stdout.write(f"in {name}\n")
            sys.stdout.flush()
            threading.Event().wait()
        return f"result of {name}"


def jobs_over(url: str, steps: Steps, *, newer: bool = False) -> DbosJobs:
    clock = SystemClock()
    handlers = {"three": steps.four if newer else steps.three, "approve": steps.approve}
    return DbosJobs(url, handlers=handlers, clock=clock, ids=RandomIds(clock), poll_s=0.02)


def main(url: str, log: str, where: str) -> None:
    jobs_over(url, Steps(Path(log), stand_still_in=where)).start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
