"""Whole traces on their way out, a bounded part at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from genyard.core.canonical import Json
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.one_trace import Row
from genyard.observe.explorer.order import NEWEST_FIRST
from genyard.observe.explorer.pieces import in_pieces, text_bytes
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.traces import listing
from genyard.observe.explorer.window import LATE_NS, Window
from genyard.observe.log_rows import with_logs
from genyard.store.columns import SPANS
from genyard.store.rows import read_back

_TRACES_AT_ONCE = 100
_SPANS_AT_ONCE = 2_000
_COLUMNS = ("trace_id", "span_id", "start_ns", "duration_ns", "trace_spans")


def whole_traces(window: Window, query: TraceQuery, *, limit: int) -> Iterator[list[Row]]:
    """Yield the spans of up to ``limit`` traces with all that was sent, newest trace first, a piece at once.

    What log records say of a span is in its empty columns. The spans of a trace follow on each other in order of start.
    Raises InvalidInput before the first part.
    """
    for group in _groups(window, query, limit):
        yield from _spans(window, group)


def _groups(window: Window, query: TraceQuery, limit: int) -> Iterator[list[Mapping[str, Json]]]:
    """Yield traces in groups of as many spans as are looked at once, or one that has more."""
    after, left = None, limit
    group, spans = list[Mapping[str, Json]](), 0
    while left > 0:
        page = listing(
            window, query, order=NEWEST_FIRST, limit=min(left, _TRACES_AT_ONCE), after=after, columns=_COLUMNS
        )
        for row in page.rows:
            size = int(str(row["trace_spans"] or 1))
            if group and spans + size > _SPANS_AT_ONCE:
                yield group
                group, spans = [], 0
            group.append(row)
            spans += size
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
    rank = {str(row["trace_id"]): number for number, row in enumerate(group)}
    place: tuple[object, object, object] | None = None
    while True:
        binding = Binding()
        ids = binding.add([row["trace_id"] for row in group])
        where = f"trace_id IN (SELECT unnest({ids}::VARCHAR[]))"
        if place is not None:
            where += f" AND (trace_id, start_ns, span_id) > ({', '.join(map(binding.add, place))})"
        order = f"ORDER BY trace_id, start_ns, span_id LIMIT {_SPANS_AT_ONCE}"
        # Which rows come is asked first: to sort them with their payloads would hold these all.
        found = around.ask(f"SELECT trace_id, start_ns, span_id FROM spans WHERE {where} {order}", binding.values)
        # Traces in their order of time, so that a piece lies in few files.
        keys = sorted(found, key=lambda row: rank[str(row["trace_id"])])
        yield from in_pieces(keys, lambda some: _read(around, some))
        if len(found) < _SPANS_AT_ONCE:
            return
        place = _place(found[-1])


def _read(around: Window, keys: Sequence[Mapping[str, object]]) -> tuple[list[Row], int]:
    """Return spans with all that was sent, in the order of ``keys``, and how many bytes that was."""
    starts = [int(str(key["start_ns"])) for key in keys]
    window = around.within(min(starts), max(starts) + 1)
    binding = Binding()
    traces, spans = (binding.add(sorted({str(key[name]) for key in keys})) for name in ("trace_id", "span_id"))
    found = window.ask(
        f"SELECT {', '.join(SPANS.names)} FROM spans WHERE trace_id IN (SELECT unnest({traces}::VARCHAR[]))"
        f" AND span_id IN (SELECT unnest({spans}::VARCHAR[]))",
        binding.values,
    )
    wanted = {_place(key): number for number, key in enumerate(keys)}
    rows = sorted((row for row in found if _place(row) in wanted), key=lambda row: wanted[_place(row)])
    whole = with_logs(around.lake, around.project, [cast("Row", read_back(SPANS, row)) for row in rows])
    return whole, text_bytes(rows)


def _place(row: Mapping[str, object]) -> tuple[object, object, object]:
    return row["trace_id"], row["start_ns"], row["span_id"]
