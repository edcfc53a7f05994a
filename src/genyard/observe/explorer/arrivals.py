"""Traces as they arrive: what came since the last look, whatever time it says it started."""

from dataclasses import dataclass

from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.first_spans import standing_for_traces
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery, chosen
from genyard.observe.explorer.trace_sums import with_sums
from genyard.observe.explorer.traces import LIST_COLUMNS, SHOWN, Row
from genyard.observe.explorer.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Traces that arrived, newest arrival first, and the arrival to ask from the next time."""

    rows: list[Row]
    next: int


def newest_arrival(window: Window) -> int:
    """Return the number of the newest arrival; 0 without any."""
    return int(str(window.ask("SELECT coalesce(max(arrival), 0) AS newest FROM spans", {})[0]["newest"]))


def arrived(window: Window, query: TraceQuery = EVERY_TRACE, *, after: int, limit: int = 100) -> Arrived:
    """Return traces whose first span arrived after ``after``: the oldest of them, so that none is passed over.

    A trace is listed when its first span arrives, which may be before spans below it do: a condition that only those
    meet is then not met yet. Raises InvalidInput.
    """
    binding = Binding()
    sql = (
        f"SELECT {', '.join(LIST_COLUMNS)}, arrival FROM spans WHERE arrival > {binding.add(after)}"
        f" AND {chosen(query, window, binding)} ORDER BY arrival LIMIT {limit:d}"
    )
    rows = window.ask(sql, binding.values)
    found = standing_for_traces(window, rows, query.root)
    shown = [{name: row.get(name) for name in SHOWN} for row in reversed(with_sums(window, found))]
    return Arrived(rows=shown, next=max((int(str(row["arrival"])) for row in rows), default=after))  # type: ignore[arg-type]
