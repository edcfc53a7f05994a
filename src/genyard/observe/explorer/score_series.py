"""Figures of scores by hour or day: of the traces that are asked for, and split as these are."""

from collections.abc import Mapping
from dataclasses import dataclass

from genyard.core.errors import TooLarge
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import field_named
from genyard.observe.explorer.first_spans import STANDING
from genyard.observe.explorer.series import OF_CALLS, STEPS, Every, check_series
from genyard.observe.explorer.trace_query import EVERY_TRACE, MOST_SCORED, TraceQuery, chosen
from genyard.observe.explorer.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePoint:
    """One hour or day of one score: its mean over ``count`` judgements."""

    at_ns: int
    group: str | None
    name: str
    mean: float
    count: int


def score_series(
    window: Window, query: TraceQuery = EVERY_TRACE, *, every: Every = "day", by: str | None = None
) -> list[ScorePoint]:
    """Return the means of each score by hour or day of judging, as ``series`` returns its points.

    With a query they are of the traces of the window that meet it, else of all that was judged in it. A score belongs
    to the group of its trace, or to the release that it names itself. By model or operation there are none: a judgement
    is of a trace, which may have several. Raises InvalidInput, and TooLarge where over MOST_SCORED traces were judged
    and there is a query or a split.
    """
    check_series(window, every, by)
    if by in OF_CALLS:
        return []
    narrow = query != EVERY_TRACE
    groups = _groups(window, query, by) if narrow or by else {}
    binding = Binding()
    step, first = binding.add(STEPS[every]), binding.add(window.since_ns if every == "whole" else 0)
    traces = binding.add(list(groups))
    of_traces = binding.add([one or "" for one in groups.values()])
    group = "coalesce(release, nullif(of_trace, ''))" if by == "release" else "nullif(of_trace, '')"
    sql = f"""
        SELECT greatest(at_ns // {step} * {step}, {first}) AS at_ns, {group} AS "group",
          name, avg(value) AS mean, count(*) AS count
        FROM scores {"JOIN" if narrow else "LEFT JOIN"}
          (SELECT unnest({traces}::VARCHAR[]) AS trace_id, unnest({of_traces}::VARCHAR[]) AS of_trace) USING (trace_id)
        WHERE value IS NOT NULL GROUP BY ALL ORDER BY at_ns, name, "group" NULLS FIRST
    """
    rows = window.ask(sql, binding.values, table="scores")
    return [
        ScorePoint(
            at_ns=int(str(row["at_ns"])),
            group=None if row["group"] is None else str(row["group"]),
            name=str(row["name"]),
            mean=float(str(row["mean"])),
            count=int(str(row["count"])),
        )
        for row in rows
    ]


def _groups(window: Window, query: TraceQuery, by: str | None) -> Mapping[str, str | None]:
    """Return the traces that meet ``query`` and were judged in the window, each with its group."""
    judged = window.ask(
        "SELECT DISTINCT trace_id FROM scores WHERE trace_id IS NOT NULL AND value IS NOT NULL"
        f" LIMIT {MOST_SCORED + 1}",
        {},
        table="scores",
    )
    if len(judged) > MOST_SCORED:
        raise TooLarge(f"over {MOST_SCORED:,} traces were judged in this time", hint="ask for less time")
    if not judged:
        return {}
    binding = Binding()
    traces = binding.add([row["trace_id"] for row in judged])
    group = f"arg_min({field_named(by).sql}, {STANDING})" if by else "NULL"
    sql = (
        f"SELECT trace_id, {group} AS of_trace FROM spans WHERE trace_id IN (SELECT unnest({traces}::VARCHAR[]))"
        f" AND ({chosen(query, window, binding)}) GROUP BY trace_id"
    )
    found = window.ask(sql, binding.values)
    return {str(row["trace_id"]): None if row["of_trace"] is None else str(row["of_trace"]) for row in found}
