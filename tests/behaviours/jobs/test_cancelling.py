"""Cancelling and resuming."""

import threading

import pytest
from tests.jobs_support import Begin, Recorder, put, reached, until_told
from tests.waiting import eventually, happened

from genyard.core.canonical import Json
from genyard.core.clock import SystemClock
from genyard.core.errors import Cancelled, Conflict
from genyard.core.ids import RandomIds
from genyard.jobs.port import JobContext


def test_a_running_job_is_cancelled_at_its_next_step_and_resumed_after_the_last(jobs_with: Begin) -> None:
    recorder = Recorder()
    jobs = jobs_with(three=recorder)
    job_id = put(jobs, "three")
    assert happened(recorder.in_second)
    jobs.cancel(job_id)
    assert jobs.get(job_id).state == "cancelled"
    recorder.let_go.set()
    jobs.resume(job_id)
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == ["first", "second", "third"]
    # The second was cut off before it was recorded, so it was begun twice; the others once.
    assert recorder.ran == ["first", "second", "second", "third"]


class HeldIds(RandomIds):
    """Once ``holding`` is set, whoever asks for an id waits until ``let_go``."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.holding, self.let_go = threading.Event(), threading.Event()

    def uuid7(self) -> str:
        if self.holding.is_set():
            assert happened(self.let_go)
        return super().uuid7()


def test_a_cancelled_execution_leaves_its_job_to_one_that_was_only_just_claimed(jobs_with: Begin) -> None:
    begun: list[str] = []
    inside, cancelled, told, let_go = (threading.Event() for _ in range(4))

    def first_or_second(job: JobContext) -> str:
        begun.append("")
        if len(begun) == 2:
            return "of the second"
        job.progress(1)
        inside.set()
        assert happened(cancelled)
        try:
            job.step("next", lambda: None)
        finally:
            told.set()
            assert happened(let_go)
            job.progress(2)
        return "of the first"

    ids = HeldIds()
    jobs = jobs_with(ids=ids, two=first_or_second)
    job_id = put(jobs, "two")
    assert happened(inside)
    jobs.cancel(job_id)
    cancelled.set()
    assert happened(told)
    # The later execution has the row and stands where it asks for the id to mark it with.
    ids.holding.set()
    jobs.resume(job_id)
    eventually(lambda: jobs.get(job_id).state == "running")
    let_go.set()
    # An execution writes its last progress after all else.
    eventually(lambda: (said := jobs.get(job_id).progress) is not None and said.done == 2)
    ids.let_go.set()
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == "of the second"


def test_a_long_step_may_ask_whether_to_stop(jobs_with: Begin) -> None:
    inside = threading.Event()
    outcomes: list[str] = []

    def endless(job: JobContext) -> str:
        inside.set()
        try:
            until_told(job)
        except Cancelled:
            outcomes.append("stopped")
            raise
        return "never"

    jobs = jobs_with(long=lambda job: job.step("endless", lambda: endless(job)))
    job_id = put(jobs, "long")
    assert happened(inside)
    jobs.cancel(job_id)
    eventually(lambda: outcomes == ["stopped"])
    assert jobs.get(job_id).state == "cancelled"


def test_a_handler_that_catches_everything_is_cancelled_all_the_same(jobs_with: Begin) -> None:
    recorder = Recorder()
    ended = threading.Event()

    def stubborn(job: JobContext) -> Json:
        try:
            return recorder(job)
        except Cancelled:
            return "pretends to be done"
        finally:
            ended.set()

    jobs = jobs_with(stubborn=stubborn)
    job_id = put(jobs, "stubborn")
    assert happened(recorder.in_second)
    jobs.cancel(job_id)
    recorder.let_go.set()
    assert happened(ended)
    reached(jobs, put(jobs, "stubborn"), "done")
    assert jobs.get(job_id).state == "cancelled"


def test_a_handler_may_cancel_its_own_job_and_is_begun_anew_when_resumed(jobs_with: Begin) -> None:
    corpora = ["there again"]

    def look() -> str:
        if len(corpora) == 1:
            corpora.append("deleted")
            raise Cancelled("the corpus was deleted")
        return corpora[0]

    jobs = jobs_with(look=lambda job: job.step("look", look))
    job_id = put(jobs, "look")
    reached(jobs, job_id, "cancelled")
    jobs.resume(job_id)
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == "there again"


def test_an_execution_stops_when_a_later_one_has_its_job(jobs_with: Begin) -> None:
    begun: list[str] = []
    first_inside, second_inside, first_stopped = threading.Event(), threading.Event(), threading.Event()

    def first_or_second(job: JobContext) -> str:
        begun.append("")
        if len(begun) == 2:
            second_inside.set()
            assert happened(first_stopped)
            return "of the second"
        first_inside.set()
        assert happened(second_inside)
        try:
            until_told(job)
        except Cancelled:
            first_stopped.set()
            raise
        return "of the first"

    jobs = jobs_with(long=lambda job: job.step("long", lambda: first_or_second(job)))
    job_id = put(jobs, "long")
    assert happened(first_inside)
    jobs.cancel(job_id)
    jobs.resume(job_id)
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == "of the second"


def test_a_queued_job_that_is_cancelled_never_runs(jobs_with: Begin) -> None:
    ran: list[Json] = []
    jobs = jobs_with(begun=False, note=lambda job: ran.append(job.payload))
    cancelled = put(jobs, "note", "cancelled")
    jobs.cancel(cancelled)
    kept = put(jobs, "note", "kept")
    assert [jobs.get(one).state for one in (cancelled, kept)] == ["cancelled", "queued"]
    jobs.start()
    reached(jobs, kept, "done")
    assert ran == ["kept"]


def test_what_ended_cannot_be_cancelled_and_what_goes_on_cannot_be_resumed(jobs_with: Begin) -> None:
    recorder = Recorder()
    jobs = jobs_with(three=recorder)
    job_id = put(jobs, "three")
    assert happened(recorder.in_second)
    with pytest.raises(Conflict, match="is running"):
        jobs.resume(job_id)
    recorder.let_go.set()
    reached(jobs, job_id, "done")
    with pytest.raises(Conflict, match="is done"):
        jobs.cancel(job_id)


def test_a_failed_job_goes_on_at_the_step_that_failed(jobs_with: Begin) -> None:
    ran: list[str] = []

    def second() -> str:
        ran.append("second")
        if ran.count("second") == 1:
            raise ConnectionError("the network is down")
        return "up"

    def handler(job: JobContext) -> Json:
        job.step("first", lambda: ran.append("first"))
        return job.step("second", second)

    jobs = jobs_with(two=handler)
    job_id = put(jobs, "two")
    reached(jobs, job_id, "failed")
    jobs.resume(job_id)
    reached(jobs, job_id, "done")
    assert ran == ["first", "second", "second"]
    assert jobs.get(job_id).error is None
