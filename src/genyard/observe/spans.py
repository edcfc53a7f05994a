"""Ended spans of our own tracer as rows of the lake."""

from collections.abc import Mapping, Sequence
from typing import cast

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext
from opentelemetry.util.types import Attributes

from genyard.core.canonical import Json
from genyard.observe.mapping import MAPPING_VERSION, RESOURCE_COLUMN_OF, columns_of
from genyard.observe.wire import SPAN_KINDS, STATUSES, WireSpan


def row_of(span: ReadableSpan, *, end_ns: int) -> dict[str, Json]:
    """Return the row of a span that ended at ``end_ns``. Its release is attested: our own code stamped it."""
    own = span.get_span_context()
    assert own is not None
    columns = columns_of(_json(span.attributes))
    _complete(columns)
    start_ns = span.start_time or end_ns
    return (
        _resource(span)
        | columns
        | _status(span, columns)
        | _place(own, span.parent)
        | {
            "span_name": span.name,
            "otel_kind": span.kind.name.lower(),
            "start_ns": start_ns,
            "duration_ns": max(0, end_ns - start_ns),
            "scope_name": span.instrumentation_scope.name if span.instrumentation_scope else None,
            "dialect": "gen_ai",
            "mapping_version": MAPPING_VERSION,
            "events": [_event(one) for one in span.events] or None,
            "links": [_link(one) for one in span.links] or None,
            "intake_flags": ["end_before_start"] if end_ns < start_ns else None,
        }
    )


def row_of_wire(span: WireSpan) -> dict[str, Json]:
    """Return the row of a span that somebody sent. What it says of its release is a claim."""
    columns = columns_of(span.attributes)
    resource = columns_of(span.resource, RESOURCE_COLUMN_OF)
    rest = resource.pop("attributes", None)
    return (
        resource
        | columns
        | {
            "resource_attributes": rest,
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_span_id": span.parent_span_id,
            "is_root": True if span.parent_span_id is None or span.parent_is_remote else None,
            "span_name": span.name,
            "start_ns": span.start_ns,
            "duration_ns": max(0, span.end_ns - span.start_ns),
            "status": STATUSES[span.status] if span.status < 3 else "unset",
            "otel_kind": SPAN_KINDS[span.kind] if span.kind < 6 else "internal",
            "scope_name": span.scope.name,
            "mapping_version": MAPPING_VERSION,
            "intake_flags": span.flags or None,
        }
    )


def is_root(span: ReadableSpan) -> bool:
    """Return whether a trace enters this process with ``span``."""
    return span.parent is None or span.parent.is_remote


def trace_hex(context: SpanContext) -> str:
    return f"{context.trace_id:032x}"


def _place(own: SpanContext, parent: SpanContext | None) -> dict[str, Json]:
    return {
        "trace_id": trace_hex(own),
        "span_id": f"{own.span_id:016x}",
        "parent_span_id": f"{parent.span_id:016x}" if parent else None,
        "is_root": True if parent is None or parent.is_remote else None,
    }


def _status(span: ReadableSpan, columns: Mapping[str, Json]) -> dict[str, Json]:
    status = span.status.status_code.name.lower()
    if status != "error":
        return {"status": status}
    kind = columns.get("error_type", "_OTHER")
    return {"status": status, "error_type": kind, "error_message": span.status.description}


def _complete(columns: dict[str, Json]) -> None:
    """Add what follows from other columns."""
    tokens = columns.get("input_tokens"), columns.get("output_tokens")
    if isinstance(tokens[0], int) and isinstance(tokens[1], int):
        columns["total_tokens"] = tokens[0] + tokens[1]
    if "cost_usd" in columns:
        columns["cost_source"] = "priced-by-us"
    if "release" in columns:
        columns["release_attested"] = True


def _resource(span: ReadableSpan) -> dict[str, Json]:
    columns = columns_of(_json(span.resource.attributes), RESOURCE_COLUMN_OF)
    rest = columns.pop("attributes", None)
    return columns | ({"resource_attributes": rest} if rest else {})


def _event(event: Event) -> Json:
    return {"name": event.name, "at_ns": event.timestamp, "attributes": _json(event.attributes)}


def _link(link: Link) -> Json:
    context = link.context
    return {
        "trace_id": trace_hex(context),
        "span_id": f"{context.span_id:016x}",
        "attributes": _json(link.attributes),
    }


def _json(attributes: Attributes) -> Mapping[str, Json]:
    """Return attributes as JSON values: the SDK has checked their types, and holds lists as tuples."""
    return {name: _plain(value) for name, value in (attributes or {}).items()}


def _plain(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else cast("Json", value)
