"""Figures by hour or day: traffic, errors, exact percentiles of latency, time to first token, tokens, cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import MODEL, field_named
from genyard.observe.explorer.first_spans import STANDING
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery, chosen
from genyard.observe.explorer.window import DAY_NS, HOUR_NS, Window

Every = Literal["hour", "day", "whole"]
EVERY: tuple[Every, ...] = get_args(Every)
GROUPS = ("release", "endpoint", MODEL, "operation", "service_name", "service_version", "environment", "user_id")
"""What figures can be split by. By model or operation a figure is about calls, else about traces."""
OF_CALLS = (MODEL, "operation")
STEPS: Mapping[Every, int] = {"hour": HOUR_NS, "day": DAY_NS, "whole": 2**62}
MOST_POINTS = 2_000
MOST_GROUPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One hour or day of one group. Times are in nanoseconds; None is "not known", which is not 0."""

    at_ns: int
    """The start of the hour or day in UTC; of the window with ``every="whole"``."""
    group: str | None
    count: int
    """Traces that started, or calls where figures are by model or operation."""
    errors: int
    p50_ns: float | None
    p95_ns: float | None
    p99_ns: float | None
    ttft_p50_s: float | None
    ttft_p95_s: float | None
    input_tokens: int | None
    output_tokens: int | None
    tokens: int | None
    cost_usd: float | None


def series(
    window: Window, query: TraceQuery = EVERY_TRACE, *, every: Every = "day", by: str | None = None
) -> list[Point]:
    """Return the points in order of time and group. An hour in which nothing happened has no point.

    Percentiles are exact, interpolated between neighbours. Tokens and cost are those of spans whose usage is their own,
    so that a sum that a parent repeats is not counted again. Raises InvalidInput, and TooLarge from the lake.
    """
    check_series(window, every, by)
    binding = Binding()
    source, group = _source(window, query, by, binding)
    own = "usage_scope = 'self'"
    counted = "true" if by in OF_CALLS else "is_root"
    step, first = binding.add(STEPS[every]), binding.add(window.since_ns if every == "whole" else 0)
    sql = f"""
        SELECT greatest(bucket * {step}, {first}) AS at_ns, grp AS "group",
          count(*) FILTER (counted) AS count, count(*) FILTER (counted AND failed) AS errors,
          quantile_cont(took, [0.5, 0.95, 0.99]) FILTER (counted) AS latency,
          quantile_cont(ttft, [0.5, 0.95]) FILTER (ttft IS NOT NULL) AS ttft,
          sum(given)::BIGINT AS input_tokens, sum(made)::BIGINT AS output_tokens, sum(tokens)::BIGINT AS tokens,
          sum(cost) AS cost_usd
        FROM (
          SELECT start_ns // {step} AS bucket, {group} AS grp, coalesce({counted}, false) AS counted,
            status = 'error' AS failed, duration_ns AS took,
            ttft_s AS ttft,
            CASE WHEN {own} THEN input_tokens END AS given, CASE WHEN {own} THEN output_tokens END AS made,
            CASE WHEN {own} THEN coalesce(total_tokens, input_tokens + output_tokens, input_tokens) END AS tokens,
            CASE WHEN {own} THEN cost_usd END AS cost
          FROM {source}
        ) WHERE counted OR tokens IS NOT NULL OR cost IS NOT NULL OR ttft IS NOT NULL
        GROUP BY bucket, grp ORDER BY at_ns, "group" NULLS FIRST
    """
    rows = window.ask(sql, binding.values)
    return [_point(row) for row in rows]


def times(window: Window, every: Every) -> list[int]:
    """Return the start of every hour or day of the window, in order, in which there may be a point."""
    step = STEPS[every]
    first = window.since_ns // step * step
    return list(range(first, max(window.until_ns, first + 1), step)) if every != "whole" else [window.since_ns]


def partial(window: Window, every: Every) -> frozenset[int]:
    """Return those of ``times`` of which the window has a part only: the first of them mostly, and the present one."""
    step = STEPS[every]
    return frozenset(at for at in times(window, every) if at < window.since_ns or at + step > window.until_ns)


def check_series(window: Window, every: Every, by: str | None) -> None:
    """Raise InvalidInput where there is no such split, or there would be too many points."""
    if by is not None and by not in GROUPS:
        raise InvalidInput(f"figures cannot be split by {by[:80]!r}", hint=did_you_mean(by, GROUPS))
    if (window.until_ns - window.since_ns) // STEPS[every] > MOST_POINTS:
        raise InvalidInput(f"over {MOST_POINTS:,} hours are too many points", hint="ask for days, or for less time")


def _source(window: Window, query: TraceQuery, by: str | None, binding: Binding) -> tuple[str, str]:
    """Return the SQL of the spans that are read, with its conditions, and of their group."""
    narrow = query != EVERY_TRACE
    picked = f"trace_id IN (SELECT trace_id FROM spans WHERE {chosen(query, window, binding)})" if narrow else "true"
    if by is None:
        return f"spans WHERE {picked}", "NULL::VARCHAR"
    column = field_named(by).sql
    if by in OF_CALLS:
        return f"spans WHERE {picked} AND {column} IS NOT NULL", column
    # A sender may stamp only the first span: what is below it belongs to the same group. Of several, one for each
    # service that the trace enters, the one that stands for the trace counts; else what is below would count twice.
    roots = (
        f"(SELECT trace_id AS of_trace, arg_min({column}, {STANDING}) AS of_root"
        f" FROM spans WHERE is_root AND {column} IS NOT NULL GROUP BY trace_id)"
    )
    source = f"spans LEFT JOIN {roots} ON {column} IS NULL AND trace_id = of_trace WHERE {picked}"
    return source, f"coalesce({column}, of_root)"


def _point(row: Mapping[str, object]) -> Point:
    latency, ttft = row["latency"], row["ttft"]
    p50, p95, p99 = latency if isinstance(latency, list) else (None, None, None)
    ttft_p50, ttft_p95 = ttft if isinstance(ttft, list) else (None, None)
    return Point(
        at_ns=int(str(row["at_ns"])),
        group=_text(row["group"]),
        count=int(str(row["count"])),
        errors=int(str(row["errors"])),
        p50_ns=p50,
        p95_ns=p95,
        p99_ns=p99,
        ttft_p50_s=ttft_p50,
        ttft_p95_s=ttft_p95,
        input_tokens=_integer(row["input_tokens"]),
        output_tokens=_integer(row["output_tokens"]),
        tokens=_integer(row["tokens"]),
        cost_usd=None if row["cost_usd"] is None else round(float(str(row["cost_usd"])), 9),
    )


def _integer(value: object) -> int | None:
    return None if value is None else int(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
