"""Whole traces on their way out, a bounded part at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from genyard.core.canonical import Json
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.one_trace import Row
from genyard.observe.explorer.order import NEWEST_FIRST
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.traces import listing
from genyard.observe.explorer.window import LATE_NS, Window
from genyard.observe.log_rows import with_logs
from genyard.store.columns import SPANS
from genyard.store.rows import read_back

_TRACES_AT_ONCE = 100
_SPANS_AT_ONCE = 1_000
_COLUMNS = ("trace_id", "span_id", "start_ns", "duration_ns", "trace_spans")


def whole_traces(window: Window, query: TraceQuery, *, limit: int) -> Iterator[list[Row]]:
    """Yield the spans of up to ``limit`` traces with all that was sent, newest trace first, 1,000 spans at once.

    What log records say of a span is in its empty columns. The spans of a trace follow on each other in order of start.
    Raises InvalidInput before the first part.
    """
    for group in _groups(window, query, limit):
        yield from _spans(window, group)


def _groups(window: Window, query: TraceQuery, limit: int) -> Iterator[list[Mapping[str, Json]]]:
    """Yield traces in groups of about as many spans as are read at once."""
    after, left = None, limit
    group, spans = list[Mapping[str, Json]](), 0
    while left > 0:
        page = listing(
            window, query, order=NEWEST_FIRST, limit=min(left, _TRACES_AT_ONCE), after=after, columns=_COLUMNS
        )
        for row in page.rows:
            group.append(row)
            spans += int(str(row["trace_spans"] or 1))
            if spans >= _SPANS_AT_ONCE:
                yield group
                group, spans = [], 0
        left -= len(page.rows)
        after = page.next
        if after is None:
            break
    if group:
        yield group


def _spans(window: Window, group: list[Mapping[str, Json]]) -> Iterator[list[Row]]:
    starts = [int(str(row["start_ns"])) for row in group]
    ends = [start + int(str(row["duration_ns"] or 0)) for start, row in zip(starts, group, strict=True)]
    around = replace(window, since_ns=max(0, min(starts) - LATE_NS), until_ns=max(ends) + LATE_NS)
    place: tuple[object, object, object] | None = None
    while True:
        binding = Binding()
        ids = binding.add([row["trace_id"] for row in group])
        where = f"trace_id IN (SELECT unnest({ids}::VARCHAR[]))"
        if place is not None:
            where += f" AND (trace_id, start_ns, span_id) > ({', '.join(map(binding.add, place))})"
        order = f"ORDER BY trace_id, start_ns, span_id LIMIT {_SPANS_AT_ONCE}"
        rows = around.ask(f"SELECT {', '.join(SPANS.names)} FROM spans WHERE {where} {order}", binding.values)
        if rows:
            yield with_logs(window.lake, window.project, [cast("Row", read_back(SPANS, row)) for row in rows])
        if len(rows) < _SPANS_AT_ONCE:
            return
        place = rows[-1]["trace_id"], rows[-1]["start_ns"], rows[-1]["span_id"]
