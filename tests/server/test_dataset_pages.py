"""Traces into a dataset on the pages: the form, what it keeps, and what became of each trace."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened
from tests.server.test_traces_api import keep

from genyard.access import projects
from genyard.app import App
from genyard.core.canonical import Json

FORM = "/p/acme/add-to-dataset"
ANSWERED, SILENT = "a" * 32, "b" * 32


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with opened(tmp_path_factory.mktemp("home")) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        keep(app, root(app, ANSWERED, output={"text": "Five euros.", "trace": "x"}), root(app, SILENT))
        with client_of(app) as client:
            yield client


def root(app: App, trace: str, **columns: Json) -> dict[str, Json]:
    at = app.bench.clock.now_ns() - 60_000_000_000
    common: dict[str, Json] = {"project": "acme", "trace_id": trace, "span_id": "1" * 16, "is_root": True}
    return {**common, "start_ns": at, "duration_ns": 1, "span_name": "f", "input": {"q": "It's what?"}, **columns}


def test_the_form_shows_what_was_asked_as_json_and_the_text_of_the_answer(client: TestClient) -> None:
    html = client.get(FORM, params={"trace": ANSWERED}).text
    assert "{&#34;q&#34;:&#34;It&#39;s what?&#34;}" in html
    assert "Five euros." in html
    silent = client.get(FORM, params={"trace": SILENT}).text
    assert "No answer was found as text" in silent
    assert '<option value="given" selected>' in silent


def test_what_became_of_each_trace_is_counted_and_a_refused_one_leads_to_its_own_form(client: TestClient) -> None:
    sent = {"trace": [ANSWERED, SILENT], "new": "golden", "expect": "answer"}
    html = client.post(FORM, data=sent).text
    assert "golden: 1 added, 1 refused" in html
    assert "has no answer to expect (write what is right)" in html
    assert f"add-to-dataset?trace={SILENT}&amp;dataset=golden" in html
    assert "golden: 1 there already, 1 refused" in client.post(FORM, data=sent).text


def test_a_form_that_is_not_taken_keeps_what_was_written(client: TestClient) -> None:
    sent = {"trace": SILENT, "new": "My data!", "expect": "given", "given": "Six euros.", "tags": "a, b", "user": "1"}
    reply = client.post(FORM, data=sent)
    assert reply.status_code == 422
    assert "is not a name" in reply.text and "may have been stored" not in reply.text
    assert all(one in reply.text for one in ('value="My data!"', ">Six euros.</textarea>", 'value="a, b"'))
    assert 'name="user" value="1" checked' in reply.text


def test_nothing_chosen_says_what_to_do(client: TestClient) -> None:
    assert client.get(FORM).status_code == 422
    assert "tick some in the list" in client.get(FORM).text
