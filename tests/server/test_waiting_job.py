"""A job that waits for a person: seen on the page and by the command line, and answered by the command line."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.jobs_support import reached
from tests.projects import Project

from genyard import app as wiring
from genyard.access import projects
from genyard.core.canonical import Json
from genyard.core.settings import read_settings
from genyard.jobs.port import JobContext
from genyard.server.checks import loopback_hosts
from genyard.server.web import create

QUESTION = "May <b>8</b> go out?"
A_DAY_S = 86_400.0


def ask(job: JobContext) -> Json:
    return {"said": job.wait_for_person(QUESTION, A_DAY_S)}


def test_a_waiting_job_is_seen_and_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # No job of the product waits yet, so the table of handlers is another one.
    monkeypatch.setattr(wiring, "handlers", lambda _: {"ask": ask})
    settings = read_settings(environment={})
    with wiring.build(settings, tmp_path / ".genyard") as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        job = app.jobs.enqueue("ask", {}, project="acme", principal=app.local.actor.principal)
        reached(app.jobs, job, "waiting")
        with TestClient(create(app, hosts=loopback_hosts()), base_url="http://127.0.0.1") as client:
            page = client.get("/p/acme/jobs", headers={"Authorization": f"Bearer {app.local.token}"}).text
        assert "May &lt;b&gt;8&lt;/b&gt; go out?" in page
        assert "waiting" in page.lower()

    project = Project(root=tmp_path, environment={"GENYARD_PROJECT": "acme"})
    (found,) = project.ok("jobs", "--state", "waiting")["jobs"]
    assert (found["id"], found["waiting_for"]) == (job, QUESTION)
    assert f"waits for: {QUESTION}" in project("jobs").out
    project.ok("jobs", "reply", job, "yes")
    assert project.ok("jobs", "--state", "waiting")["jobs"] == []

    with wiring.build(settings, tmp_path / ".genyard") as app:
        app.jobs.start()
        reached(app.jobs, job, "done")
        assert app.jobs.get(job).result == {"said": "yes"}
