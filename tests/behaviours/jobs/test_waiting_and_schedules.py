"""Jobs that wait for a person or for a time."""

import threading

import pytest
from dbos import DBOSClient
from sqlalchemy import text
from tests.jobs_support import ADA, Begin, put, reached, tables, until_told
from tests.waiting import eventually, happened

from genyard.core.canonical import Json
from genyard.core.clock import SystemClock
from genyard.core.errors import Conflict, InvalidInput
from genyard.core.ids import JobId
from genyard.jobs.port import JobContext


def test_a_waiting_job_holds_no_place_and_goes_on_with_the_reply(jobs_with: Begin) -> None:
    ran: list[str] = []

    def approve(job: JobContext) -> Json:
        job.step("measure", lambda: ran.append("measure"))
        return job.wait_for_person({"promote": "helpdesk"}, 3600)

    jobs = jobs_with(places=1, approve=approve, note=lambda _job: "noted")
    job_id = put(jobs, "approve")
    reached(jobs, job_id, "waiting")
    question = jobs.get(job_id).waiting_for
    assert question and question.ask == {"promote": "helpdesk"} and question.until_ns > jobs.get(job_id).created_ns
    assert [job.id for job in jobs.listing(state="waiting")] == [job_id]
    assert jobs.listing(state="cancelled") == []
    reached(jobs, put(jobs, "note"), "done")
    jobs.answer(job_id, {"yes": True, "why": "a\u0000b"})
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == {"yes": True, "why": "a\u0000b"}
    assert jobs.get(job_id).waiting_for is None
    assert ran == ["measure"]


def test_a_job_may_wait_twice(jobs_with: Begin) -> None:
    def asked(question: str) -> bool:
        waiting = jobs.get(job_id).waiting_for
        return waiting is not None and waiting.ask == question

    jobs = jobs_with(ask=lambda job: [job.wait_for_person(question, 3600) for question in ("first?", "second?")])
    job_id = put(jobs, "ask")
    eventually(lambda: asked("first?"))
    jobs.answer(job_id, "reply to first")
    eventually(lambda: asked("second?"))
    jobs.answer(job_id, "reply to second")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == ["reply to first", "reply to second"]


def test_nobody_replying_in_time_is_none(jobs_with: Begin) -> None:
    jobs = jobs_with(ask=lambda job: {"reply": job.wait_for_person("anybody?", 0.0)})
    job_id = put(jobs, "ask")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == {"reply": None}


def test_time_running_out_while_the_job_gives_up_its_place_is_not_missed(
    jobs_with: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = DBOSClient.cancel_workflow

    def time_runs_out_then_leave(client: DBOSClient, job_id: str) -> None:
        client.update_workflow_attributes(job_id, {"timeout:1": True}, merge=True)
        client.resume_workflow(job_id, queue_name="default")
        leave(client, job_id)

    monkeypatch.setattr(DBOSClient, "cancel_workflow", time_runs_out_then_leave)
    jobs = jobs_with(ask=lambda job: {"reply": job.wait_for_person("?", 3600)})
    job_id = put(jobs, "ask")
    reached(jobs, job_id, "done")
    assert jobs.get(job_id).result == {"reply": None}


def test_only_a_waiting_job_takes_a_reply_and_null_is_none(jobs_with: Begin) -> None:
    jobs = jobs_with(ask=lambda job: job.wait_for_person("?", 3600))
    job_id = put(jobs, "ask")
    reached(jobs, job_id, "waiting")
    with pytest.raises(InvalidInput, match="null"):
        jobs.answer(job_id, None)
    jobs.answer(job_id, "yes")
    reached(jobs, job_id, "done")
    with pytest.raises(Conflict, match="is done"):
        jobs.answer(job_id, "again")


def test_a_waiting_job_can_be_cancelled_and_waits_again_when_resumed(jobs_with: Begin) -> None:
    jobs = jobs_with(ask=lambda job: job.wait_for_person("?", 3600))
    job_id = put(jobs, "ask")
    reached(jobs, job_id, "waiting")
    asked = jobs.get(job_id).waiting_for
    jobs.cancel(job_id)
    assert jobs.get(job_id).state == "cancelled"
    with pytest.raises(Conflict, match="is cancelled"):
        jobs.answer(job_id, "yes")
    jobs.resume(job_id)
    reached(jobs, job_id, "waiting")
    assert jobs.get(job_id).waiting_for == asked
    jobs.answer(job_id, "yes")
    reached(jobs, job_id, "done")


def test_a_schedule_enqueues_one_job_at_a_time(jobs_with: Begin, new_url: str) -> None:
    fired, let_go = threading.Event(), threading.Event()

    def watch(job: JobContext) -> Json:
        fired.set()
        assert happened(let_go)
        return job.payload

    jobs = jobs_with(watch=watch)
    jobs.schedule("watch", "* * * * * *", {"window": 60}, project="acme", principal=ADA)
    assert happened(fired)
    eventually(lambda: _ended_ticks(new_url) >= 2)
    (job,) = jobs.listing(project="acme")
    let_go.set()
    reached(jobs, job.id, "done")
    assert jobs.get(job.id).result == {"window": 60}
    jobs.schedule("watch", None, project="acme", principal=ADA)


class DayLater(SystemClock):
    """A clock that is a day and an hour fast."""

    def now_ns(self) -> int:
        return super().now_ns() + 25 * 3_600_000_000_000


def test_a_scheduled_job_that_a_lost_worker_left_running_keeps_its_schedule_no_longer_than_a_day(
    jobs_with: Begin,
) -> None:
    begun = list[JobId]()
    second = threading.Event()

    def watch(job: JobContext) -> Json:
        begun.append(job.job_id)
        if len(begun) > 1:
            second.set()
        else:
            until_told(job)
        return None

    jobs = jobs_with(watch=watch, clock=DayLater())
    jobs.schedule("watch", "* * * * * *", project="acme", principal=ADA)
    assert happened(second)
    jobs.schedule("watch", None, project="acme", principal=ADA)
    assert jobs.get(begun[0]).state == "cancelled"


def _ended_ticks(url: str) -> int:
    with tables(url) as (connection, schema):
        query = f"SELECT count(*) FROM {schema}workflow_status WHERE name = 'genyard.tick' AND status = 'SUCCESS'"
        return int(connection.execute(text(query)).scalar_one())


def test_a_bad_cron_expression_is_refused(jobs_with: Begin) -> None:
    with pytest.raises(InvalidInput, match="often"):
        jobs_with(begun=False).schedule("watch", "often", project="acme", principal=ADA)
