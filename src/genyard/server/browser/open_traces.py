"""The spans of one trace that its page needs: a small trace whole, of a large one the tree and a few payloads."""

import threading
from collections.abc import Sequence

from genyard.observe.one_trace import OneTrace
from genyard.server.pages.links import TraceState
from genyard.server.pages.span_forest import SpanForest, span_forest
from genyard.server.pages.span_row import SpanRow

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
    "usage_scope",
    "ttft_s",
    "tool_name",
    "index_digest",
)
"""What the rows of the tree and the sums above it are made of."""
_MOST_RETRIEVALS = 10
_MOST_CALLS = 60


class OpenTraces:
    """Reads traces for their pages, and keeps the large one that was read last. Safe to use from many threads.

    Who opens a large trace walks through it, page by page: its tree is made once. It is made anew when the trace has
    more or fewer spans, or when one of them was sent again.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._last: tuple[tuple[str, str, int, int], SpanForest] | None = None

    def forest(self, found: OneTrace, state: TraceState) -> SpanForest:
        """Return a trace's spans. Those that the page shows open have all columns, others those of the tree."""
        if found.spans <= WHOLE:
            return span_forest(found.rows())
        tree = self.tree(found)
        return tree.with_payloads(found.rows(span_ids=_open(tree, state)))

    def tree(self, found: OneTrace) -> SpanForest:
        """Return a trace's spans with the columns of the tree."""
        key = (found.project, found.id, found.spans, found.newest)
        with self._changing:
            if self._last is not None and self._last[0] == key:
                return self._last[1]
        tree = span_forest(found.rows(columns=_TREE))
        with self._changing:
            self._last = (key, tree)
        return tree


def _open(forest: SpanForest, state: TraceState) -> list[str]:
    """Return the ids of the first span, the selected one, and those whose texts the tab shows."""
    spans = forest.spans
    found: list[SpanRow] = [forest.root, *(one for one in spans if one.columns["is_root"])][:2]
    found += [one for one in spans if one.id == state.span]
    found += _first(spans, ("retrieval",), _MOST_RETRIEVALS)
    if state.tab == "conversation":
        found += _first(spans, ("chat", "completion"), _MOST_CALLS)
    return list(dict.fromkeys(one.id for one in found))


def _first(spans: Sequence[SpanRow], operations: tuple[str, ...], most: int) -> list[SpanRow]:
    return [one for one in spans if one.columns["operation"] in operations][:most]
