"""Projects over HTTP: a wrong name is told, whatever is asked, and a project is there however it came to be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened
from tests.observe.otlp.requests import AT_NS

SPAN = {"traceId": f"{7:032x}", "spanId": f"{7:016x}", "name": "look", "startTimeUnixNano": str(AT_NS)}
SENT = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}
READ = ("traces", "stats", "sessions", "lake", "sql", "keys", "masking", "views", "releases", "datasets", "events")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with opened(tmp_path) as app, client_of(app) as client:
        yield client


def names(client: TestClient, **headers: str) -> list[str]:
    return [one["name"] for one in client.get("/api/projects", headers=headers).json()["projects"]]


def test_a_wrong_name_is_told_with_the_nearest_wherever_something_is_read(client: TestClient) -> None:
    client.post("/api/projects", json={"name": "shop"})
    for path in READ:
        refused = client.get(f"/api/projects/shpo/{path}")
        told = refused.json()["error"]
        assert (refused.status_code, told["message"]) == (404, "no project 'shpo'"), path
        assert told["hint"].startswith("did you mean shop?")
        assert client.get(f"/api/projects/shop/{path}").status_code == 200, path
        assert client.get(f"/api/projects/default/{path}").status_code == 200, path
    erased = {"kind": "user", "value": "ann", "dry_run": True}
    assert client.post("/api/projects/shpo/erasures", json=erased).status_code == 404


def test_where_there_is_no_project_at_all_any_name_may_become_the_first(client: TestClient) -> None:
    assert client.get("/api/projects/nope/traces").json()["traces"] == []
    assert names(client) == ["default"]


def test_spans_a_policy_a_limit_or_a_key_make_a_project(client: TestClient) -> None:
    assert client.post("/api/projects/imported/traces", json=SENT).json()["refused"] == 0
    assert client.put("/api/projects/masked/masking", json={"mode": "mask", "rules": ["email"]}).status_code == 200
    assert client.post("/api/projects/default/lake/limits", json={"keep_days": 3}).json()["keep_days"] == 3
    assert client.post("/api/projects/shop/keys", json={"name": "ci"}).status_code == 201
    assert names(client) == ["default", "imported", "masked", "shop"]
    assert all(client.get(f"/api/projects/{one}/traces").status_code == 200 for one in names(client))


def test_a_key_of_one_project_sees_and_makes_no_other(client: TestClient) -> None:
    secret = client.post("/api/projects/shop/keys", json={"name": "ci"}).json()["secret"]
    client.post("/api/projects", json={"name": "other"})
    held = {"Authorization": f"Bearer {secret}"}
    assert names(client, **held) == ["shop"]
    assert client.post("/api/projects", json={"name": "mine"}, headers=held).status_code == 403
    assert client.get("/api/projects/nope/traces", headers=held).status_code == 403


def test_a_project_is_made_once(client: TestClient) -> None:
    assert client.post("/api/projects", json={"name": "shop"}).status_code == 201
    assert client.post("/api/projects", json={"name": "shop"}).status_code == 409
    assert client.post("/api/projects", json={"name": "No Name"}).status_code == 422
