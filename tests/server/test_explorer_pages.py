"""The pages of many traces, as a served home gives them."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened
from tests.server.test_traces_api import TRACES, keep, trace

from genyard.access import projects
from genyard.app import App
from genyard.core.canonical import Json
from genyard.core.clock import rfc3339
from genyard.core.digest import short
from genyard.core.records import Artifact
from genyard.store import artifacts

P = "/p/acme"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with opened(tmp_path_factory.mktemp("home")) as app:
        keep(app, *(row for number in range(1, TRACES + 1) for row in trace(app, number)))
        keep(app, *large(app))
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        yield app


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def large(app: App) -> Iterator[dict[str, Json]]:
    """Yield a trace of 1,200 spans, each with a payload, that starts three hours ago."""
    at = app.bench.clock.now_ns() - 3 * 3600 * 1_000_000_000
    for number in range(1, 1201):
        yield {
            "project": "acme",
            "trace_id": "c" * 32,
            "span_id": f"{number:016x}",
            "parent_span_id": f"{1:016x}" if number > 1 else None,
            "is_root": True if number == 1 else None,
            "start_ns": at + number,
            "duration_ns": 10,
            "span_name": "agent" if number == 1 else "search",
            "operation": "execute_tool",
            "tool_result": f"result {number}",
            "output": "the end" if number == 1 else None,
        }


def shown(client: TestClient, path: str, **query: str) -> str:
    reply = client.get(P + path, params=query)
    assert reply.status_code == 200, reply.text
    return reply.text


def test_the_list_has_the_query_its_rows_and_its_command(client: TestClient) -> None:
    html = shown(client, "/traces", q="word3", sort="tokens", w="24h")
    assert "question 3" in html and "question 2" not in html
    assert "genyard traces &#39;word3&#39; --since 24h --sort tokens" in html
    assert 'value="word3"' in html


def test_a_list_is_exported_whole_in_every_form_that_there_is(client: TestClient) -> None:
    html = shown(client, "/traces", q="word3", w="90d")
    for form in ("parquet", "jsonl", "otlp"):
        assert f"export?q=word3&amp;hours=2160&amp;limit=100000&amp;format={form}" in html


def test_a_time_that_is_not_there_is_said(client: TestClient) -> None:
    assert "There is no time 2y to ask for" in shown(client, "/dashboard", w="2y")
    assert "There is no time" not in shown(client, "/dashboard", w="90d")


def test_a_list_is_of_a_time_with_ends_of_its_own(app: App, client: TestClient) -> None:
    until = rfc3339(app.bench.clock.now_ns() - 210 * 1_000_000_000)
    html = shown(client, "/traces", since="1h", until=until)
    assert [f"question {number}" in html for number in (1, 3, 4, 6)] == [False, False, True, True]
    assert f'name="until" value="{until}"' in html and f'name="until" value="{until[:16]}"' in html
    assert f"genyard traces --since 1h --until {until}" in html
    assert f"export?q=&amp;since=1h&amp;until={until.replace(':', '%3A')}&amp;limit" in html
    # Nothing arrives in a time that is over, and a view moves on with the clock.
    assert "Follow" not in html and "Save this view" not in html
    assert "question 1" in shown(client, "/traces", since="1h", until=until, w="24h")


@pytest.mark.parametrize("path", ["/traces", "/sessions", "/dashboard"])
@pytest.mark.parametrize(
    ("since", "until", "said"),
    [("yesterday", "", "is no time"), ("1h", "2h", "ends before it begins"), ("2020-01-01", "", "longer than a year")],
)
def test_a_time_that_is_none_is_explained(client: TestClient, path: str, since: str, until: str, said: str) -> None:
    assert said in shown(client, path, since=since, until=until)


def test_the_hours_of_a_figure_lead_to_their_traces(client: TestClient) -> None:
    html = shown(client, "/dashboard", w="24h").replace("&amp;", "&")
    traffic = html[: html.index("Errors<")]
    hours = re.findall(r'<a href="/p/acme(/traces\?since=[^"]+)" tabindex="-1">.+?: all (\d+)</title>', traffic)
    assert sum(int(count) for _, count in hours) == TRACES + 1
    for address, count in hours:
        assert client.get(P + address).text.count("name=trace ") == int(count)


def test_figures_are_for_hours_or_days_as_asked(client: TestClient) -> None:
    assert "--every hour" in shown(client, "/dashboard", w="24h")
    assert "--every day" in shown(client, "/dashboard", w="7d")
    html = shown(client, "/dashboard", w="7d", every="hour")
    assert "--every hour" in html and 'name="every" value="hour"' in html
    assert "are too many points" in shown(client, "/dashboard", w="90d", every="hour")


def test_two_picked_traces_are_compared(client: TestClient) -> None:
    list_ = shown(client, "/traces")
    assert 'id="pick" action="/p/acme/compare"' in list_ and 'formaction="/p/acme/add-to-dataset"' in list_
    picked = [f"{number:032x}" for number in (1, 2, 3)]
    html = client.get(P + "/compare", params={"trace": picked[:2]}).text
    assert "Steps" in html and f'value="{picked[1]}"' in html
    assert "1 traces were picked" in client.get(P + "/compare", params={"trace": picked[:1]}).text
    assert "3 traces were picked" in client.get(P + "/compare", params={"trace": picked}).text


def test_figures_lead_to_their_traces_and_name_what_has_no_group(client: TestClient) -> None:
    html = shown(client, "/dashboard", by="environment", w="24h")
    assert 'href="/p/acme/traces?w=24h">Traffic' in html.replace("&amp;", "&")
    assert "q=status%3Aerror" in html
    assert "<bdi>none</bdi>" in html and "<bdi>all</bdi>" not in html
    assert "none 6" in html or "none 1" in html  # what the pointer says of an hour


def test_values_of_columns_narrow_the_list(client: TestClient) -> None:
    html = shown(client, "/traces", narrow="1")
    assert "q=model%3Am" in html and "Hide values" in html


def test_a_page_shows_the_columns_that_its_address_says(client: TestClient) -> None:
    usual, chosen = shown(client, "/traces"), shown(client, "/traces", cols="service,session", narrow="1")
    assert ">Endpoint</th>" in usual and ">Service</th>" not in usual
    assert ">Endpoint</th>" not in chosen and ">Service</th>" in chosen
    assert "talk/1</bdi></a>" in chosen
    # Asked anew, of another time, saved, narrowed: the columns stay.
    assert chosen.count('name="cols" value="service,session"') == 3
    assert "cols=service%2Csession" in chosen
    assert shown(client, "/traces", cols="beauty").count("</th>") == usual.count("</th>")


@pytest.mark.parametrize("path", ["/traces", "/sessions", "/dashboard"])
def test_a_wrong_query_is_explained_on_the_page(client: TestClient, path: str) -> None:
    html = shown(client, path, q='modle:"<b>"')
    assert "did you mean model?" in html
    assert "<b>" not in html


def test_sessions_and_one_as_a_talk(client: TestClient) -> None:
    assert "talk/1" in shown(client, "/sessions")
    html = shown(client, "/session", id="talk/1")
    assert html.index("question 5") < html.index("question 3") < html.index("question 1")
    assert client.get(f"{P}/session", params={"id": "nobody"}).status_code == 404


def test_two_traces_side_by_side(client: TestClient) -> None:
    html = shown(client, "/compare", a=f"{1:032x}", b=f"{4:032x}")
    assert "question 1" in html and "question 4" in html and "+3 ms" in html
    assert "only in one" in shown(client, "/compare", a=f"{1:032x}", b="c" * 32)
    assert "no trace abcdef" in shown(client, "/compare", a=f"{1:032x}", b="abcdef")


@pytest.mark.parametrize("by", ["", "model", "release", "endpoint"])
@pytest.mark.parametrize("window", ["24h", "7d"])
def test_figures_are_drawn_and_written(client: TestClient, by: str, window: str) -> None:
    html = shown(client, "/dashboard", w=window, by=by)
    assert "<polyline" in html or "<circle" in html
    assert "Traffic, newest values" in html


def test_of_a_large_trace_only_what_is_open_has_its_payload(client: TestClient) -> None:
    html = shown(client, f"/traces/{'c' * 32}", span=f"{700:016x}")
    assert "result 700" in html and "result 701" not in html
    assert "1,200" in html and "the end" in shown(client, f"/traces/{'c' * 32}")


def test_a_person_says_what_they_think_of_an_answer(app: App, client: TestClient) -> None:
    page = f"/traces/{3:032x}"
    assert "Your judgement" in shown(client, page, tab="scores")
    for thumbs, comment in (("up", "too hasty"), ("down", "<i>wrong</i> price"), ("down", "")):
        reply = client.post(f"{P}{page}/feedback", data={"thumbs": thumbs, "comment": comment}, follow_redirects=False)
        assert (reply.status_code, reply.headers["location"]) == (303, f"{P}{page}?tab=scores")
    html = shown(client, page, tab="scores")
    assert "&lt;i&gt;wrong&lt;/i&gt; price" in html
    assert f"person {app.local.actor.name}" in html and app.local.actor.principal not in html
    # Who thinks again changes their judgement; said once more without a word it keeps the word.
    assert "too hasty" not in html
    found = client.get("/api/projects/acme/traces", params={"q": "score.feedback:0"}).json()["traces"]
    assert [one["trace_id"] for one in found] == [f"{3:032x}"]
    assert client.post(f"{P}{page}/feedback", data={"thumbs": "sideways"}).status_code == 422
    assert client.post(f"{P}/traces/{'d' * 32}/feedback", data={"thumbs": "up"}).status_code == 404


def test_scores_say_what_their_metric_measures(app: App, client: TestClient) -> None:
    recall, unknown = (Artifact(kind="metric", body={"metric": "recall", "options": {"k": k}}) for k in (4, 5))
    with app.bench.database.write() as tx:
        artifacts.put(tx, "acme", recall, at_ns=1, by=app.local.actor.principal)
    for number, metric in enumerate((recall, unknown)):
        row: dict[str, Json] = {
            "project": "acme",
            "score_id": f"m{number}",
            "at_ns": app.bench.clock.now_ns(),
            "name": f"deep-{number}",
            "subject_kind": "trace",
            "subject_id": f"{2:032x}",
            "trace_id": f"{2:032x}",
            "scorer_kind": "code",
            "scorer": metric.digest,
            "direction": "higher",
            "sampling": "all",
            "value": 1.0,
            "repeat": 0,
        }
        app.bench.lake.append("scores", [row]).wait(30)
    html = shown(client, f"/traces/{2:032x}", tab="scores")
    assert f'<a href="{P}/artifacts/{recall.digest}">metric recall k=4</a>' in html
    # What the catalog does not have is named by its digest, and no link leads to it.
    assert f"metric {short(unknown.digest)}" in html and f"{P}/artifacts/{unknown.digest}" not in html


def test_only_what_runs_a_system_here_is_said_to_be_unreleased(app: App, client: TestClient) -> None:
    assert "not released" not in shown(client, "/traces", q="name:agent")
    ours = {"trace_id": "d" * 32, "span_id": "d" * 16, "span_name": "ours", "system": "sha256:" + "0" * 64}
    keep(app, {"project": "acme", "is_root": True, "start_ns": app.bench.clock.now_ns(), **ours})
    assert "not released" in shown(client, "/traces", q="name:ours")


@pytest.mark.parametrize("by", ["service_name", "user_id"])
def test_figures_are_split_by_service_and_user(client: TestClient, by: str) -> None:
    assert f'by={by}" aria-current="true"' in shown(client, "/dashboard", by=by)
