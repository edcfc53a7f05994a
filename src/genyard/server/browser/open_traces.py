"""The spans of one trace that its page needs: a small trace whole, of a large one the tree and a few payloads."""

from collections.abc import Sequence
from contextlib import suppress

from genyard.core.errors import TooLarge
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.span_forest import SpanForest, span_forest
from genyard.observe.explorer.span_row import SpanRow
from genyard.observe.explorer.trace_trees import TraceTrees
from genyard.server.pages.links import TraceState

WHOLE = 500
"""Traces of up to so many spans are read whole."""
_MOST_RETRIEVALS = 10
_MOST_CALLS = 60


def open_forest(trees: TraceTrees, found: OneTrace, state: TraceState) -> SpanForest:
    """Return a trace's spans. Those that the page shows open have all columns, others those of the tree."""
    if found.spans <= WHOLE:
        with suppress(TooLarge):  # of a trace with very long payloads the open ones are read, as of one with many spans
            return span_forest(found.rows())
    tree = trees.tree(found)
    return tree.with_payloads(found.rows(span_ids=_open(tree, state)))


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
