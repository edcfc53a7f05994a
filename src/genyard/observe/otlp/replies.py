"""Answers to OTLP requests, in the encoding of the request (OTLP 1.11, "OTLP/HTTP Response")."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from genyard.core.errors import OUTCOMES, GenyardError
from genyard.core.escape import one_line
from genyard.observe.wire import Refused

Signal = Literal["traces", "logs", "metrics"]
Encoding = Literal["protobuf", "json"]
MEDIA_TYPES: dict[Encoding, str] = {"protobuf": "application/x-protobuf", "json": "application/json"}

_REASONS_TOLD = 20
_REJECTED: dict[Signal, str] = {"traces": "Spans", "logs": "LogRecords", "metrics": "DataPoints"}
_CODES = {400: Code.INVALID_ARGUMENT, 401: Code.UNAUTHENTICATED, 403: Code.PERMISSION_DENIED, 404: Code.UNIMPLEMENTED}
_CODES |= {413: Code.RESOURCE_EXHAUSTED, 415: Code.INVALID_ARGUMENT, 429: Code.UNAVAILABLE, 503: Code.UNAVAILABLE}
_RETRY_LATER = frozenset({"storage_full", "unreachable", "cancelled"})
RETRY_AFTER_S = 5


def accepted(signal: Signal, encoding: Encoding, refused: Sequence[Refused] = (), *, note: str = "") -> bytes:
    """Return the answer to a request whose good records are kept: with a partial success where some were refused.

    ``note`` is told also where nothing was refused. No record of it may be sent again.
    """
    message = told(refused) or note
    if encoding == "json":
        count = {f"rejected{_REJECTED[signal]}": str(len(refused))} if refused else {}
        return msgspec.json.encode({"partialSuccess": {**count, "errorMessage": message}} if message else {})
    return _partial(signal, len(refused), message)


def failed(error: GenyardError, encoding: Encoding) -> tuple[int, bytes]:
    """Return the HTTP status and body for an error: a ``google.rpc.Status``, as every answer of 4xx and 5xx must be.

    What may be better later is 503, for clients send again after 429, 502, 503 and 504 only.
    """
    status = 503 if error.code in _RETRY_LATER else OUTCOMES[error.code].http_status
    status = 400 if status == 422 else status
    message = f"{error.message}: {error.hint}" if error.hint else error.message
    code = code_of(status)
    if encoding == "json":
        return status, msgspec.json.encode({"code": code, "message": message})
    return status, Status(code=code, message=message).SerializeToString()


def code_of(http_status: int) -> int:
    """Return the ``google.rpc.Code`` that says the same as an HTTP status."""
    return int(_CODES.get(http_status, Code.INTERNAL))


def told(refused: Sequence[Refused]) -> str:
    """Return one text that says how many were refused and why; the first few reasons name a record."""
    reasons = Counter(one.reason for one in refused)
    names = {one.reason: one.name for one in reversed(refused)}
    lines = [
        f"{count} × {reason} (such as {one_line(names[reason])[:80]!r})" for reason, count in reasons.most_common()
    ]
    more = [f"and {len(lines) - _REASONS_TOLD} more reasons"] if len(lines) > _REASONS_TOLD else []
    return "; ".join(lines[:_REASONS_TOLD] + more)


def _partial(signal: Signal, count: int, message: str) -> bytes:
    if signal == "traces":
        traces = ExportTracePartialSuccess(rejected_spans=count, error_message=message) if message else None
        return bytes(ExportTraceServiceResponse(partial_success=traces).SerializeToString())
    if signal == "logs":
        logs = ExportLogsPartialSuccess(rejected_log_records=count, error_message=message) if message else None
        return ExportLogsServiceResponse(partial_success=logs).SerializeToString()
    metrics = ExportMetricsPartialSuccess(rejected_data_points=count, error_message=message) if message else None
    return ExportMetricsServiceResponse(partial_success=metrics).SerializeToString()
