"""OTLP in protobuf: a trace request as spans, a logs request as log records.

This is the hottest loop of the intake. What is read of a message is read once: each access of a field makes a Python
object.
"""

import base64
from collections.abc import Iterable
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.observe.otlp.spans import id_fault, parent_is_remote, parent_of, timed
from genyard.observe.wire import (
    Decoded,
    DecodedLogs,
    Refused,
    WireEvent,
    WireLink,
    WireLog,
    WireScope,
    WireSpan,
)

M = TypeVar("M", bound=Message)


def read_traces(body: bytes) -> Decoded:
    """Return the spans of an ``ExportTraceServiceRequest``. Raises InvalidInput when the bytes are none."""
    request = _parsed(ExportTraceServiceRequest, body)
    decoded = Decoded(spans=[], refused=[])
    for resource_spans in request.resource_spans:
        resource, _ = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = _scope(scope_spans.scope, scope_spans.schema_url or resource_spans.schema_url)
            for span in scope_spans.spans:
                _read(span, resource, scope, decoded)
    return decoded


def read_logs(body: bytes) -> DecodedLogs:
    """Return the records of an ``ExportLogsServiceRequest``. Raises InvalidInput when the bytes are none."""
    request = _parsed(ExportLogsServiceRequest, body)
    decoded = DecodedLogs(logs=[], refused=[])
    for resource_logs in request.resource_logs:
        resource, _ = _attributes(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            scope = _scope(scope_logs.scope, scope_logs.schema_url or resource_logs.schema_url)
            for record in scope_logs.log_records:
                _read_log(record, resource, scope, decoded)
    return decoded


def _parsed(kind: type[M], body: bytes) -> M:
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise InvalidInput(
            f"the body is not an {kind.__name__}: {error}", hint="send OTLP, in protobuf or in JSON"
        ) from error


def _read_log(record: LogRecord, resource: dict[str, Json], scope: WireScope, decoded: DecodedLogs) -> None:
    attributes, _ = _attributes(record.attributes)
    name = record.event_name or str(attributes.get("event.name") or "")
    times = timed(record.time_unix_nano, record.observed_time_unix_nano, [])
    if isinstance(times, str):
        decoded.refused.append(Refused(name=name, reason=times.replace("start nor an end", "time nor an observed")))
        return
    decoded.logs.append(
        WireLog(
            trace_id=record.trace_id.hex() or None,
            span_id=record.span_id.hex() or None,
            at_ns=times[0],
            event_name=name,
            severity=record.severity_number,
            body=_value(record.body),
            attributes=attributes,
            resource=resource,
            scope=scope,
        )
    )


def _read(span: Span, resource: dict[str, Json], scope: WireScope, decoded: Decoded) -> None:
    trace_id, span_id, name = span.trace_id.hex(), span.span_id.hex(), span.name
    flags: list[str] = []
    times = timed(span.start_time_unix_nano, span.end_time_unix_nano, flags)
    fault = id_fault(trace_id, span_id) or (times if isinstance(times, str) else None)
    if fault is not None or isinstance(times, str):
        decoded.refused.append(Refused(name=name, reason=str(fault)))
        return
    attributes, repeated = _attributes(span.attributes)
    if repeated:
        flags.append("duplicate_key")
    status = span.status
    decoded.spans.append(
        WireSpan(
            trace_id=trace_id,
            span_id=span_id,
            parent_span_id=parent_of(span.parent_span_id.hex(), flags),
            name=name,
            kind=span.kind,
            start_ns=times[0],
            end_ns=times[1],
            status=status.code,
            status_message=status.message,
            attributes=attributes,
            resource=resource,
            scope=scope,
            events=[_event(one) for one in span.events],
            links=[_link(one) for one in span.links],
            trace_state=span.trace_state,
            dropped_attributes=span.dropped_attributes_count,
            parent_is_remote=parent_is_remote(span.flags),
            flags=flags,
        )
    )


def _attributes(pairs: Iterable[KeyValue]) -> tuple[dict[str, Json], bool]:
    """Return attributes by key, the last of a repeated one, and whether a key was repeated."""
    attributes: dict[str, Json] = {}
    count = 0
    for pair in pairs:
        key = pair.key
        if key:
            count += 1
            value = pair.value
            # Most values are text, and this is one access instead of two.
            attributes[key] = value.string_value or _value(value)
    return attributes, len(attributes) != count


def _value(value: AnyValue) -> Json:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)[0]
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    plain: Json = getattr(value, kind) if kind else None
    return plain


def _scope(scope: InstrumentationScope, schema_url: str) -> WireScope:
    return WireScope(name=scope.name, version=scope.version, schema_url=schema_url)


def _event(event: Span.Event) -> WireEvent:
    return WireEvent(name=event.name, at_ns=event.time_unix_nano, attributes=_attributes(event.attributes)[0])


def _link(link: Span.Link) -> WireLink:
    return WireLink(
        trace_id=link.trace_id.hex(), span_id=link.span_id.hex(), attributes=_attributes(link.attributes)[0]
    )
