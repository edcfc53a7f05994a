"""The page of a project's settings, and the warning of a lake that is nearly full on every page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.homes import PROJECT, client_of, opened
from tests.server.test_traces_api import trace

from genyard.access import projects
from genyard.app import App
from genyard.server.pages.settings_view import Quota

PAGE = f"/p/{PROJECT}/settings"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=app.local.actor, at_ns=1)
        app.bench.lake.append(
            "spans", [one | {"usage_scope": "self", "cost_usd": 0.125} for one in trace(app, 1)]
        ).wait(30)
        app.bench.lake.flush()
        yield app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def test_the_page_has_what_is_kept_and_the_commands_that_change_it(client: TestClient) -> None:
    client.post(f"/api/projects/{PROJECT}/lake/limits", json={"keep_days": 30})
    client.post(f"/api/projects/{PROJECT}/keys", json={"name": "shop-key"})
    html = client.get(PAGE).text
    for told in (
        "of 50 GB",
        "30 days",
        "$0.2500",
        "mask: ",
        "shop-key",
        f"genyard lake limits --keep-days 90 --project {PROJECT}",
    ):
        assert told in html, told


def test_who_may_not_manage_keys_sees_none(client: TestClient) -> None:
    secret = client.post(f"/api/projects/{PROJECT}/keys", json={"name": "a-developer"}).json()["secret"]
    shown = client.get(PAGE, headers={"Authorization": f"Bearer {secret}"})
    assert (shown.status_code, "a-developer</bdi>" in shown.text) == (200, False)
    assert "a-developer</bdi>" in client.get(PAGE).text


def test_a_full_lake_is_told_on_every_page_and_to_who_judges(client: TestClient) -> None:
    assert "of its quota" not in client.get(f"/p/{PROJECT}/traces").text
    client.post(f"/api/projects/{PROJECT}/lake/limits", json={"quota_bytes": 1000})
    for path in ("traces", "dashboard", "settings"):
        assert "New traces and scores are refused" in client.get(f"/p/{PROJECT}/{path}").text, path
    refused = client.post(
        f"/p/{PROJECT}/traces/{1:032x}/feedback", data={"thumbs": "up"}, headers={"Accept": "text/html"}
    )
    assert refused.status_code == 507
    assert "its quota is 1 kB" in refused.text and "Nothing was changed." in refused.text


def test_a_quota_is_told_in_words() -> None:
    assert Quota(used=812, limit=0, state="ok").words == "812 B, without a limit"
    near = Quota(used=17_000_000_000, limit=20_000_000_000, state="near")
    assert near.warning.startswith("The lake of this project holds 17 GB of 20 GB (85%) of its quota. At the limit")
