"""OTLP over gRPC: the SDK's own exporter, the codes that clients act on, and one line when it cannot be served."""

import socket
from collections.abc import Iterator
from typing import Any

import grpc
import httpx2
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from tests.observe.otlp.requests import request, wire
from tests.processes import Served, begin, ended, up
from tests.projects import Project

LARGE = ExportTraceServiceRequest.FromString(request(wire(1, attributes={"a": "x" * (2 << 20)})))


def trace_service(channel: grpc.Channel) -> Any:
    return TraceServiceStub(channel)  # type: ignore[no-untyped-call]


def metrics_service(channel: grpc.Channel) -> Any:
    return MetricsServiceStub(channel)  # type: ignore[no-untyped-call]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    environment = {"GENYARD_MAX_BODY_MB": "1", "GENYARD_GRPC_PORT": str(free_port())}
    return Project(root=tmp_path_factory.mktemp("grpc"), environment=environment)


@pytest.fixture(scope="module")
def served(project: Project) -> Iterator[Served]:
    with up(project) as served:
        yield served


@pytest.fixture(scope="module")
def key(served: Served, project: Project) -> str:
    assert served.process.poll() is None
    return str(project.ok("keys", "create", "app")["secret"])


@pytest.fixture(scope="module")
def address(project: Project) -> str:
    return f"127.0.0.1:{project.environment['GENYARD_GRPC_PORT']}"


@pytest.fixture
def channel(address: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(address) as channel:
        yield channel


def spans_of(served: Served, key: str, trace_id: int) -> list[dict[str, Any]]:
    url = f"{served.url}/api/projects/default/traces/{trace_id:032x}"
    found: list[dict[str, Any]] = httpx2.get(url, headers={"Authorization": f"Bearer {key}"}).json()["spans"]
    return found


def test_the_sdks_exporter_reaches_the_lake(served: Served, key: str, address: str) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"http://{address}", insecure=True, headers={"authorization": f"Bearer {key}"})
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("till").start_as_current_span("sale") as span:
        trace_id = span.get_span_context().trace_id
    provider.shutdown()
    assert [one["span_name"] for one in spans_of(served, key, trace_id)] == ["sale"]


def test_partial_success_says_what_was_refused(channel: grpc.Channel, key: str) -> None:
    message = ExportTraceServiceRequest.FromString(request(wire(1, trace_id=(5).to_bytes(16)), wire(2, span_id=b"")))
    reply = trace_service(channel).Export(message, metadata=[("authorization", f"Bearer {key}")])
    assert reply.partial_success.rejected_spans == 1


def test_metrics_are_answered_honestly(channel: grpc.Channel, key: str) -> None:
    message = ExportMetricsServiceRequest()
    message.resource_metrics.add().scope_metrics.add().metrics.add().gauge.data_points.add()
    reply = metrics_service(channel).Export(message, metadata=[("authorization", f"Bearer {key}")])
    assert (reply.partial_success.rejected_data_points, "keeps no metrics" in reply.partial_success.error_message) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("metadata", "message", "code"),
    [
        ([], ExportTraceServiceRequest(), grpc.StatusCode.UNAUTHENTICATED),
        ([("authorization", "Bearer gy_no")], ExportTraceServiceRequest(), grpc.StatusCode.UNAUTHENTICATED),
        ([("authorization", "Basic eA==")], ExportTraceServiceRequest(), grpc.StatusCode.UNAUTHENTICATED),
        # Larger than any request may be: nothing of it is read.
        ([], LARGE, grpc.StatusCode.UNAUTHENTICATED),
    ],
)
def test_without_a_key_nobody_is_let_in(
    channel: grpc.Channel, metadata: list[tuple[str, str]], message: ExportTraceServiceRequest, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.RpcError) as told:
        trace_service(channel).Export(message, metadata=metadata)
    assert told.value.code() == code


def test_a_viewers_key_may_not_write(channel: grpc.Channel, project: Project) -> None:
    viewer = project.ok("keys", "create", "viewer", "--role", "viewer")["secret"]
    with pytest.raises(grpc.RpcError) as told:
        trace_service(channel).Export(ExportTraceServiceRequest(), metadata=[("authorization", f"Bearer {viewer}")])
    assert told.value.code() == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (request(wire(1, trace_id=b"")), grpc.StatusCode.INVALID_ARGUMENT),
        (LARGE.SerializeToString(), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
def test_what_cannot_be_kept_has_the_code_that_stops_a_client(
    channel: grpc.Channel, key: str, message: bytes, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.RpcError) as told:
        trace_service(channel).Export(
            ExportTraceServiceRequest.FromString(message), metadata=[("authorization", f"Bearer {key}")]
        )
    assert told.value.code() == code


def test_a_taken_port_is_one_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {"GENYARD_GRPC_PORT": str(taken.getsockname()[1])}
        project = Project(root=tmp_path_factory.mktemp("taken"), environment=environment)
        code, _, told = ended(begin(project, "up", "--port", "0"))
    assert (code, len(told.splitlines()) <= 2, "GENYARD_GRPC_PORT" in told) == (6, True, True)
