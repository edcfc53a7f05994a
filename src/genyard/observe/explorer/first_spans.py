"""First spans that stand for their trace: a list has one row a trace, also where a trace enters several services."""

from collections.abc import Sequence

from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import Filter, where
from genyard.observe.explorer.trace_sums import times_around
from genyard.observe.explorer.window import LATE_NS, Window

Row = dict[str, object]
STANDING = "(parent_span_id IS NOT NULL, start_ns, span_id)"
"""SQL by which the least of a trace's first spans stands for it."""


def standing_for_traces(window: Window, rows: Sequence[Row], root: Sequence[Filter] = ()) -> list[Row]:
    """Return those of ``rows``, which are first spans that meet ``root``, that stand for their trace.

    One without a parent does. One whose parent is in another process does where the trace has none without a parent in
    this window, and it is the earliest, among those that meet ``root`` and start within an hour of it. That is a matter
    of the trace alone, so pages may end between two of its spans. Nothing is read where no row has a parent.
    """
    entered = [row for row in rows if row["parent_span_id"] is not None]
    first = _first_of(window, entered, root) if entered else {}
    return [row for row in rows if row["parent_span_id"] is None or first.get(row["trace_id"]) == row["span_id"]]


def _first_of(window: Window, rows: Sequence[Row], root: Sequence[Filter]) -> dict[object, object]:
    """Return the id of the first span of each trace, by trace id."""
    binding = Binding()
    starts = sorted(int(str(row["start_ns"])) for row in rows)
    times = times_around([(start - LATE_NS, start) for start in starts], binding)
    traces = binding.add([row["trace_id"] for row in rows])
    sql = (
        f"SELECT trace_id, arg_min(span_id, {STANDING}) AS first FROM spans"
        f" WHERE {times} AND is_root AND trace_id IN (SELECT unnest({traces}::VARCHAR[])) AND {where(root, binding)}"
        " GROUP BY trace_id"
    )
    around = window.within(starts[0] - LATE_NS, starts[-1] + LATE_NS + 1)
    return {row["trace_id"]: row["first"] for row in around.ask(sql, binding.values)}
