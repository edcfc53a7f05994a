"""The spans of a trace with their tree: made once, and shown in part after part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.observe.explorer.span_row import SpanRow
from genyard.observe.explorer.span_tree import SpanTree, span_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanForest:
    """Spans in order of start, at least one. Positions of ``tree`` are places in ``spans``."""

    spans: tuple[SpanRow, ...]
    tree: SpanTree

    @property
    def root(self) -> SpanRow:
        return self.spans[self.tree.roots[0]]

    def with_payloads(self, rows: Sequence[Mapping[str, Json]]) -> "SpanForest":
        """Return the same spans, those of ``rows`` with all that these hold."""
        whole = {str(row["span_id"]): row for row in rows}
        spans = (SpanRow(whole[one.id]) if one.id in whole else one for one in self.spans)
        return SpanForest(spans=tuple(spans), tree=self.tree)


def span_forest(rows: Sequence[Mapping[str, Json]]) -> SpanForest:
    """Return the forest of rows of the lake's table, in any order and with any parents."""
    spans = sorted((SpanRow(one) for one in rows), key=lambda one: one.start_ns)
    tree = span_tree([one.id for one in spans], [one.parent for one in spans], [one.start_ns for one in spans])
    return SpanForest(spans=tuple(spans), tree=tree)
