"""A worker killed with SIGKILL, at each place where that may matter; then another one goes on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.jobs_child import Steps, jobs_over
from tests.jobs_support import put, reached

from genyard.core.errors import Unreachable
from genyard.jobs.dbos_jobs import DbosJobs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "steps.log"


@pytest.fixture
def jobs(tmp_path: Path, log: Path) -> Iterator[DbosJobs]:
    """The jobs of this process; begun by the test once the child is dead."""
    made = jobs_over(_url(tmp_path), Steps(log))
    yield made
    made.stop()


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'jobs.sqlite'}"


@contextmanager
def a_worker(folder: Path, log: Path, *, where: str) -> Iterator[Callable[[], str]]:
    """Run a worker in a child process, give its next line, and kill it with SIGKILL at the end."""
    command = [sys.executable, "-m", "tests.faults.jobs_child", _url(folder), str(log), where]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None
    try:
        yield child.stdout.readline
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def kill_in(step: str, folder: Path, log: Path) -> None:
    with a_worker(folder, log, where=step) as line:
        assert line() == "started\n"
        assert line() == f"in {step}\n"


@pytest.mark.parametrize(
    ("killed_in", "begun"),
    [
        ("first", ["first", "first", "second", "third"]),
        ("second", ["first", "second", "second", "third"]),
        ("third", ["first", "second", "third", "third"]),
    ],
)
def test_only_the_step_that_was_cut_off_is_begun_again(
    jobs: DbosJobs, tmp_path: Path, log: Path, killed_in: str, begun: list[str]
) -> None:
    job_id = put(jobs, "three")
    kill_in(killed_in, tmp_path, log)
    assert jobs.get(job_id).state == "running"
    jobs.start()
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == ["result of first", "result of second", "result of third"]
    assert log.read_text().split() == begun
    assert jobs.get(job_id).attempts == 2


def test_a_newer_release_ends_the_job_of_an_older_one(tmp_path: Path, log: Path) -> None:
    jobs = jobs_over(_url(tmp_path), Steps(log), newer=True)
    job_id = put(jobs, "three")
    kill_in("second", tmp_path, log)
    jobs.start()
    reached(jobs, job_id, "done")
    jobs.stop()
    assert log.read_text().split() == ["first", "second", "second", "third", "fourth"]


def test_a_job_that_waits_for_a_person_still_waits(jobs: DbosJobs, tmp_path: Path, log: Path) -> None:
    job_id = put(jobs, "approve")
    with a_worker(tmp_path, log, where="") as line:
        assert line() == "started\n"
        reached(jobs, job_id, "waiting")
    jobs.start()
    reached(jobs, put(jobs, "three"), "done")
    assert jobs.get(job_id).state == "waiting"
    jobs.answer(job_id, "yes")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == ["yes", "result of second"]
    assert log.read_text().split() == ["first", "first", "second", "third", "second"]


def test_a_reply_given_while_no_worker_lives_is_kept(jobs: DbosJobs, tmp_path: Path, log: Path) -> None:
    job_id = put(jobs, "approve")
    with a_worker(tmp_path, log, where="") as line:
        assert line() == "started\n"
        reached(jobs, job_id, "waiting")
    jobs.answer(job_id, "yes")
    assert jobs.get(job_id).state == "queued"
    jobs.start()
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == ["yes", "result of second"]


def test_a_job_cancelled_while_no_worker_lives_stays_cancelled(jobs: DbosJobs, tmp_path: Path, log: Path) -> None:
    job_id = put(jobs, "three")
    kill_in("second", tmp_path, log)
    jobs.cancel(job_id)
    jobs.start()
    reached(jobs, put(jobs, "three"), "done")
    assert jobs.get(job_id).state == "cancelled"
    assert log.read_text().split() == ["first", "second", "first", "second", "third"]


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/jobs.sqlite", "postgresql://nobody@127.0.0.1:1/genyard"])
def test_a_database_that_cannot_be_reached_is_said_to_be(url: str, log: Path) -> None:
    jobs = jobs_over(url, Steps(log))
    with pytest.raises(Unreachable, match="does not answer"):
        jobs.start()
    with pytest.raises(Unreachable, match="does not answer"):
        put(jobs, "three")
    jobs.stop()
