"""Traces over HTTP: queries, pages, parts of a trace, sessions, figures, export, the tail."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened

from genyard.access import audit
from genyard.app import App
from genyard.core.canonical import Json
from genyard.store.columns import SPANS
from genyard.store.rows import read_back

P = "/api/projects/acme"
TRACES = 6


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with opened(tmp_path_factory.mktemp("home")) as app:
        keep(app, *(row for number in range(1, TRACES + 1) for row in trace(app, number)))
        yield app


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def keep(app: App, *rows: dict[str, Json]) -> None:
    app.bench.lake.append("spans", rows).wait(30)


def trace(app: App, number: int) -> list[dict[str, Json]]:
    """Return a trace of a first span and a model call, ``number`` minutes old."""
    at = app.bench.clock.now_ns() - number * 60_000_000_000
    common: dict[str, Json] = {"project": "acme", "trace_id": f"{number:032x}", "status": "ok", "scope_name": "lib"}
    return [
        common
        | {
            "span_id": f"{number:014x}01",
            "is_root": True,
            "start_ns": at,
            "duration_ns": number * 1_000_000,
            "span_name": "agent",
            "conversation_id": f"talk/{number % 2}",
            "preview": f"question {number}",
            "resource_attributes": {"host": "h"},
        },
        common
        | {
            "span_id": f"{number:014x}02",
            "parent_span_id": f"{number:014x}01",
            "start_ns": at + 1,
            "duration_ns": 1000,
            "span_name": "chat",
            "operation": "chat",
            "request_model": "m",
            "otel_kind": "client",
            "usage_scope": "self",
            "input_tokens": 8,
            "output_tokens": number,
            "total_tokens": 8 + number,
            "input_messages": [{"role": "user", "parts": [{"type": "text", "content": f"word{number}"}]}],
            "attributes": {"http.route": f"/r{number}", "size": number, "flag": True, "of": ["a"]},
            "events": [{"name": "e", "at_ns": at, "attributes": {"k": 1.5}}],
        },
    ]


def got(client: TestClient, path: str, **query: object) -> Any:
    reply = client.get(P + path, params={name: str(value) for name, value in query.items()})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_query_chooses_and_orders(client: TestClient) -> None:
    found = got(client, "/traces", q="attributes.http.route:/r2,/r3 word3")["traces"]
    assert [one["preview"] for one in found] == ["question 3"]
    assert (found[0]["tokens"], found[0]["model"], found[0]["spans"], found[0]["session"]) == (11, "m", 2, "talk/1")
    dear = got(client, "/traces", sort="tokens", limit=2)
    assert [one["tokens"] for one in dear["traces"]] == [14, 13]
    assert [one["tokens"] for one in got(client, "/traces", sort="tokens", after=dear["next"])["traces"]][0] == 12


def test_an_export_as_parquet_has_every_column_of_every_span(client: TestClient, tmp_path: Path) -> None:
    reply = client.get(P + "/traces/export", params={"format": "parquet", "q": "word3"})
    assert "attachment" in reply.headers["content-disposition"]
    (tmp_path / "t.parquet").write_bytes(reply.content)
    table = duckdb.connect().read_parquet(str(tmp_path / "t.parquet"))
    assert tuple(table.columns) == SPANS.names
    lines = client.get(P + "/traces/export", params={"q": "word3"}).text.splitlines()
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    assert [read_back(SPANS, row) for row in rows] == [json.loads(line) for line in lines]
    wrong = client.get(P + "/traces/export", params={"format": "parquet", "q": "statsu:error"})
    assert wrong.status_code == 422


def test_a_few_exports_run_at_once_and_another_is_told_when_to_come_back(app: App, client: TestClient) -> None:
    with app.exports.place("acme"), app.exports.place("acme"):
        refused = client.get(P + "/traces/export", params={"q": "word3"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        assert refused.json()["error"]["code"] == "overloaded"
        with app.exports.place("other"):
            pass
    for query in ("word3", "statsu:error", "word3", "word3"):
        client.get(P + "/traces/export", params={"q": query})
    with app.exports.place("acme"), app.exports.place("acme"):
        pass


def test_each_export_is_told_twice_and_says_no_value(app: App, client: TestClient) -> None:
    client.get(P + "/traces/export", params={"format": "parquet", "q": "word4 attributes.size:4"})
    with app.bench.database.read() as tx:
        ended, began = audit.events(tx, "acme", limit=2)
    assert (began.verb, ended.verb, began.object) == ("began", "exported", ended.object)
    assert (ended.detail["traces"], ended.detail["spans"], ended.detail["format"]) == (1, 2, "parquet")
    assert list(began.detail["asked"]) == ["attributes", "words"]  # type: ignore[arg-type]
    assert "word4" not in repr(began.detail)


def test_a_trace_is_given_with_children_inside(client: TestClient) -> None:
    whole = got(client, f"/traces/{3:032x}/tree")
    assert (whole["span_count"], whole["next"], whole["trace_id"]) == (2, None, f"{3:032x}")
    (root,) = whole["spans"]
    assert (root["span_name"], root["below"], root["left_out"]) == ("agent", 1, 0)
    assert [one["span_name"] for one in root["children"]] == ["chat"]
    (top,) = got(client, f"/traces/{3:032x}/tree", limit=1)["spans"]
    assert (top["children"], top["left_out"]) == ([], 1)
    below = got(client, f"/traces/{3:032x}/tree", span=top["span_id"])["spans"]
    assert [(one["operation"], one["total_tokens"]) for one in below] == [("chat", 11)]
    assert client.get(f"{P}/traces/{3:032x}/tree", params={"span": "77"}).status_code == 404


def test_fields_and_times_are_chosen(client: TestClient) -> None:
    assert "service_name" in got(client, "/traces", fields="service_name", limit=1)["traces"][0]
    found = got(client, "/traces", fields="trace_id,trace_tokens", limit=1)
    assert found["traces"] == [{"trace_id": f"{1:032x}", "trace_tokens": 9}]
    newest = got(client, "/traces", limit=3)["traces"]
    between = got(client, "/traces", since=newest[2]["at"], until=newest[0]["at"])["traces"]
    assert [one["preview"] for one in between] in (["question 2"], ["question 2", "question 3"])


@pytest.mark.parametrize(
    ("path", "query", "says"),
    [
        ("/traces", {"q": "modle:x"}, "did you mean model?"),
        ("/traces", {"q": "tokens>few"}, "whole number"),
        ("/traces", {"sort": "price"}, "score.NAME"),
        ("/traces", {"fields": "output"}, "output"),
        ("/traces", {"after": "x"}, "not a place"),
        ("/traces", {"since": "yesterday"}, "is no time"),
        ("/traces", {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "earlier time"),
        ("/traces/export", {"q": "modle:x"}, "modle"),
        (f"/traces/{1:032x}", {"after": "x"}, "not a place"),
        ("/stats", {"by": "colour"}, "split by"),
        ("/facets", {"column": "input"}, "input"),
        ("/sessions", {"after": "x"}, "not a place"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(client: TestClient, path: str, query: dict[str, str], says: str) -> None:
    reply = client.get(P + path, params=query)
    said = reply.json()["error"]
    assert (reply.status_code, said["code"]) == (422, "invalid_input") or reply.status_code == 400
    assert says in said["message"] + said["hint"]


def test_a_trace_comes_in_parts_and_without_payloads(client: TestClient) -> None:
    first = got(client, f"/traces/{2:032x}", limit=1, payloads="false")
    assert (first["span_count"], len(first["spans"]), "input_messages" in first["spans"][0]) == (2, 1, False)
    second = got(client, f"/traces/{2:032x}", after=first["next"])
    assert (second["next"], second["spans"][0]["span_name"]) == (None, "chat")
    one = got(client, f"/traces/{2:032x}/spans/{second['spans'][0]['span_id']}")["span"]
    assert one["input_messages"][0]["role"] == "user"
    assert client.get(f"{P}/traces/{2:032x}/spans/nothing").status_code == 404


def test_sessions_and_one_of_them(client: TestClient) -> None:
    found = got(client, "/sessions")["sessions"]
    assert [(one["id"], one["traces"], one["tokens"]) for one in found] == [("talk/1", 3, 33), ("talk/0", 3, 36)]
    one = got(client, "/sessions/talk/1")
    assert [row["preview"] for row in one["traces"]] == ["question 5", "question 3", "question 1"]
    assert client.get(f"{P}/sessions/nobody").status_code == 404


def test_figures_and_values(client: TestClient) -> None:
    (whole,) = got(client, "/stats", every="whole")["points"]
    assert (whole["count"], whole["tokens"], whole["p50_ms"]) == (6, 69, 3.5)
    (model,) = got(client, "/stats", every="whole", by="model", q="word1")["points"]
    assert (model["group"], model["count"], model["tokens"]) == ("m", 1, 9)
    assert got(client, "/facets", column="attributes.of")["values"][0]["traces"] == 6
    assert got(client, "/facets", column="model") == {"column": "model", "values": [{"traces": 6, "value": "m"}]}


def test_whole_traces_are_exported_as_lines(client: TestClient) -> None:
    lines = client.get(f"{P}/traces/export", params={"limit": 2}).text.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["span_name"] for row in rows] == ["agent", "chat"] * 2
    assert rows[1]["input_messages"][0]["parts"][0]["content"] == "word1"
    assert client.get(f"{P}/traces/export", params={"q": "nothing-has-this"}).text == ""


def test_an_export_in_otlp_can_be_sent_anywhere(client: TestClient) -> None:
    (line,) = client.get(f"{P}/traces/export", params={"format": "otlp", "q": "word2"}).text.splitlines()
    resources = json.loads(line)["resourceSpans"]
    assert resources[0]["resource"]["attributes"] == [{"key": "host", "value": {"stringValue": "h"}}]
    (chat,) = (one for part in resources for one in part["scopeSpans"][0]["spans"] if one["name"] == "chat")
    named = {one["key"]: one["value"] for one in chat["attributes"]}
    assert (chat["traceId"], chat["kind"], chat["status"]) == (f"{2:032x}", 3, {"code": 1})
    assert named["gen_ai.usage.output_tokens"] == {"intValue": "2"}
    assert json.loads(named["gen_ai.input.messages"]["stringValue"])[0]["role"] == "user"
    assert named["of"] == {"arrayValue": {"values": [{"stringValue": "a"}]}}
    assert chat["events"][0]["attributes"] == [{"key": "k", "value": {"doubleValue": 1.5}}]


def test_the_tail_gives_what_arrives_once(client: TestClient, app: App) -> None:
    place = got(client, "/traces/tail")["next"]
    assert got(client, "/traces/tail", after=place) == {"next": place, "traces": []}
    keep(app, *(row | {"trace_id": "e" * 32} for row in trace(app, 9)))
    found = got(client, "/traces/tail", after=place)
    assert [one["trace_id"] for one in found["traces"]] == ["e" * 32]
    assert got(client, "/traces/tail", after=found["next"])["traces"] == []
