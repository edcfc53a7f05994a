"""OTLP/JSON requests, decoded: hex ids, exact 64-bit integers, unknown fields left out.

What cannot be read is refused span by span, each with its reason; only a body that is no OTLP/JSON at all is refused
whole. Field names in snake case, which are wrong on this wire, are understood.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.observe.otlp.json_values import (
    Any,
    Number,
    Pair,
    Unreadable,
    attributes_of,
    enum_of,
    hex_of,
    id_of,
    integer_of,
    time_of,
    value_of,
)
from genyard.observe.otlp.spans import parent_is_remote, parent_of, timed
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

_KINDS = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"))
}
_CODES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_LONGEST_REASON = 300


class _Resource(Struct):
    attributes: list[Pair | None] | None = None


class _Scope(Struct):
    name: str | None = None
    version: str | None = None


class _OfScope(Struct, rename="camel"):
    scope: _Scope | None = None
    spans: list[Raw] | None = None
    log_records: list[Raw] | None = None
    schema_url: str | None = None


class _OfResource(Struct, rename="camel"):
    resource: Raw = Raw(b"null")
    scope_spans: list[_OfScope] | None = None
    scope_logs: list[_OfScope] | None = None


class _Request(Struct, rename="camel"):
    resource_spans: list[_OfResource] | None = None
    resource_logs: list[_OfResource] | None = None
    resource_metrics: list[Raw] | None = None


class _Event(Struct, rename="camel"):
    name: str | None = None
    time_unix_nano: Number = 0
    attributes: list[Pair | None] | None = None


class _Link(Struct, rename="camel"):
    trace_id: str | None = None
    span_id: str | None = None
    attributes: list[Pair | None] | None = None


class _Status(Struct):
    code: int | str | None = 0
    message: str | None = None


class _Span(Struct, rename="camel"):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: int | str | None = 0
    start_time_unix_nano: Number = 0
    end_time_unix_nano: Number = 0
    attributes: list[Pair | None] | None = None
    events: list[_Event | None] | None = None
    links: list[_Link | None] | None = None
    status: _Status | None = None
    trace_state: str | None = None
    dropped_attributes_count: Number = 0
    flags: Number = 0


class _Log(Struct, rename="camel"):
    trace_id: str | None = None
    span_id: str | None = None
    time_unix_nano: Number = 0
    observed_time_unix_nano: Number = 0
    event_name: str | None = None
    severity_number: int | str | None = 0
    body: Any | None = None
    attributes: list[Pair | None] | None = None


_request = msgspec.json.Decoder(_Request)
_resource = msgspec.json.Decoder(_Resource | None)
_span = msgspec.json.Decoder(_Span)
_log = msgspec.json.Decoder(_Log)

_UNREADABLE = (Unreadable, msgspec.DecodeError, UnicodeError, RecursionError)

_Taken = TypeVar("_Taken")
_Place = tuple[dict[str, Json], list[str], WireScope]
_Read = Callable[[Raw, _Place], _Taken]


def read_traces(body: bytes) -> Decoded:
    """Return the spans of an ``ExportTraceServiceRequest``. Raises InvalidInput for a body that is none."""
    request, body = _decoded(body)
    if request.resource_spans is None and (request.resource_logs or request.resource_metrics):
        raise InvalidInput("the body holds no spans", hint="logs go to /v1/logs and metrics to /v1/metrics")
    spans, refused = _taken(request.resource_spans, _span_of)
    if not spans and not refused:
        _check_empty(body)
    return Decoded(spans=spans, refused=refused)


def read_logs(body: bytes) -> DecodedLogs:
    """Return the log records of an ``ExportLogsServiceRequest``. Raises InvalidInput for a body that is none."""
    request, body = _decoded(body)
    if request.resource_logs is None and (request.resource_spans or request.resource_metrics):
        raise InvalidInput("the body holds no log records", hint="spans go to /v1/traces and metrics to /v1/metrics")
    logs, refused = _taken(request.resource_logs, _log_of)
    if not logs and not refused:
        _check_empty(body)
    return DecodedLogs(logs=logs, refused=refused)


def _decoded(body: bytes) -> tuple[_Request, bytes]:
    """Return a request, and the body that was read in the end."""
    try:
        try:
            return _read(body)
        except msgspec.DecodeError:
            # Half a character, as JavaScript writes a text that was cut within an emoji, would refuse all other spans.
            whole = _whole_characters(body)
            if whole == body:
                raise
            return _read(whole)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInput(f"the body is not OTLP/JSON: {str(error)[:_LONGEST_REASON]}", hint=_HINT) from error
    except RecursionError as error:
        raise InvalidInput("the body is nested too deep for OTLP/JSON", hint=_HINT) from error


def _read(body: bytes) -> tuple[_Request, bytes]:
    plain = _in_camel_case(body) if _SNAKE.search(body) else body
    return _request.decode(plain), plain


_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)", re.DOTALL)
"""One escape of JSON, a pair of surrogates as one."""
_HALF = re.compile(rb"\\u[dD].{3}", re.DOTALL)


def _whole_characters(body: bytes) -> bytes:
    """Return JSON with U+FFFD in the place of each half of a character."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if _HALF.fullmatch(found[0]) else found[0], body)


def _check_empty(body: bytes) -> None:
    """Raise InvalidInput where a request in which nothing was found holds names that OTLP has not.

    Beside spans unknown names are left out, as the protocol asks: a newer sender may write more. Where there is nothing
    else a name was misspelt, and to accept it would lose what was sent.
    """
    try:
        level: list[Json] = [msgspec.json.decode(body.decode("utf-8", "replace"))]
    except RecursionError as error:
        raise InvalidInput("the body is nested too deep for OTLP/JSON", hint=_HINT) from error
    for known in _CONTAINERS:
        below: list[Json] = []
        for one in level:
            for name, held in one.items() if isinstance(one, dict) else ():
                if name not in known:
                    raise InvalidInput(f"the body holds nothing but {name[:80]!r}, which is no OTLP/JSON", hint=_HINT)
                below += held if isinstance(held, list) else ()
        level = below


_CONTAINERS = (
    frozenset({"resourceSpans", "resourceLogs", "resourceMetrics"}),
    frozenset({"resource", "scopeSpans", "scopeLogs", "scopeMetrics", "schemaUrl"}),
    frozenset({"scope", "spans", "logRecords", "metrics", "schemaUrl"}),
)
"""The names of a request's three levels above its spans."""
_HINT = 'send {"resourceSpans": […]} or {"resourceLogs": […]} in UTF-8'


def _taken(groups: list[_OfResource] | None, read: _Read[_Taken]) -> tuple[list[_Taken], list[Refused]]:
    """Return what can be read, and for the rest its reasons."""
    taken: list[_Taken] = []
    refused: list[Refused] = []
    position = 0
    for place, items, reason in _places(groups):
        for raw in items:
            try:
                if place is None:
                    raise Unreadable(reason)
                taken.append(read(raw, place))
            except _UNREADABLE as error:
                refused.append(
                    Refused(name=_name_of(raw) or f"number {position + 1}", reason=str(error)[:_LONGEST_REASON])
                )
            position += 1
    return taken, refused


class _Named(Struct):
    name: str | None = None


_named = msgspec.json.Decoder(_Named)


def _name_of(raw: Raw) -> str | None:
    try:
        return _named.decode(raw).name
    except _UNREADABLE:
        return None


def _places(groups: list[_OfResource] | None) -> Iterator[tuple[_Place | None, list[Raw], str]]:
    """Yield the spans or log records of each scope, with what they share, or with why that cannot be read."""
    for group in groups or ():
        flags: list[str] = []
        resource: dict[str, Json] | None = None
        reason = ""
        try:
            held = _resource.decode(group.resource)
            resource = attributes_of(held.attributes if held else None, flags)
        except _UNREADABLE as error:
            reason = f"its resource cannot be read: {error}"
        for part in [*(group.scope_spans or ()), *(group.scope_logs or ())]:
            named = part.scope or _Scope()
            scope = WireScope(name=named.name or "", version=named.version or "", schema_url=part.schema_url or "")
            items = [*(part.spans or ()), *(part.log_records or ())]
            yield (None if resource is None else (resource, flags, scope)), items, reason


def _span_of(raw: Raw, place: _Place) -> WireSpan:
    span = _span.decode(raw)
    resource, shared_flags, scope = place
    flags = list(shared_flags)
    times = timed(time_of(span.start_time_unix_nano, "its start"), time_of(span.end_time_unix_nano, "its end"), flags)
    if isinstance(times, str):
        raise Unreadable(times)
    status = span.status or _Status()
    return WireSpan(
        trace_id=id_of(span.trace_id, size=16, what="trace id"),
        span_id=id_of(span.span_id, size=8, what="span id"),
        parent_span_id=_parent(span.parent_span_id or "", flags),
        name=span.name or "",
        kind=enum_of(span.kind, _KINDS),
        start_ns=times[0],
        end_ns=times[1],
        status=enum_of(status.code, _CODES),
        status_message=status.message or "",
        attributes=attributes_of(span.attributes, flags),
        resource=resource,
        scope=scope,
        events=[_event(one) for one in span.events or () if one is not None],
        links=[found for found in map(_link, span.links or ()) if found is not None],
        trace_state=span.trace_state or "",
        dropped_attributes=max(0, integer_of(span.dropped_attributes_count, "its count of dropped attributes")),
        parent_is_remote=parent_is_remote(integer_of(span.flags, "its flags")),
        flags=flags,
    )


def _parent(digits: str, flags: list[str]) -> str | None:
    return parent_of(hex_of(digits) or "no hex", flags) if digits else None


def _event(event: _Event) -> WireEvent:
    return WireEvent(
        name=event.name or "",
        at_ns=time_of(event.time_unix_nano, "an event's time"),
        attributes=attributes_of(event.attributes, []),
    )


def _link(link: _Link | None) -> WireLink | None:
    """Return a link; None for one that points nowhere, which is no reason to lose its span."""
    if link is None:
        return None
    attributes = attributes_of(link.attributes, [])
    try:
        trace_id = id_of(link.trace_id, size=16, what="link's trace id")
        span_id = id_of(link.span_id, size=8, what="link's span id")
    except Unreadable:
        return None
    return WireLink(trace_id=trace_id, span_id=span_id, attributes=attributes)


def _log_of(raw: Raw, place: _Place) -> WireLog:
    log = _log.decode(raw)
    resource, _, scope = place
    attributes = attributes_of(log.attributes, [])
    named = log.event_name or attributes.get("event.name")
    at_ns = time_of(log.time_unix_nano, "its time") or time_of(log.observed_time_unix_nano, "its observed time")
    return WireLog(
        trace_id=id_of(log.trace_id, size=16, what="trace id") if _is_set(log.trace_id) else None,
        span_id=id_of(log.span_id, size=8, what="span id") if _is_set(log.span_id) else None,
        at_ns=at_ns,
        event_name=named if isinstance(named, str) else "",
        severity=enum_of(log.severity_number, {}),
        body=value_of(log.body),
        attributes=attributes,
        resource=resource,
        scope=scope,
    )


def _is_set(value: str | None) -> bool:
    return bool(value and value.strip("0"))


_SNAKE = re.compile(
    rb'"(?:resource_spans|scope_spans|resource_logs|scope_logs|log_records|trace_id|span_id|parent_span_id|\w+_unix_nano'
    rb'|(?:string|bool|int|double|array|kvlist|bytes)_value)"\s*:'
)
"""A field name in snake case. Attribute names are values in OTLP/JSON, so every key of an object is a field's name."""
_WORD = re.compile(r"_([a-z])")


def _in_camel_case(body: bytes) -> bytes:
    return msgspec.json.encode(_renamed(msgspec.json.decode(body)))


def _renamed(value: object) -> object:
    if isinstance(value, dict):
        return {_WORD.sub(lambda found: found[1].upper(), name): _renamed(held) for name, held in value.items()}
    return [_renamed(one) for one in value] if isinstance(value, list) else value
