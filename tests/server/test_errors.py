"""What the server answers to what it cannot read: the status of the mistake, and never 500."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened

from genyard.access import projects


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home: Path = tmp_path_factory.mktemp("home")
    with opened(home) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        with client_of(app) as client:
            yield client


def test_a_body_that_tells_no_length_is_too_large_and_not_broken(client: TestClient) -> None:
    body = (b" " * 1024 * 1024 for _ in range(66))
    answer = client.post("/api/plan", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/projects/acme/events?after=9223372036854775808", 200),
        ("/p/acme/s/desk/releases/99999999999999999999", 422),
        ("/p/acme/s/desk/releases/99999999999999999999.json", 422),
        ("/p/acme/s/desk/releases/1", 404),
    ],
)
def test_a_number_that_no_database_holds(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("traces/zzz", "'zzz' is no trace id"),
        ("traces/zzz/tree", "'zzz' is no trace id"),
        ("traces?limit=0", "limit: it should be greater than or equal to 1, not '0'"),
        ("traces?limit=x", "limit: it should be a valid integer, unable to parse string as an integer, not 'x'"),
        ("traces/export?format=csv", "format: it should be 'jsonl', 'otlp' or 'parquet', not 'csv'"),
        ("facets", "column: it is missing"),
        ("traces?hours=0", "0 hours are no time to look at"),
    ],
)
def test_what_does_not_fit_is_told_in_plain_words(client: TestClient, path: str, told: str) -> None:
    answer = client.get(f"/api/projects/acme/{path}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, told)
