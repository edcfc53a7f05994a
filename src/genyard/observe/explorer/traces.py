"""Traces: lists of them, how many there are.

A list shows first spans, each with sums over its trace, and reads no payload but to search it. Names are checked
against the table and values are bound: nothing that a caller gives becomes SQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.first_spans import standing_for_traces
from genyard.observe.explorer.order import NEWEST_FIRST, Order
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery, chosen, scores_by_trace
from genyard.observe.explorer.trace_sums import SUMS, with_sums
from genyard.observe.explorer.window import DAY_NS, HOUR_NS, LATE_NS, Window

Row = dict[str, Json]
"""A span's columns. JSON columns are values, not text."""

LIST_COLUMNS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "span_name",
    "start_ns",
    "duration_ns",
    "status",
    "error_type",
    "error_message",
    "operation",
    "request_model",
    "response_model",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost_usd",
    "ttft_s",
    "conversation_id",
    "user_id",
    "tags",
    "release",
    "release_attested",
    "endpoint",
    "system",
    "step",
    "run_id",
    "row_id",
    "repeat",
    "preview",
)
SHOWN = (*LIST_COLUMNS, *SUMS)
"""What a list shows where nothing else is asked."""
MORE = ("service_name", "environment")
"""Columns that a list reads only where they are asked."""
_GROWTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows in their order, and where to go on: None at the end."""

    rows: list[Row]
    next: str | None


def listing(
    window: Window,
    query: TraceQuery = EVERY_TRACE,
    *,
    order: Order = NEWEST_FIRST,
    limit: int = 50,
    after: str | None = None,
    columns: Sequence[str] = SHOWN,
) -> Page:
    """Return a first span of each trace, with ``SUMS`` of the trace. ``after`` is a page's ``next``.

    Raises InvalidInput for what does not fit the table, TooLarge.
    """
    check_columns(columns)
    find = _by_start if order.by == "start" else _highest
    read = (*LIST_COLUMNS, *(name for name in MORE if name in columns))
    # One row more tells whether there is another page.
    rows, reached, most = list[dict[str, object]](), after, limit + 1
    while True:
        found = find(window, query, order, most, reached, read)
        rows += standing_for_traces(window, found, query.root)
        if len(found) < most or len(rows) > limit:
            break
        # A trace may enter other services a hundred thousand times, and be one row all the same.
        reached, most = _place(order, found[-1]), min(_GROWTH * most, _MOST_FOUND)
    place = _place(order, rows[limit - 1]) if len(rows) > limit else None
    rows = rows[:limit]
    shown = with_sums(window, rows) if set(columns) & set(SUMS) else rows
    return Page(rows=[_selected(row, columns) for row in shown], next=place)


def _place(order: Order, row: Mapping[str, object]) -> str:
    return order.place(row[order.key], row["span_id"])


def count(window: Window, query: TraceQuery = EVERY_TRACE) -> int:
    """Return how many traces meet ``query``. A list has a row more where a sender began one twice without a parent."""
    binding = Binding()
    sql = f"SELECT count(DISTINCT trace_id) AS count FROM spans WHERE {chosen(query, window, binding)}"
    return int(str(window.ask(sql, binding.values)[0]["count"]))


def check_columns(columns: Sequence[str]) -> None:
    """Raise InvalidInput where a list cannot show one of ``columns``."""
    known = (*SHOWN, *MORE, "trace_score")
    for name in columns:
        if name not in known:
            raise InvalidInput(f"a list of traces does not show {name[:80]!r}", hint=did_you_mean(name, known))


_MOST_FOUND = 20_000
"""First spans that are read at once."""
_FEW_ROWS = 1 << 17
"""So many are read at once: to ask for one part of the time after another takes longer."""


def _by_start(
    window: Window, query: TraceQuery, order: Order, limit: int, after: str | None, read: Sequence[str]
) -> list[dict[str, object]]:
    """Read hours before days: the newest rows are found without a look at the rest of the window."""
    rows: list[dict[str, object]] = []
    reached = window
    if after is not None:
        at = int(order.read(after)[0])
        reached = window.within(at, window.until_ns) if order.ascending else window.within(0, at + 1)
    if reached.most_rows() <= _FEW_ROWS:
        return _part(window, query, order, limit, after, read, reached)
    # Where other spans decide, much is read anyway, and a file's row group would be read again for each part of it.
    first_ns = DAY_NS if query.looks_below else HOUR_NS
    for since_ns, until_ns in parts_of(reached.since_ns, reached.until_ns, first_ns, backwards=not order.ascending):
        part = window.within(since_ns, until_ns)
        if part.most_rows():
            rows += _part(window, query, order, limit - len(rows), after, read, part)
        if len(rows) >= limit:
            break
    return rows


def parts_of(since_ns: int, until_ns: int, length: int, *, backwards: bool) -> Iterator[tuple[int, int]]:
    """Yield the parts of a time from its end, or its beginning: one of ``length``, then ever longer ones."""
    while since_ns < until_ns:
        part = min(length, until_ns - since_ns)
        if backwards:
            yield until_ns - part, until_ns
            until_ns -= part
        else:
            yield since_ns, since_ns + part
            since_ns += part
        length *= _GROWTH


def _part(
    window: Window, query: TraceQuery, order: Order, limit: int, after: str | None, read: Sequence[str], part: Window
) -> list[dict[str, object]]:
    binding = Binding()
    # Spans below a trace's first one start after it, perhaps in the next part.
    seen = window.within(part.since_ns, part.until_ns + (LATE_NS if query.looks_below else 0))
    where = [chosen(query, window, binding, part=seen), f"start_ns < {binding.add(part.until_ns)}"]
    where += [order.after(after, binding)] if after is not None else []
    sql = f"SELECT {', '.join(read)} FROM spans WHERE {' AND '.join(where)} ORDER BY {order.sql} LIMIT {limit}"
    return seen.ask(sql, binding.values)


def _highest(
    window: Window, query: TraceQuery, order: Order, limit: int, after: str | None, read: Sequence[str]
) -> list[dict[str, object]]:
    """Read the whole window: the highest value may stand anywhere in it."""
    binding = Binding()
    where = chosen(query, window, binding)
    value = _value(order, window, binding)
    behind = order.after(after, binding) if after is not None else "true"
    join = f" JOIN ({value}) USING (trace_id)" if value else ""
    shown = ", ".join(dict.fromkeys((*read, order.key)))
    sql = (
        f"SELECT {shown} FROM (SELECT {', '.join(read)} FROM spans WHERE {where}){join}"
        f" WHERE {order.key} IS NOT NULL AND {behind} ORDER BY {order.sql} LIMIT {limit}"
    )
    return window.ask(sql, binding.values)


def _value(order: Order, window: Window, binding: Binding) -> str:
    """Return the SQL of traces with the value that a first span does not carry itself; empty where it does."""
    if order.by == "score":
        means = scores_by_trace(order.score, window)
        ids, values = binding.add(list(means)), binding.add(list(means.values()))
        return f"SELECT unnest({ids}::VARCHAR[]) AS trace_id, unnest({values}::DOUBLE[]) AS trace_score"
    if order.key in SUMS:
        return f"SELECT trace_id, {SUMS[order.key]} AS {order.key} FROM spans GROUP BY trace_id"
    return ""


def _selected(row: Mapping[str, object], columns: Sequence[str]) -> Row:
    return cast("Row", {name: row.get(name) for name in columns})
