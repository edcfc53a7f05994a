"""What follows from columns that are filled: totals, the scope of usage, one word for each end."""

from typing import cast

from genyard.core.canonical import Json
from genyard.observe.conventions.messages import finish_reasons_of
from genyard.observe.conventions.names import NAMES
from genyard.observe.conventions.preview import preview_of
from genyard.observe.conventions.tools import kept_whole
from genyard.observe.conventions.usage import TOKENS, inclusive
from genyard.observe.conventions.words import MODEL_CALLS, finish_reason_of, provider_of
from genyard.observe.wire import WireSpan
from genyard.store.rows import WrittenJson

Row = dict[str, Json]

_TOKENS = frozenset(TOKENS)
_CACHED = frozenset({"cache_read_tokens", "cache_write_tokens"})
_STOP = ["stop"]
_LARGEST = 2**63 - 1


def complete(span: WireSpan, row: Row, rest: Row, *, own: bool) -> None:
    """Add what follows from the columns of ``row``, and what a span carries beside attributes."""
    if row["status"] == "error":
        row.setdefault("error_type", "_OTHER")
        if span.status_message:
            row["error_message"] = span.status_message
    if "output_messages" in row or "finish_reasons" in row:
        _end(span, row, rest)
    if not _TOKENS.isdisjoint(row):
        _complete_usage(span, row, rest)
    if "cost_usd" in row:
        row["cost_source"] = "priced-by-us" if own else "client"
    if own and "release" in row:
        row["release_attested"] = True
    if "top_k" in row and row["operation"] == "retrieval":
        row.setdefault("retrieval_top_k", row.pop("top_k"))
    if "tool_definitions" in row:
        _keep_definitions(span, row, rest)
    if span.events or span.links or span.trace_state or span.dropped_attributes:
        _add_rest(span, row)


def complete_usage(row: Row) -> None:
    """Add what follows from the tokens: inclusive input, the total, and whether they are the span's own."""
    if not _CACHED.isdisjoint(row):
        row.update(inclusive(row))
    asked, answered = row.get("input_tokens"), row.get("output_tokens")
    if type(asked) is int and type(answered) is int and row.get("total_tokens") is None:
        row["total_tokens"] = min(asked + answered, _LARGEST)
    if row.get("usage_scope") is None:
        row["usage_scope"] = "self" if row["operation"] in MODEL_CALLS else "aggregate"


def add_preview(row: Row) -> None:
    """Add the line that lists show of an answer."""
    found = preview_of(row)
    if found is not None:
        row["preview"] = found


def end_as_answered(row: Row) -> None:
    """Take the finish reasons of a model's answer, where none stood apart."""
    answer = row.get("output_messages") if row["operation"] in MODEL_CALLS else None
    if answer is not None and (type(answer) is not WrittenJson or '"finish_reason"' in answer):
        found = finish_reasons_of(answer)
        if found:
            row["finish_reasons"] = found


def name_provider(row: Row) -> None:
    """Use the well-known name of a provider; a framework that named itself is none."""
    word = row.pop("provider", None)
    if not isinstance(word, str):
        return
    known = provider_of(word)
    if known is not None:
        row["provider"] = known
    if known != word:
        row["provider_raw"] = word


def _end(span: WireSpan, row: Row, rest: Row) -> None:
    """Use the one word for each finish reason, and keep the sender's where it was another."""
    written = row.get("finish_reasons")
    if written is None:
        end_as_answered(row)
    if written is None or written == _STOP:
        return
    reasons = [finish_reason_of(str(word)) for word in written] if isinstance(written, list) else []
    if reasons != written:
        row["finish_reasons"] = cast("Json", reasons)
        _restore(span, "finish_reasons", rest)


def _complete_usage(span: WireSpan, row: Row, rest: Row) -> None:
    """Complete the usage, and keep the sender's own count where it was not inclusive."""
    before = row.get("input_tokens")
    complete_usage(row)
    if row.get("input_tokens") != before:
        _restore(span, "input_tokens", rest)


def _keep_definitions(span: WireSpan, row: Row, rest: Row) -> None:
    """Keep an attribute of tool definitions that says more than the column holds."""
    written = span.attributes.get("gen_ai.tool.definitions")
    if written is not None and not kept_whole(written, row["tool_definitions"]):
        _restore(span, "tool_definitions", rest)


def _restore(span: WireSpan, column: str, rest: Row) -> None:
    name = next((name for name in NAMES[column] if name in span.attributes and name not in rest), None)
    if name is not None:
        rest[name] = span.attributes[name]


def _add_rest(span: WireSpan, row: Row) -> None:
    if span.trace_state:
        row["trace_state"] = span.trace_state
    if span.dropped_attributes:
        row["dropped_attributes"] = span.dropped_attributes
    if span.events:
        row["events"] = [{"name": one.name, "at_ns": one.at_ns, "attributes": one.attributes} for one in span.events]
    if span.links:
        row["links"] = [
            {"trace_id": one.trace_id, "span_id": one.span_id, "attributes": one.attributes} for one in span.links
        ]
