"""SQL through the HTTP API: what is asked, what is refused, and a server that answers others meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of
from tests.waiting import eventually

from genyard.app import build
from genyard.core.settings import read_settings
from genyard.store.columns import TABLES

SQL = "/api/projects/acme/sql"
ENDLESS = "SELECT count(*) FROM range(1000000000000) a, range(1000000000000) b WHERE hash(a.range) = 1"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home: Path = tmp_path_factory.mktemp("home")
    settings = read_settings({"sql_timeout_s": "20", "sql_at_once": "1", "sql_memory_mb": "256"}, environment={})
    with build(settings, home) as app, client_of(app) as client:
        yield client


def ask(client: TestClient, **body: Any) -> Any:
    return client.post(SQL, json=body)


def test_rows_come_with_the_names_and_types_of_their_columns(client: TestClient) -> None:
    reply = ask(client, sql="SELECT 1 AS one, 'a' AS two, [1.5] AS three FROM range(5)", limit=2)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/json"
    said = reply.json()
    assert said.pop("took_s") >= 0
    assert said == {
        "columns": [
            {"name": "one", "type": "INTEGER"},
            {"name": "two", "type": "VARCHAR"},
            {"name": "three", "type": "DECIMAL(2,1)[]"},
        ],
        "cut": "rows",
        "rows": [[1, "a", [1.5]]] * 2,
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sql": "DROP TABLE spans"}, 422, "invalid_input"),
        ({"sql": "SELECT * FROM read_text('/etc/passwd')"}, 422, "invalid_input"),
        ({"sql": "SELECT repeat('x', 20000000)"}, 413, "too_large"),
        ({"sql": ""}, 422, "invalid_input"),
        ({"sql": "x" * 20_001}, 422, "invalid_input"),
        ({"sql": "SELECT 1", "limit": 10_001}, 422, "invalid_input"),
        ({"sql": "SELECT 1", "timeout_s": 0}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
    ],
)
def test_what_does_not_fit_is_refused(client: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    reply = ask(client, **body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_half_a_letter_is_refused(client: TestClient) -> None:
    reply = client.post(SQL, content=b'{"sql": "SELECT \'\\ud800\'"}', headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_input")


def test_the_tables_are_described_with_their_sentences(client: TestClient) -> None:
    said = client.get(SQL).json()
    assert {one["name"]: len(one["columns"]) for one in said["tables"]} == {
        name: len(table.columns) for name, table in TABLES.items()
    }
    assert said["tables"][0]["columns"][2]["sentence"] == TABLES["spans"].columns[2].sentence
    assert said["limits"]["timeout_s"] == 20


def test_the_described_types_are_those_that_sql_sees(client: TestClient) -> None:
    for table in client.get(SQL).json()["tables"]:
        seen = ask(client, sql=f"SELECT * FROM {table['name']}").json()["columns"]
        assert seen == [{"name": one["name"], "type": one["type"]} for one in table["columns"]]


def test_the_server_answers_others_while_a_query_runs_and_refuses_more_of_them(client: TestClient) -> None:
    stopped: list[int] = []

    def go_on() -> None:
        while (status := ask(client, sql=ENDLESS, timeout_s=5).status_code) == 429:
            pass  # one of the questions below came first
        stopped.append(status)

    thread = threading.Thread(target=go_on)
    thread.start()
    eventually(lambda: ask(client, sql="SELECT 1").status_code == 429)
    refused = ask(client, sql="SELECT 1")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["error"]["code"] == "overloaded"
    assert client.get("/api/projects/acme/traces").status_code == 200
    assert not stopped
    thread.join()
    assert stopped == [413]
    assert ask(client, sql="SELECT 1").status_code == 200
