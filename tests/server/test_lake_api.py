"""The lake through the API: what it takes, its limits, the jobs that look after it, and erasure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.homes import PROJECT, client_of, opened
from tests.pipelines.test_handlers import Context
from tests.store.lake_rows import AT_NS, Fields, span

from genyard.access import projects
from genyard.app import App
from genyard.core.clock import day_of
from genyard.core.errors import NotFound
from genyard.pipelines.handlers import handlers

LAKE = f"/api/projects/{PROJECT}/lake"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=app.local.actor, at_ns=1)
        yield app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def flushed(app: App, *rows: Fields) -> None:
    app.bench.lake.append("spans", rows).wait(30)
    app.bench.lake.flush()


def run(app: App, job: str) -> Any:
    return handlers(app.bench)[job](Context(payload={}, principal=app.local.actor.principal, project="*"))


def test_the_lake_is_shown_by_table_and_day(app: App, client: TestClient) -> None:
    calls = [span(1, usage_scope="self", cost_usd=0.25), span(2, usage_scope="aggregate", cost_usd=0.25)]
    flushed(app, *calls, span(1, project="other", usage_scope="self", cost_usd=7.0))
    app.bench.lake.append("spans", [span(3)]).wait(30)
    shown = client.get(LAKE).json()
    assert [(one["day"], one["files"], one["rows"], one["cost_usd"]) for one in shown["days"]] == [
        (day_of(AT_NS), 1, 2, 0.25)
    ]
    assert shown["tables"]["spans"]["bytes"] == shown["total"]["bytes"] > 0
    assert shown["log"]["rows"] == 1
    assert shown["limits"] == {
        "keep_days": None,
        "quota_bytes": 50_000_000_000,
        "state": "ok",
        "used_bytes": shown["total"]["bytes"],
    }


def test_a_project_at_its_quota_is_refused_with_a_clear_word(app: App, client: TestClient) -> None:
    flushed(app, span(1))
    used = client.get(LAKE).json()["total"]["bytes"]
    assert client.post(f"{LAKE}/limits", json={"quota_bytes": used + used // 10}).json()["state"] == "near"
    flushed(app, span(2))
    assert client.get(LAKE).json()["limits"]["state"] == "full"
    answer = client.post(f"{LAKE}/limits", json={"keep_days": 30})
    assert (answer.json()["keep_days"], answer.json()["quota_bytes"]) == (30, used + used // 10)
    assert client.post(f"{LAKE}/limits", json={"quota_bytes": 0}).json()["state"] == "ok"
    flushed(app, span(3))


def test_days_older_than_a_project_keeps_are_dropped_and_told(app: App, client: TestClient) -> None:
    today = span(1, start_ns=app.bench.clock.now_ns())
    flushed(app, today, span(2), span(3, project="other"))
    assert run(app, "retain") == {}
    client.post(f"{LAKE}/limits", json={"keep_days": 30})
    assert run(app, "retain")[PROJECT]["spans"]["rows"] == 1
    assert client.get(LAKE).json()["total"]["rows"] == 1
    event = client.get(f"/api/projects/{PROJECT}/events", params={"limit": 1}).json()["events"][0]
    assert (event["verb"], event["object"]) == ("dropped", "lake/days")
    assert run(app, "retain") == {}


def test_files_are_merged_by_a_job(app: App, client: TestClient) -> None:
    for number in range(3):
        flushed(app, span(number))
    assert run(app, "compact")["spans"]["files_before"] == 3
    assert client.get(LAKE).json()["tables"]["spans"]["files"] == 1


def test_an_erasure_is_counted_first_and_then_enqueued(app: App, client: TestClient) -> None:
    flushed(app, span(1, user_id="ana"), span(2, user_id="ana"))
    path = f"/api/projects/{PROJECT}/erasures"
    counted = client.post(path, json={"kind": "user", "value": "ana", "dry_run": True})
    assert (counted.status_code, counted.json()["spans"]) == (200, 2)
    asked = client.post(path, json={"kind": "user", "value": "ana"})
    assert asked.status_code == 202
    job = client.get(f"/api/projects/{PROJECT}/jobs/{asked.json()['job']}", params={"wait_s": 20}).json()
    assert (job["state"], job["result"]["spans"], job["result"]["asked"]) == ("done", 2, asked.json()["asked"])
    with pytest.raises(NotFound):
        app.bench.erasures.requests.get(job["id"])
    assert client.post(path, json={"kind": "person", "value": "ana"}).status_code == 422
