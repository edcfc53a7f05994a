"""``/metrics``: what was sent and answered, counted, for whoever has a key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from tests.homes import client_of, opened
from tests.observe.otlp.requests import request, wire

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with opened(tmp_path) as app, client_of(app) as client:
        yield client


def counted(client: TestClient) -> dict[str, float]:
    text = client.get("/metrics").text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {f"{one.name}{sorted(one.labels.items()) or ''}": one.value for one in samples}


def test_spans_and_requests_are_counted_by_outcome(client: TestClient) -> None:
    client.post("/v1/traces", content=request(wire(1), wire(2), wire(3, span_id=b"")), headers=PROTOBUF)
    client.post("/v1/traces", content=b"\xff", headers=PROTOBUF)
    found = counted(client)
    assert found["genyard_records_total[('outcome', 'kept'), ('signal', 'traces')]"] == 2
    assert found["genyard_records_total[('outcome', 'refused'), ('signal', 'traces')]"] == 1
    assert found["genyard_exports_total[('outcome', 'ok'), ('signal', 'traces')]"] == 1
    assert found["genyard_exports_total[('outcome', 'invalid_input'), ('signal', 'traces')]"] == 1
    assert found["genyard_log_rows"] == 2
    assert found["process_resident_memory_bytes"] > 0


def test_without_a_key_nothing_is_shown(client: TestClient) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer gy_no"}).status_code == 401
