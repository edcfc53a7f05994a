"""Enqueueing, running, failing, listing."""

import logging
import sys
import threading
from collections.abc import Callable

import pytest
from tests.jobs_support import ADA, Begin, Recorder, put, reached, until_told
from tests.waiting import happened

from genyard.core.canonical import Json
from genyard.core.errors import Conflict, InvalidInput, NotFound, ProviderOverloaded
from genyard.core.ids import JobId
from genyard.jobs.port import HERE, JobContext, JobError, Progress


def test_a_job_is_done_and_says_so(jobs_with: Begin) -> None:
    def double(job: JobContext) -> Json:
        assert isinstance(job.payload, int)
        return {"twice": 2 * job.payload, "for": [job.project, job.principal, job.job_id]}

    jobs = jobs_with(double=double)
    job_id = put(jobs, "double", 21)
    reached(jobs, job_id, "done")
    job = jobs.get(job_id)
    assert job.result == {"twice": 42, "for": ["acme", "ada", job_id]}
    assert (job.name, job.project, job.principal, job.input) == ("double", "acme", "ada", 21)
    assert job.started_ns and job.ended_ns and job.created_ns <= job.started_ns <= job.ended_ns
    assert job.attempts == 1


def test_a_step_gives_what_its_record_will_give(jobs_with: Begin) -> None:
    def tell(job: JobContext) -> Json:
        pair: Json = job.step("pair", lambda: ("a\u0000b", 1.0))
        return pair == ["a\u0000b", 1.0]

    jobs = jobs_with(tell=tell)
    job_id = put(jobs, "tell")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result is True


def test_an_error_of_ours_keeps_its_code_and_hint(jobs_with: Begin) -> None:
    def fail(_job: JobContext) -> Json:
        raise NotFound("no such prompt", hint="register it")

    jobs = jobs_with(fail=fail)
    job_id = put(jobs, "fail")
    reached(jobs, job_id, "failed")
    assert jobs.get(job_id).error == JobError(code="not_found", message="no such prompt", hint="register it")


@pytest.mark.parametrize("in_step", [False, True])
def test_any_other_error_is_named_and_its_traceback_is_in_the_log(
    jobs_with: Begin, caplog: pytest.LogCaptureFixture, in_step: bool
) -> None:
    def divide() -> Json:
        return 1 // 0

    def fail(job: JobContext) -> Json:
        return job.step("divide", divide) if in_step else divide()

    jobs = jobs_with(fail=fail)
    with caplog.at_level(logging.WARNING, "genyard.jobs"):
        job_id = put(jobs, "fail")
        reached(jobs, job_id, "failed")
    error = jobs.get(job_id).error
    assert error and error.code == "internal" and error.message.startswith("ZeroDivisionError: ")
    assert "return 1 // 0" in caplog.text


def test_a_step_is_tried_again_as_often_as_it_may(jobs_with: Begin) -> None:
    left = [ProviderOverloaded("later", retry_after_s=0.0), ConnectionError("lost")]

    def call() -> str:
        if left:
            raise left.pop()
        return "answer"

    jobs = jobs_with(ask=lambda job: job.step("call", call, retries=2))
    job_id = put(jobs, "ask")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == "answer"


def test_an_error_that_another_try_cannot_mend_is_not_tried_again(jobs_with: Begin) -> None:
    tries: list[int] = []

    def call() -> str:
        tries.append(1)
        raise InvalidInput("no such parameter")

    jobs = jobs_with(ask=lambda job: job.step("call", call, retries=5))
    reached(jobs, put(jobs, "ask"), "failed")
    assert len(tries) == 1


def test_a_handler_may_catch_what_a_step_raised(jobs_with: Begin) -> None:
    def refuse() -> str:
        raise NotFound("nothing there")

    def handler(job: JobContext) -> Json:
        try:
            return job.step("look", refuse)
        except NotFound as error:
            said = str(error)
        return job.step("else", lambda: f"instead of {said}")

    jobs = jobs_with(look=handler)
    job_id = put(jobs, "look")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == "instead of nothing there"


def test_the_same_id_is_the_same_job(jobs_with: Begin) -> None:
    ran: list[Json] = []
    jobs = jobs_with(note=lambda job: ran.append(job.payload))
    first = put(jobs, "note", 1, job_id="once")
    reached(jobs, first, "done")
    assert put(jobs, "note", 1, job_id="once") == first
    reached(jobs, put(jobs, "note", 2), "done")
    assert ran == [1, 2]


def test_an_id_is_not_shared_between_projects_or_names(jobs_with: Begin) -> None:
    jobs = jobs_with(begun=False)
    put(jobs, "note", job_id="once")
    with pytest.raises(Conflict, match="another job"):
        put(jobs, "note", project="other", job_id="once")
    with pytest.raises(Conflict, match="another job"):
        put(jobs, "index", job_id="once")


def test_listing_is_by_project_and_state_newest_first(jobs_with: Begin) -> None:
    jobs = jobs_with(begun=False)
    mine = [put(jobs, "note", number) for number in range(5)]
    other = put(jobs, "note", project="other")
    jobs.cancel(mine[1])
    assert [job.id for job in jobs.listing(project="acme", limit=3)] == [mine[4], mine[3], mine[2]]
    assert [job.id for job in jobs.listing(project="acme", state="cancelled")] == [mine[1]]
    assert [job.id for job in jobs.listing(project="acme", state="queued", limit=2)] == [mine[4], mine[3]]
    assert [job.id for job in jobs.listing(project="other")] == [other]
    assert len(jobs.listing()) == 6
    assert jobs.listing(project="nobody") == []


def test_an_unknown_job_is_not_found(jobs_with: Begin) -> None:
    jobs = jobs_with(begun=False)
    unknown = JobId("no-such-job")
    verbs: list[Callable[[], object]] = [
        lambda: jobs.get(unknown),
        lambda: jobs.cancel(unknown),
        lambda: jobs.resume(unknown),
        lambda: jobs.answer(unknown, "yes"),
    ]
    for verb in verbs:
        with pytest.raises(NotFound, match="no-such-job"):
            verb()


@pytest.mark.parametrize("payload", [float("nan"), {1, 2}, "\ud800"])
def test_a_payload_without_a_json_form_is_refused(jobs_with: Begin, payload: Json) -> None:
    with pytest.raises(InvalidInput, match="JSON"):
        put(jobs_with(begun=False), "note", payload)


def test_an_unknown_queue_is_refused(jobs_with: Begin) -> None:
    with pytest.raises(InvalidInput, match="no queue fast"):
        jobs_with(begun=False).enqueue("note", None, project="acme", principal=ADA, queue="fast")


def test_a_blank_id_is_refused(jobs_with: Begin) -> None:
    with pytest.raises(InvalidInput, match="blank"):
        put(jobs_with(begun=False), "note", job_id=" ")


def test_a_handler_that_exits_fails_its_job_and_not_the_worker(jobs_with: Begin) -> None:
    jobs = jobs_with(
        leave=lambda job: job.step("leave", lambda: sys.exit("no model is set")), note=lambda _job: "noted"
    )
    left = put(jobs, "leave")
    reached(jobs, left, "failed")
    error = jobs.get(left).error
    assert error and error.message == "SystemExit: no model is set"
    reached(jobs, put(jobs, "note"), "done")


def test_a_job_whose_handler_is_unknown_fails_and_the_worker_goes_on(jobs_with: Begin) -> None:
    jobs = jobs_with(note=lambda _job: "noted")
    unknown = put(jobs, "from-the-future")
    reached(jobs, unknown, "failed")
    error = jobs.get(unknown).error
    assert error and error.code == "not_found" and "from-the-future" in error.message
    reached(jobs, put(jobs, "note"), "done")


def test_progress_is_seen_while_the_job_runs(jobs_with: Begin) -> None:
    recorder = Recorder()

    def handler(job: JobContext) -> Json:
        job.progress(1, 3, "first of ünïcode\u0000")
        recorder(job)
        job.progress(3, 3)
        return None

    jobs = jobs_with(three=handler)
    job_id = put(jobs, "three")
    assert happened(recorder.in_second)
    assert jobs.get(job_id).progress == Progress(done=1, total=3, note="first of ünïcode\u0000")
    recorder.let_go.set()
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).progress == Progress(done=3, total=3, note="")


def test_steps_are_not_begun_inside_steps_or_other_threads(jobs_with: Begin) -> None:
    def nested(job: JobContext) -> Json:
        return job.step("outer", lambda: job.step("inner", lambda: 1))

    jobs = jobs_with(nested=nested)
    job_id = put(jobs, "nested")
    reached(jobs, job_id, "failed")
    error = jobs.get(job_id).error
    assert error and error.code == "invalid_input" and "inner" in error.message


def test_a_job_of_one_home_is_done_by_the_worker_of_its_name_only(jobs_with: Begin) -> None:
    did: list[str] = []

    def noted(worker: str) -> Callable[[JobContext], Json]:
        return lambda _: did.append(worker)

    here = jobs_with(begun=False, worker="here", noted=noted("here"))
    there = jobs_with(worker="there", noted=noted("there"))
    own = put(here, "noted", queue=HERE)
    for _ in range(2):
        reached(there, put(here, "noted"), "done")
        reached(there, put(there, "noted", queue=HERE), "done")
    assert (here.get(own).state, did) == ("queued", ["there"] * 4)
    there.stop()
    here.start()
    reached(here, own, "done")
    assert did == ["there"] * 4 + ["here"]


def test_a_worker_leaves_what_runs_under_another_name_alone(jobs_with: Begin) -> None:
    begun, did = threading.Event(), list[str]()

    def stand(job: JobContext) -> Json:
        begun.set()
        until_told(job)
        return None

    first = jobs_with(worker="first", job=stand)
    job_id = put(first, "job")
    assert happened(begun)
    first.stop()
    second = jobs_with(worker="second", job=lambda _: did.append("second"), other=lambda _: None)
    reached(second, put(second, "other"), "done")
    assert (second.get(job_id).state, did) == ("running", [])
    second.stop()
    again = jobs_with(worker="first", job=lambda _: did.append("first"))
    reached(again, job_id, "done")
    assert did == ["first"]
