"""Scores from outside: kept once, of what they say, and refused where they say nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened

TRACE, SPAN = f"{7:032x}", f"{8:016x}"
SCORES = "/api/projects/acme/scores"
ID = "01a21ff0-b02d-7f65-aafe-c6e7ca04a6ef"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home: Path = tmp_path_factory.mktemp("home")
    with opened(home) as app, client_of(app) as client:
        yield client


def of_trace(client: TestClient, trace: str = TRACE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/projects/acme/traces/{trace}/scores").json()["scores"]
    return found


def test_a_score_of_a_span_is_listed_with_its_trace(client: TestClient) -> None:
    given = {"name": "tone", "label": "rude", "kind": "person", "trace_id": TRACE, "span_id": SPAN}
    reply = client.post(SCORES, json={"scores": [given]})
    assert reply.status_code == 201
    (score,) = [one for one in of_trace(client) if one["id"] == reply.json()["ids"][0]]
    assert (score["name"], score["label"], score["value"], score["kind"]) == ("tone", "rude", None, "person")
    assert score["subject"] == {"id": SPAN, "kind": "span"}


def test_a_score_sent_again_is_kept_once(client: TestClient) -> None:
    trace = f"{9:032x}"
    for value in (1.0, 2.0):
        sent = client.post(SCORES, json={"scores": [{"id": ID, "name": "x", "value": value, "trace_id": trace}]})
        assert sent.json() == {"ids": [ID]}
    (score,) = of_trace(client, trace)
    assert (score["value"], score["at"][:10]) == (2.0, "2026-11-28")


@pytest.mark.parametrize(
    "given",
    [
        {"name": "x", "trace_id": TRACE},
        {"name": "x", "value": 1.0},
        {"name": "x", "value": 1.0, "trace_id": TRACE, "session_id": "s"},
        {"name": "x", "value": 1.0, "session_id": "s", "span_id": SPAN},
        {"name": "x", "value": 1.0, "trace_id": "7"},
        {"name": "", "value": 1.0, "trace_id": TRACE},
        {"name": "x", "value": 1.0, "trace_id": TRACE, "id": "no-uuid"},
        {"name": "x", "value": 1.0, "trace_id": TRACE, "verdict": "good"},
    ],
)
def test_a_score_that_says_nothing_of_something_is_refused(client: TestClient, given: dict[str, Any]) -> None:
    reply = client.post(SCORES, json={"scores": [given]})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_input")
