"""Rows of the lake as OTLP/JSON: a column is written under its name in the conventions."""

import json
from collections.abc import Iterable, Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions.names import NAMES, RESOURCE_NAMES
from genyard.observe.wire import SPAN_KINDS, STATUSES
from genyard.store.columns import SPANS

Row = Mapping[str, Json]

_STANDARD = ("gen_ai.", "genyard.")
"""Names that begin so are OpenTelemetry's and ours; others are of one dialect."""


def export_request(rows: Iterable[Row]) -> dict[str, Json]:
    """Return one ExportTraceServiceRequest of ``rows``, a resource for each that differs."""
    by_resource: dict[str, list[Row]] = {}
    for row in rows:
        by_resource.setdefault(json.dumps(_resource(row), sort_keys=True), []).append(row)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(json.loads(resource))},
                "scopeSpans": _scopes(spans),
            }
            for resource, spans in by_resource.items()
        ]
    }


def _scopes(rows: Iterable[Row]) -> list[Json]:
    by_scope: dict[str, list[Json]] = {}
    for row in rows:
        by_scope.setdefault(str(row["scope_name"] or ""), []).append(_span(row))
    return [{"scope": {"name": name}, "spans": spans} for name, spans in by_scope.items()]


def _span(row: Row) -> dict[str, Json]:
    start = int(str(row["start_ns"]))
    status: dict[str, Json] = {"code": STATUSES.index(str(row["status"])) if row["status"] in STATUSES else 0}
    if row["error_message"]:
        status["message"] = row["error_message"]
    span: dict[str, Json] = {
        "traceId": row["trace_id"],
        "spanId": row["span_id"],
        "name": row["span_name"] or "",
        "kind": SPAN_KINDS.index(str(row["otel_kind"]), 1) if row["otel_kind"] in SPAN_KINDS else 0,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + int(str(row["duration_ns"] or 0))),
        "attributes": _attributes(_named(row, NAMES, "attributes")),
        "status": status,
    }
    if row["parent_span_id"]:
        span["parentSpanId"] = row["parent_span_id"]
    events, links = row["events"], row["links"]
    if isinstance(events, list):
        span["events"] = [_event(one) for one in events if isinstance(one, Mapping)]
    if isinstance(links, list):
        span["links"] = [_link(one) for one in links if isinstance(one, Mapping)]
    return span


def _resource(row: Row) -> dict[str, Json]:
    return _named(row, RESOURCE_NAMES, "resource_attributes")


def _named(row: Row, names: Mapping[str, tuple[str, ...]], rest: str) -> dict[str, Json]:
    """Return the attributes of a row: those without a column as they were sent, the others under a standard name."""
    more = row.get(rest)
    found: dict[str, Json] = dict(more) if isinstance(more, Mapping) else {}
    for column, known in names.items():
        value = row.get(column)
        if value is None or column == "project":
            continue
        # Messages and documents are text of JSON on the wire, as every sender writes them.
        structured = SPANS.by_name[column].type == "json" and not isinstance(value, str)
        name = next((one for one in known if one.startswith(_STANDARD)), known[0])
        found.setdefault(name, json.dumps(value, ensure_ascii=False) if structured else value)
    return found


def _event(event: Mapping[str, Json]) -> dict[str, Json]:
    attributes = event.get("attributes")
    return {
        "name": event.get("name") or "",
        "timeUnixNano": str(event.get("at_ns") or 0),
        "attributes": _attributes(attributes if isinstance(attributes, Mapping) else {}),
    }


def _link(link: Mapping[str, Json]) -> dict[str, Json]:
    attributes = link.get("attributes")
    return {
        "traceId": link.get("trace_id"),
        "spanId": link.get("span_id"),
        "attributes": _attributes(attributes if isinstance(attributes, Mapping) else {}),
    }


def _attributes(values: Mapping[str, Json]) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Json) -> dict[str, Json]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {}
