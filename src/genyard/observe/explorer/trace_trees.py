"""Traces as trees, of which the one that was read last is kept: who opens a large one walks through it in parts."""

import threading

from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.span_forest import SpanForest, span_forest

_READ = (
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
    "usage_scope",
    "ttft_s",
    "tool_name",
    "index_digest",
)
"""What the rows of the tree and the sums above it are made of."""


class TraceTrees:
    """Reads trees of traces. Safe to use from many threads.

    A tree is made anew when the trace has more or fewer spans, or when one of them was sent again.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._last: tuple[tuple[str, str, int, int], SpanForest] | None = None

    def tree(self, found: OneTrace) -> SpanForest:
        """Return a trace's spans with the columns of the tree."""
        key = (found.project, found.id, found.spans, found.newest)
        with self._changing:
            if self._last is not None and self._last[0] == key:
                return self._last[1]
        tree = span_forest(found.rows(columns=_READ))
        with self._changing:
            self._last = (key, tree)
        return tree
