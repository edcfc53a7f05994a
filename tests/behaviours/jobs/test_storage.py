"""What is stored of a job, and what another worker makes of it."""

import base64
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from tests.jobs_support import Begin, put, reached, tables, until_told
from tests.waiting import eventually, happened

from genyard.core.canonical import Json
from genyard.core.errors import Conflict, NotFound
from genyard.jobs.port import JobContext


def test_stopping_leaves_a_running_job_to_the_next_worker(jobs_with: Begin) -> None:
    ran: list[str] = []
    inside = threading.Event()

    def until_stopped(job: JobContext) -> str:
        ran.append("second")
        inside.set()
        until_told(job)
        return "never"

    def older(job: JobContext) -> Json:
        job.step("first", lambda: ran.append("first"))
        return job.step("second", lambda: until_stopped(job))

    def newer(job: JobContext) -> Json:
        job.step("first", lambda: ran.append("first"))
        job.step("second", lambda: "short now")
        return job.step("third", lambda: "added since")

    jobs = jobs_with(work=older)
    job_id = put(jobs, "work")
    assert happened(inside)
    jobs.stop()
    again = jobs_with(work=newer)
    reached(again, job_id, "done")
    assert again.get(job_id).result == "added since"
    assert ran == ["first", "second"]


def test_a_handler_whose_steps_changed_order_does_not_misread_the_record(jobs_with: Begin) -> None:
    def older(job: JobContext) -> Json:
        job.step("first", lambda: "of the old")
        raise NotFound("later")

    jobs = jobs_with(work=older)
    job_id = put(jobs, "work")
    reached(jobs, job_id, "failed")
    jobs.stop()
    again = jobs_with(work=lambda job: job.step("renamed", lambda: "of the new"))
    again.resume(job_id)
    eventually(lambda: (error := again.get(job_id).error) is not None and error.code == "conflict")
    error = again.get(job_id).error
    assert error and "renamed" in error.message and "enqueue it again" in error.hint


def test_one_worker_a_process_and_one_after_the_other(jobs_with: Begin) -> None:
    first = jobs_with(note=lambda _job: "first")
    with pytest.raises(Conflict, match="already runs"):
        jobs_with(note=lambda _job: "second")
    first.stop()
    second = jobs_with(note=lambda _job: "second")
    job_id = put(second, "note")
    reached(second, job_id, "done")
    assert second.get(job_id).result == "second"


def test_everything_that_is_stored_of_a_job_is_json(jobs_with: Begin, new_url: str) -> None:
    def fail(job: JobContext) -> Json:
        job.step("good", lambda: {"a": [1, 2.5, None]})
        return job.step("bad", lambda: 1 // 0)

    jobs = jobs_with(ask=lambda job: job.wait_for_person({"a": 1}, 3600), fail=fail)
    asked, failed = put(jobs, "ask", {"x": "é"}), put(jobs, "fail")
    reached(jobs, asked, "waiting")
    jobs.answer(asked, "yes")
    reached(jobs, asked, "done")
    reached(jobs, failed, "failed")
    stored, kinds = _stored(new_url)
    for value in stored:
        json.loads(value)
    assert all(any(part in value for value in stored) for part in ('"x":"é"', '"yes"', "ZeroDivisionError", "2.5"))
    assert kinds == {"portable_json"}


def _stored(url: str) -> tuple[list[str], set[str]]:
    """Return what the library wrote of values, and how it says it wrote them."""
    values: list[str] = []
    kinds: set[str] = set()
    with tables(url) as (connection, schema):
        for table in inspect(connection).get_table_names(schema=schema.rstrip(".") or None):
            for row in connection.execute(text(f"SELECT * FROM {schema}{table}")).mappings():
                values += [row[name] for name in ("inputs", "output", "error", "value", "context") if row.get(name)]
                kinds |= {row["serialization"]} if row.get("serialization") else set()
    return values, kinds


def test_a_pickle_in_the_table_is_never_loaded(jobs_with: Begin, new_url: str, tmp_path: Path) -> None:
    proof = tmp_path / "loaded"
    jobs = jobs_with(begun=False, note=lambda _job: "noted")
    job_id = put(jobs, "note")
    # Protocol 0 of pickle, spelled out: loading it creates the file.
    pickled = base64.b64encode(f"cbuiltins\nopen\n(S'{proof}'\nS'w'\ntR.".encode()).decode()
    _write_inputs(new_url, job_id, pickled)
    jobs.start()
    reached(jobs, job_id, "failed")
    reached(jobs, put(jobs, "note"), "done")
    error = jobs.get(job_id).error
    assert error and "pickle" in error.message
    assert not proof.exists()


def _write_inputs(url: str, job_id: str, inputs: str) -> None:
    of_job = "WHERE workflow_uuid = :id"
    with tables(url) as (connection, schema):
        update = text(f"UPDATE {schema}workflow_input SET inputs = :inputs {of_job}")
        assert connection.execute(update, {"inputs": inputs, "id": job_id}).rowcount == 1
        update = text(f"UPDATE {schema}workflow_status SET serialization = 'py_pickle' {of_job}")
        assert connection.execute(update, {"id": job_id}).rowcount == 1


def test_importing_the_jobs_does_not_import_the_library() -> None:
    code = "import sys, genyard.jobs.dbos_jobs; print({'dbos', 'sqlalchemy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "set()"
