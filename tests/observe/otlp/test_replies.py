"""Answers in the encoding of the request: full success, partial success, and a Status for every error."""

import json

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from genyard.core.errors import (
    Forbidden,
    GenyardError,
    InvalidInput,
    Overloaded,
    StorageFull,
    TooLarge,
    Unauthenticated,
    Unreachable,
)
from genyard.observe.otlp.replies import accepted, failed, told
from genyard.observe.wire import Refused

TWO = [Refused(name="a", reason="its trace id is all zeros"), Refused(name="b", reason="its trace id is all zeros")]


def test_full_success_leaves_partial_success_unset() -> None:
    assert accepted("traces", "json") == b"{}"
    assert not ExportTraceServiceResponse.FromString(accepted("traces", "protobuf")).HasField("partial_success")


def test_partial_success_counts_and_says_why() -> None:
    partial = ExportTraceServiceResponse.FromString(accepted("traces", "protobuf", TWO)).partial_success
    assert (partial.rejected_spans, partial.error_message) == (2, "2 × its trace id is all zeros (such as 'a')")
    said = json.loads(accepted("traces", "json", TWO))["partialSuccess"]
    assert said == {"rejectedSpans": "2", "errorMessage": partial.error_message}


def test_each_signal_has_its_own_answer() -> None:
    logs = ExportLogsServiceResponse.FromString(accepted("logs", "protobuf", TWO)).partial_success
    metrics = ExportMetricsServiceResponse.FromString(accepted("metrics", "protobuf", TWO)).partial_success
    assert (logs.rejected_log_records, metrics.rejected_data_points) == (2, 2)
    assert json.loads(accepted("logs", "json", TWO))["partialSuccess"]["rejectedLogRecords"] == "2"


def test_a_note_is_told_where_nothing_was_refused() -> None:
    said = json.loads(accepted("metrics", "json", note="metrics are not kept"))
    assert said == {"partialSuccess": {"errorMessage": "metrics are not kept"}}


def test_many_reasons_are_cut_and_names_are_made_safe() -> None:
    text = told([Refused(name=f"\x1b[31m{number}", reason=f"reason {number}") for number in range(1000)])
    assert len(text) < 4000
    assert text.endswith("and 980 more reasons")
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidInput("x"), 400, 3),
        (Unauthenticated("x"), 401, 16),
        (Forbidden("x"), 403, 7),
        (TooLarge("x"), 413, 8),
        (Overloaded("x"), 429, 14),
        (StorageFull("x"), 503, 14),
        (Unreachable("x"), 503, 14),
        (GenyardError("x"), 500, 13),
    ],
)
def test_an_error_is_a_status_that_a_client_understands(error: GenyardError, status: int, code: int) -> None:
    error.hint = "mend it"
    assert failed(error, "json") == (
        status,
        json.dumps({"code": code, "message": "x: mend it"}, separators=(",", ":")).encode(),
    )
    said = Status.FromString(failed(error, "protobuf")[1])
    assert (said.code, said.message) == (code, "x: mend it")
