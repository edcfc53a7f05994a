"""Log records that carry what belongs to a span: messages, whole calls, evaluations, errors.

They come in another request than their span, usually before it. ``content_of`` turns those of one span into columns,
and ``merged`` fills the span's row with them, whenever both are there.
"""

from collections.abc import Mapping, Sequence

from genyard.core.canonical import Json
from genyard.observe.conventions.complete import add_preview, complete_usage, end_as_answered
from genyard.observe.conventions.events import (
    DETAILS,
    EVALUATION,
    EXCEPTIONS,
    MESSAGES,
    Said,
    details_of,
    evaluations_of,
    exception_of,
    messages_in,
)
from genyard.observe.conventions.usage import TOKENS
from genyard.observe.conventions.values import json_of, parsed
from genyard.observe.conventions.words import MODEL_CALLS, finish_reason_of
from genyard.observe.wire import WireLog
from genyard.store.rows import WrittenJson

Columns = dict[str, Json]

CONTENT_EVENTS = frozenset({DETAILS, EVALUATION, *EXCEPTIONS, *MESSAGES})
"""The names of the log records that ``content_of`` reads; any other adds nothing to a span."""

_ERROR = ("error_type", "error_message")
_SPOKEN = ("input_messages", "output_messages", "finish_reasons")


def content_of(logs: Sequence[WireLog]) -> Columns:
    """Return the columns that the log records of one span fill. Their order does not matter, and never raises."""
    ordered = sorted(logs, key=lambda log: log.at_ns)
    said = [Said(log.event_name, _fields(log)) for log in ordered if log.event_name in CONTENT_EVENTS]
    columns = {**messages_in(said, operation="chat"), **details_of(said), **exception_of(said)}
    reasons = columns.get("finish_reasons")
    if isinstance(reasons, list):
        columns["finish_reasons"] = [finish_reason_of(str(word)) for word in reasons]
    evaluations = evaluations_of(said)
    # They are joined to rows that were read back, where JSON is values.
    values = {name: parsed(value) if isinstance(value, WrittenJson) else value for name, value in columns.items()}
    return values | ({"evaluations": evaluations} if evaluations else {})


def merged(row: Mapping[str, Json], content: Mapping[str, Json]) -> Columns:
    """Return a span's row with its empty columns filled from ``content``. What the span says itself stays."""
    found: Columns = dict(row)
    spoken = row.get("operation") in MODEL_CALLS or row.get("operation") == "invoke_agent"
    for column, value in content.items():
        if column in _ERROR and row.get("status") != "error":
            continue
        if column in _SPOKEN and not spoken:
            continue
        if found.get(column) is None or (column == "error_type" and found[column] == "_OTHER"):
            found[column] = value
    _add_evaluations(found, row.get("evaluations"), content.get("evaluations"))
    if spoken and found.get("finish_reasons") is None:
        end_as_answered(found)
    if found.get("is_root") and found.get("preview") is None:
        add_preview(found)
    if any(found.get(column) is not None for column in TOKENS):
        complete_usage(found)
    return found


def _fields(log: WireLog) -> Mapping[str, Json]:
    """Return what a record says: attributes, and the body where it is an object, as up to 1.36."""
    return {**log.attributes, **log.body} if isinstance(log.body, Mapping) else log.attributes


def _add_evaluations(found: Columns, own: Json, others: Json) -> None:
    if isinstance(own, list) and isinstance(others, list):
        by_text = {json_of(one): one for one in (*own, *others)}
        found["evaluations"] = list(by_text.values())
