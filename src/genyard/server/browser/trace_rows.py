"""The rows of one trace that its page needs: a small trace whole, of a large one the tree and a few payloads."""

from collections.abc import Sequence

from genyard.observe.one_trace import OneTrace, Row
from genyard.server.pages.links import TraceState

WHOLE = 500
"""Traces of up to so many spans are read whole."""
_TREE = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "is_root",
    "start_ns",
    "duration_ns",
    "span_name",
    "status",
    "error_type",
    "operation",
    "request_model",
    "response_model",
    "coalesce(total_tokens, input_tokens + output_tokens, input_tokens) AS total_tokens",
    "cost_usd",
    "ttft_s",
    "tool_name",
    "index_digest",
)
"""What the rows of the tree and the sums above it are made of."""
_MOST_RETRIEVALS = 10
_MOST_CALLS = 60


def rows_of(found: OneTrace, state: TraceState) -> list[Row]:
    """Return the spans in order of start. Those that the page shows open have all columns, others those of the tree."""
    if found.spans <= WHOLE:
        return found.rows()
    rows = found.rows(columns=_TREE)
    whole = {str(row["span_id"]): row for row in found.rows(span_ids=_open(rows, state))}
    return [whole.get(str(row["span_id"]), row) for row in rows] if whole else rows


def _open(rows: Sequence[Row], state: TraceState) -> list[str]:
    """Return the ids of the first span, the selected one, and those whose texts the tab shows."""
    first = next((row for row in rows if row["is_root"]), rows[0])
    found = [first, *(row for row in rows if row["span_id"] == state.span)]
    found += [row for row in rows if row["operation"] == "retrieval"][:_MOST_RETRIEVALS]
    if state.tab == "conversation":
        found += [row for row in rows if row["operation"] in ("chat", "completion")][:_MOST_CALLS]
    return list(dict.fromkeys(str(row["span_id"]) for row in found))
