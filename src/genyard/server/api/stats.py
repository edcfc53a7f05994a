"""Figures by hour or day."""

from typing import Any

from fastapi import APIRouter

from genyard.core.clock import rfc3339
from genyard.observe.explorer.query_text import full_name
from genyard.observe.explorer.score_series import ScorePoint, score_series
from genyard.observe.explorer.series import Every, Point
from genyard.server.asked import AskedDep, Word
from genyard.server.guard import AppDep, GuardedRoute, needs

router = APIRouter(tags=["stats"], route_class=GuardedRoute)


@router.get("/api/projects/{project}/stats", **needs("trace:read"))
def show(asked: AskedDep, app: AppDep, every: Every = "day", by: Word = "") -> dict[str, Any]:
    """Give traffic, errors, exact percentiles of latency, usage and scores by hour or day, split ``by`` a column.

    Columns have the names of the query language.
    """
    column = full_name(by) or None
    points = app.past_days.series(asked.window, asked.query, every=every, by=column)
    scores = score_series(asked.window, asked.query, every=every, by=column)
    return {
        "by": by or None,
        "every": every,
        "points": [point_json(one) for one in points],
        "scores": [_score(one) for one in scores],
    }


def point_json(one: Point) -> dict[str, Any]:
    """Return a point as JSON, its times in milliseconds."""
    return {
        "at": rfc3339(one.at_ns),
        "cost_usd": one.cost_usd,
        "count": one.count,
        "errors": one.errors,
        "group": one.group,
        "input_tokens": one.input_tokens,
        "output_tokens": one.output_tokens,
        "p50_ms": _ms(one.p50_ns),
        "p95_ms": _ms(one.p95_ns),
        "p99_ms": _ms(one.p99_ns),
        "tokens": one.tokens,
        "ttft_p50_s": one.ttft_p50_s,
        "ttft_p95_s": one.ttft_p95_s,
    }


def _score(one: ScorePoint) -> dict[str, Any]:
    return {
        "at": rfc3339(one.at_ns),
        "count": one.count,
        "group": one.group,
        "mean": one.mean,
        "name": one.name,
    }


def _ms(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e6
