"""OTLP requests for tests, made by the field's own messages."""

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span

AT_NS = 1_790_000_000_000_000_000


def any_value(value: Any) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=pairs(value)))
        case _:
            return AnyValue(array_value=ArrayValue(values=[any_value(one) for one in value]))


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def wire(number: int = 1, /, *, attributes: dict[str, Any] | None = None, **fields: Any) -> Span:
    """Return span ``number`` of trace 1."""
    given: dict[str, Any] = {
        "trace_id": (1).to_bytes(16),
        "span_id": number.to_bytes(8),
        "name": f"span {number}",
        "start_time_unix_nano": AT_NS + number,
        "end_time_unix_nano": AT_NS + number + 1_000_000,
        "attributes": pairs(attributes or {}),
    }
    return Span(**(given | fields))


def request(*spans: Span, resource: dict[str, Any] | None = None) -> bytes:
    message = ExportTraceServiceRequest()
    of_resource = message.resource_spans.add()
    of_resource.resource.attributes.extend(pairs(resource or {"service.name": "shop"}))
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name = "test"
    of_scope.spans.extend(spans)
    return message.SerializeToString()
