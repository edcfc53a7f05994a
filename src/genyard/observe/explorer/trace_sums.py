"""What is said of a whole trace: tokens, cost, model, spans, errors."""

from collections.abc import Mapping, Sequence

from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.window import LATE_NS, Window

SUMS: Mapping[str, str] = {
    "trace_tokens": "coalesce(sum(coalesce(total_tokens, input_tokens + output_tokens, input_tokens))"
    " FILTER (usage_scope = 'self'), max(total_tokens) FILTER (is_root))::BIGINT",
    "trace_cost": "round(coalesce(sum(cost_usd) FILTER (usage_scope = 'self'), max(cost_usd) FILTER (is_root)), 9)",
    "trace_model": "min(coalesce(response_model, request_model)) FILTER (operation IN ('chat', 'completion'))",
    "trace_spans": "count(*)",
    "trace_errors": "count(*) FILTER (status = 'error')",
}
"""What is said of a whole trace. Usage that a span repeats of the spans below it is not counted again."""


def with_sums(window: Window, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return first spans with the sums of their traces, read from around the time of each."""
    if not rows:
        return []
    binding = Binding()
    starts = [int(str(row["start_ns"])) for row in rows]
    ends = [start + int(str(row["duration_ns"] or 0)) for start, row in zip(starts, rows, strict=True)]
    around = Window(lake=window.lake, project=window.project, since_ns=min(starts), until_ns=max(ends) + LATE_NS)
    ids = binding.add([row["trace_id"] for row in rows])
    times = times_around(sorted(zip(starts, ends, strict=True)), binding)
    sql = (
        f"SELECT trace_id, {_sums()} FROM spans WHERE {times} AND trace_id IN (SELECT unnest({ids})) GROUP BY trace_id"
    )
    sums = {row["trace_id"]: row for row in around.ask(sql, binding.values)}
    return [dict(row) | sums.get(row["trace_id"], {}) for row in rows]


def _sums() -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in SUMS.items())


def times_around(spans: Sequence[tuple[int, int]], binding: Binding) -> str:
    """Return the SQL of the times of ``spans``, in order, and an hour after: few row groups hold them if far apart."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        until = end + LATE_NS
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((start, until))
    if len(merged) == 1:
        return "true"
    parts = (f"start_ns BETWEEN {binding.add(start)} AND {binding.add(until)}" for start, until in merged)
    return f"({' OR '.join(parts)})"
