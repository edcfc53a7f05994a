"""The figures of an evaluation: each metric with its interval, n, and the difference that n can see."""

from collections.abc import Sequence
from dataclasses import dataclass

from genyard.core.canonical import JsonObject
from genyard.core.records import Direction
from genyard.develop.scorers import Scorer
from genyard.evaluate.scoring import Judgement
from genyard.evaluate.statistics.cases import CaseScore, case_means
from genyard.evaluate.statistics.estimate import Estimate
from genyard.evaluate.statistics.quantiles import quantile_interval
from genyard.evaluate.statistics.shown import shown_interval

ALPHA = 0.05
_Z_TWO_SIDED = 1.959964
_Z_DETECT = 1.644854 + 0.841621
"""One-sided error 5 % and power 80 %: the sum of their normal quantiles (docs/design/statistics.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReport:
    """One metric of one evaluation. ``detectable`` is the loss that a gate on this n would see 4 times in 5."""

    metric: str
    direction: Direction
    repeats: int
    estimate: Estimate
    detectable: float | None

    def as_json(self) -> JsonObject:
        found = self.estimate
        return {
            "alpha": found.alpha,
            "detectable": self.detectable,
            "direction": self.direction,
            "lower": found.lower,
            "mean": found.estimate,
            "method": found.method,
            "metric": self.metric,
            "n": found.n,
            "repeats": self.repeats,
            "units": found.units,
            "upper": found.upper,
            "warnings": list(found.warnings),
        }


def report(scorer: Scorer, judgements: Sequence[Judgement], *, repeats: int, seed: int) -> list[MetricReport]:
    """Return the mean of a metric over cases; for latencies also the 95th percentile over answers."""
    mean = shown_interval(rows_of(judgements), seed=seed, value_range=scorer.value_range, alpha=ALPHA)
    found = [_metric(scorer.name, scorer.direction, repeats, mean)]
    if scorer.name == "latency_s":
        values = [one.score.value for one in judgements if one.score.value is not None]
        p95 = quantile_interval(values, 0.95, alpha=ALPHA)
        found.append(_metric("latency_s p95", scorer.direction, repeats, p95))
    return found


def rows_of(judgements: Sequence[Judgement]) -> tuple[CaseScore, ...]:
    """Return one row a case, its repeats averaged."""
    return case_means([one.as_repeat() for one in judgements])


def _metric(name: str, direction: Direction, repeats: int, found: Estimate) -> MetricReport:
    seen = None
    if found.lower is not None and found.upper is not None:
        seen = (found.upper - found.lower) / 2 / _Z_TWO_SIDED * _Z_DETECT
    return MetricReport(metric=name, direction=direction, repeats=repeats, estimate=found, detectable=seen)
