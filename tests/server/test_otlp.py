"""The OTLP door: the SDK's own exporter over a real connection, and what any client may get wrong."""

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from tests.observe.otlp.requests import request, wire
from tests.processes import Served, up
from tests.projects import Project

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(root=tmp_path_factory.mktemp("otlp"), environment={"GENYARD_MAX_BODY_MB": "1"})


@pytest.fixture(scope="module")
def served(project: Project) -> Iterator[Served]:
    with up(project) as served:
        yield served


@pytest.fixture(scope="module")
def key(served: Served, project: Project) -> str:
    assert served.process.poll() is None
    return str(project.ok("keys", "create", "app")["secret"])


@pytest.fixture
def client(served: Served, key: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


def exporter_to(served: Served, key: str, compression: Compression) -> OTLPSpanExporter:
    headers = {"Authorization": f"Bearer {key}"}
    return OTLPSpanExporter(f"{served.url}/v1/traces", headers=headers, compression=compression)


def found(client: httpx2.Client, trace_id: str) -> list[dict[str, object]]:
    reply = client.get(f"/api/projects/default/traces/{trace_id}")
    assert reply.status_code == 200, reply.text
    spans: list[dict[str, object]] = reply.json()["spans"]
    return spans


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_sdks_exporter_reaches_the_lake(
    served: Served, client: httpx2.Client, key: str, compression: Compression
) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter_to(served, key, compression)))
    tracer = provider.get_tracer("till")
    with tracer.start_as_current_span("sale") as root, tracer.start_as_current_span("count"):
        trace_id = f"{root.get_span_context().trace_id:032x}"
    provider.shutdown()
    spans = found(client, trace_id)
    assert [(one["span_name"], one["service_name"], one["scope_name"]) for one in spans] == [
        ("sale", "shop", "till"),
        ("count", "shop", "till"),
    ]
    assert spans[1]["parent_span_id"] == spans[0]["span_id"]


def test_prompts_and_answers_in_log_records_are_read_with_their_span(client: httpx2.Client, shared_data: Path) -> None:
    recorded = json.loads((shared_data / "span_dialects" / "otel_openai_v2_message_events.json").read_text())
    for signal, name in (("logs", "resourceLogs"), ("traces", "resourceSpans")):
        reply = client.post(f"/v1/{signal}", json={name: recorded[name]})
        assert (reply.status_code, reply.json()) == (200, {})
    first = recorded["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span = next(one for one in found(client, first["traceId"]) if one["span_id"] == first["spanId"])
    assert span["input_messages"]
    assert span["output_messages"]


def test_other_logs_and_metrics_are_answered_honestly(client: httpx2.Client) -> None:
    record = {"observedTimeUnixNano": "5", "eventName": "http.access", "body": {"stringValue": "GET /"}}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    partial = client.post("/v1/logs", json=logs).json()["partialSuccess"]
    assert (partial["rejectedLogRecords"], "keeps no other logs" in partial["errorMessage"]) == ("1", True)
    metrics: dict[str, Any] = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"dataPoints": [{}]}}]}]}]}
    partial = client.post("/v1/metrics", json=metrics).json()["partialSuccess"]
    assert (partial["rejectedDataPoints"], "keeps no metrics" in partial["errorMessage"]) == ("1", True)


def test_a_partly_bad_request_is_kept_in_part_and_says_what_is_not(client: httpx2.Client) -> None:
    body = request(wire(1, trace_id=(77).to_bytes(16)), wire(2, span_id=b""))
    reply = client.post("/v1/traces", content=body, headers=PROTOBUF)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/x-protobuf")
    partial = ExportTraceServiceResponse.FromString(reply.content).partial_success
    assert (partial.rejected_spans, "span id has 0 bytes" in partial.error_message) == (1, True)
    assert len(found(client, f"{77:032x}")) == 1


def test_a_request_sent_twice_is_kept_once(client: httpx2.Client) -> None:
    body = request(wire(1, trace_id=(78).to_bytes(16)), wire(2, trace_id=(78).to_bytes(16)))
    for _ in range(2):
        assert client.post("/v1/traces", content=body, headers=PROTOBUF).status_code == 200
    assert len(found(client, f"{78:032x}")) == 2


def test_an_empty_request_is_a_success(client: httpx2.Client) -> None:
    reply = client.post("/v1/traces", content=b"", headers=PROTOBUF)
    assert (reply.status_code, reply.content) == (200, b"")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (PROTOBUF, b"\xff\xff", 400),
        (PROTOBUF | {"Content-Encoding": "gzip"}, b"no gzip", 400),
        (PROTOBUF | {"Content-Encoding": "br"}, b"x", 400),
        (PROTOBUF | {"Content-Encoding": "gzip"}, gzip.compress(bytes(2 << 20)), 413),
        (PROTOBUF, bytes(2 << 20), 413),
        ({"Content-Type": "text/plain"}, b"x", 415),
        ({"Content-Type": ""}, b"x", 415),
        (PROTOBUF | {"Authorization": "Bearer gy_no"}, b"", 401),
    ],
)
def test_an_error_is_a_status_in_the_encoding_of_the_request(
    client: httpx2.Client, headers: dict[str, str], body: bytes, status: int
) -> None:
    reply = client.post("/v1/traces", content=body, headers=headers)
    assert reply.status_code == status
    if headers.get("Content-Type") == PROTOBUF["Content-Type"]:
        assert Status.FromString(reply.content).message
    else:
        assert json.loads(reply.content)["message"]


def test_a_viewers_key_may_not_write(client: httpx2.Client, project: Project) -> None:
    viewer = project.ok("keys", "create", "viewer", "--role", "viewer")["secret"]
    reply = client.post("/v1/traces", content=b"", headers=PROTOBUF | {"Authorization": f"Bearer {viewer}"})
    assert (reply.status_code, Status.FromString(reply.content).code) == (403, 7)


def test_spans_land_in_the_project_of_the_key(client: httpx2.Client, project: Project) -> None:
    other = project.ok("keys", "create", "other", "--project", "other")["secret"]
    body = request(wire(1, trace_id=(79).to_bytes(16), attributes={"genyard.project": "default"}))
    sent = client.post("/v1/traces", content=body, headers=PROTOBUF | {"Authorization": f"Bearer {other}"})
    assert sent.status_code == 200
    assert client.get(f"/api/projects/default/traces/{79:032x}").status_code == 404
    reply = client.get(f"/api/projects/other/traces/{79:032x}", headers={"Authorization": f"Bearer {other}"})
    assert reply.status_code == 200


def test_what_a_client_says_of_its_release_is_a_claim(client: httpx2.Client) -> None:
    body = request(wire(1, trace_id=(80).to_bytes(16), attributes={"genyard.release": "sha256:" + "0" * 64}))
    client.post("/v1/traces", content=body, headers=PROTOBUF)
    (span,) = found(client, f"{80:032x}")
    assert (span["release"], span["release_attested"]) == ("sha256:" + "0" * 64, None)


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("path", "named"), [("/api/public/otel/v1/traces", "langfuse"), ("/otel/v1/traces", "langsmith")]
)
def test_exporters_of_other_tools_send_to_their_own_path_with_their_own_header(
    served: Served, client: httpx2.Client, key: str, path: str, named: str
) -> None:
    headers = {"langfuse": {"Authorization": basic("pk-any", key)}, "langsmith": {"x-api-key": key}}[named]
    provider = TracerProvider(resource=Resource({"service.name": named}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{served.url}{path}", headers=headers)))
    with provider.get_tracer("till").start_as_current_span("sale") as root:
        trace_id = f"{root.get_span_context().trace_id:032x}"
    provider.shutdown()
    assert [one["service_name"] for one in found(client, trace_id)] == [named]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": basic("pk", "gy_wrong_key")},
        {"Authorization": "Basic ???"},
        {"Authorization": basic("only-a-name", "")},
        {"x-api-key": "gy_wrong_key"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/api/public/otel/v1/traces", "/v1/traces"])
def test_other_headers_let_nobody_in_without_a_key(served: Served, path: str, headers: dict[str, str]) -> None:
    reply = httpx2.post(f"{served.url}{path}", content=request(wire(1)), headers=PROTOBUF | headers)
    assert reply.status_code == 401
    assert Status.FromString(reply.content).message


def test_only_the_doors_of_exporters_take_these_headers(served: Served, key: str) -> None:
    for headers in ({"Authorization": basic("pk", key)}, {"x-api-key": key}):
        assert httpx2.get(f"{served.url}/api/projects/default/traces", headers=headers).status_code == 401
