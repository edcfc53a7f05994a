"""Spans and log records as a decoder gives them."""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions.row import row_of
from genyard.observe.wire import WireEvent, WireLog, WireScope, WireSpan

START_NS = 1_750_000_000_000_000_000


def wire_span(
    attributes: Mapping[str, Json],
    *,
    name: str = "work",
    events: list[WireEvent] | None = None,
    scope: str = "test",
    status: int = 0,
    resource: Mapping[str, Json] | None = None,
) -> WireSpan:
    return WireSpan(
        trace_id=f"{1:032x}",
        span_id=f"{1:016x}",
        parent_span_id=None,
        name=name,
        kind=1,
        start_ns=START_NS,
        end_ns=START_NS + 1000,
        status=status,
        status_message="",
        attributes=dict(attributes),
        resource=dict(resource or {}),
        scope=WireScope(name=scope),
        events=events or [],
    )


def read(attributes: Mapping[str, Json], **fields: object) -> dict[str, Json]:
    """Return the row of a span with these attributes."""
    return row_of(wire_span(attributes, **fields), project="acme")  # type: ignore[arg-type]


def event(name: str, attributes: Mapping[str, Json] | None = None, *, after_ns: int = 0) -> WireEvent:
    return WireEvent(name=name, at_ns=START_NS + after_ns, attributes=dict(attributes or {}))


def log(name: str, *, body: Json = None, attributes: Mapping[str, Json] | None = None, at_ns: int = 1) -> WireLog:
    return WireLog(
        trace_id=f"{1:032x}",
        span_id=f"{1:016x}",
        at_ns=at_ns,
        event_name=name,
        severity=0,
        body=body,
        attributes=dict(attributes or {}),
        resource={},
        scope=WireScope(),
    )


def text(role: str, content: str) -> dict[str, Json]:
    """Return a message of one text."""
    return {"role": role, "parts": [{"type": "text", "content": content}]}
