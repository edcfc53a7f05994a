"""Log records as rows of the lake and back: those that carry what belongs to a span, and no others."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec

from genyard.core.canonical import Json
from genyard.observe.conventions.logs import CONTENT_EVENTS, content_of, merged
from genyard.observe.wire import Refused, WireLog, WireScope
from genyard.store.columns import LOGS
from genyard.store.lake import Lake
from genyard.store.rows import read_back

Row = dict[str, Json]

EITHER_SIDE_NS = 3_600 * 1_000_000_000
"""How long before and after the spans of a trace its records are looked for: they are written while it runs."""


def log_rows(logs: Iterable[WireLog], *, project: str) -> tuple[list[Row], list[Refused]]:
    """Return rows of the records that say something of a span, and why the others are not kept."""
    rows: list[Row] = []
    refused: list[Refused] = []
    for log in logs:
        fault = _fault(log)
        if fault is None:
            rows.append(_row(log, project))
        else:
            refused.append(Refused(name=log.event_name, reason=fault))
    return rows, refused


def with_ids(rows: Iterable[Mapping[str, Json]]) -> list[Row]:
    """Return the rows with an id made of what they say: a record has none of its own, and one sent again says the same.

    For rows that are masked: the id of what was there before would let somebody who guesses it check the guess.
    """
    return [{**row, "log_id": _id_of(row)} for row in rows]


def _id_of(row: Mapping[str, Json]) -> str:
    said = [row.get(name) for name in ("trace_id", "span_id", "event_name", "body", "attributes")]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]


def with_logs(lake: Lake, project: str, spans: Sequence[Row]) -> list[Row]:
    """Return spans of any traces with what log records say of them in their empty columns."""
    if not spans:
        return []
    starts = [cast("int", span["start_ns"]) for span in spans]
    ends = [cast("int", span["start_ns"]) + cast("int", span["duration_ns"] or 0) for span in spans]
    since_ns, until_ns = max(0, min(starts) - EITHER_SIDE_NS), max(ends) + EITHER_SIDE_NS
    if not lake.most_rows(table="logs", project=project, since_ns=since_ns, until_ns=until_ns):
        return list(spans)
    traces = {str(span["trace_id"]) for span in spans}
    # Only the equality uses the Bloom filters. The spans are named too: a long trace is read in parts.
    of_traces = "trace_id = $trace" if len(traces) == 1 else "trace_id IN (SELECT unnest($trace::VARCHAR[]))"
    found = lake.query(
        f"SELECT * FROM logs WHERE {of_traces} AND span_id IN (SELECT unnest($spans::VARCHAR[]))"
        " ORDER BY at_ns, log_id",
        table="logs",
        project=project,
        since_ns=since_ns,
        until_ns=until_ns,
        parameters={
            "trace": next(iter(traces)) if len(traces) == 1 else sorted(traces),
            "spans": [span["span_id"] for span in spans],
        },
    )
    logs: defaultdict[tuple[str, str], list[WireLog]] = defaultdict(list)
    for row in found:
        log = _log(cast("Row", read_back(LOGS, row)))
        logs[str(log.trace_id), str(log.span_id)].append(log)
    return [_joined(span, logs.get((str(span["trace_id"]), str(span["span_id"])), [])) for span in spans]


def _joined(span: Row, logs: Sequence[WireLog]) -> Row:
    return merged(span, content_of(logs)) if logs else span


def _fault(log: WireLog) -> str | None:
    if log.event_name not in CONTENT_EVENTS:
        return "it is none of the events of generative AI, and Genyard keeps no other logs"
    return None if log.trace_id and log.span_id else "it names no span"


def _row(log: WireLog, project: str) -> Row:
    return {
        "project": project,
        "at_ns": log.at_ns,
        "trace_id": log.trace_id,
        "span_id": log.span_id,
        "event_name": log.event_name,
        "severity": log.severity,
        "service_name": _text(log.resource.get("service.name")),
        "scope_name": log.scope.name,
        "body": log.body,
        "attributes": log.attributes or None,
    }


def _log(row: Row) -> WireLog:
    attributes = row["attributes"]
    return WireLog(
        trace_id=str(row["trace_id"]),
        span_id=str(row["span_id"]),
        at_ns=cast("int", row["at_ns"]),
        event_name=str(row["event_name"]),
        severity=cast("int", row["severity"]),
        body=row["body"],
        attributes=dict(attributes) if isinstance(attributes, Mapping) else {},
        resource={},
        scope=WireScope(name=str(row["scope_name"] or "")),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
