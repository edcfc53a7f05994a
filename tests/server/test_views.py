"""Saved views through the API and the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened

from genyard.access import keys, projects
from genyard.app import App

API = "/api/projects/acme/views"
SLOW = {"query": "latency>5s", "sort": "latency", "since": "24h", "page": "traces"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=1)
        yield app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def test_a_view_is_saved_listed_and_deleted(client: TestClient) -> None:
    saved = client.put(f"{API}/slow", json=SLOW)
    assert saved.status_code == 200 and saved.json().items() >= {**SLOW, "name": "slow"}.items()
    assert client.get(API).json()["views"] == [saved.json()] == [client.get(f"{API}/slow").json()]
    assert client.delete(f"{API}/slow").json() == saved.json()
    assert client.get(API).json() == {"views": []}
    assert (client.get(f"{API}/slow").status_code, client.delete(f"{API}/slow").status_code) == (404, 404)


@pytest.mark.parametrize(
    "body", [{"since": "2w"}, {"page": "jobs"}, {"query": "cost>x"}, {"querry": ""}, {"query": "x" * 2001}]
)
def test_bad_views_are_refused(client: TestClient, body: dict[str, str]) -> None:
    assert client.put(f"{API}/slow", json=body).status_code in (400, 422)
    assert client.get(API).json() == {"views": []}


def test_a_list_is_saved_and_its_view_deleted_on_the_page(client: TestClient) -> None:
    page = client.get("/p/acme/traces", params={"q": "latency>5s", "w": "24h"}).text
    assert "Save this view" in page and "Delete " not in page
    form = {"name": "Slow", "page": "traces", "q": "latency>5s", "w": "24h", "sort": "start"}
    reply = client.post("/p/acme/views", data=form, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, "/p/acme/traces?q=latency%3E5s&w=24h")
    shown = client.get(reply.headers["location"]).text
    assert 'aria-current="true"><strong>slow</strong></a>' in shown and "Delete slow" in shown
    assert ">slow</a>" in client.get("/p/acme/traces").text
    assert ">slow</a>" not in client.get("/p/acme/sessions").text
    gone = client.post("/p/acme/views/slow/delete", follow_redirects=False)
    assert gone.headers["location"] == reply.headers["location"]
    assert ">slow</a>" not in client.get("/p/acme/traces").text


def test_a_view_keeps_the_columns_of_its_list(client: TestClient) -> None:
    saved = client.put(f"{API}/who", json={**SLOW, "columns": "user,session"}).json()
    assert saved["columns"] == "session,user"
    shown = client.get(
        "/p/acme/traces", params={"q": "latency>5s", "w": "24h", "sort": "latency", "cols": ["user", "session"]}
    )
    assert 'aria-current="true"><strong>who</strong></a>' in shown.text
    form = {"name": "tagged", "page": "traces", "cols": "tags"}
    reply = client.post("/p/acme/views", data=form, follow_redirects=False)
    assert reply.headers["location"] == "/p/acme/traces?cols=tags"
    for wrong in ({"columns": "beauty"}, {"columns": "user", "page": "sessions", "sort": "start"}):
        assert client.put(f"{API}/wrong", json={**SLOW, **wrong}).status_code in (400, 422)


def test_a_view_of_sessions_is_shown_beside_sessions(client: TestClient) -> None:
    client.post("/p/acme/views", data={"name": "ann", "page": "sessions", "q": "user:ann"})
    assert 'href="/p/acme/sessions?q=user%3Aann">ann</a>' in client.get("/p/acme/sessions").text


def test_who_may_only_read_is_offered_no_form(app: App, client: TestClient) -> None:
    client.put(f"{API}/slow", json=SLOW)
    with app.bench.database.write() as tx:
        _, secret = keys.create(
            tx, project="acme", name="look", role="viewer", by=app.local.actor, at_ns=app.bench.clock.now_ns(),
            ids=app.bench.ids,
        )  # fmt: skip
    viewer = {"Authorization": f"Bearer {secret}"}
    page = client.get("/p/acme/traces", headers=viewer).text
    assert ">slow</a>" in page and "Save this view" not in page
    assert client.post("/p/acme/views", data={"name": "x"}, headers=viewer).status_code == 403
