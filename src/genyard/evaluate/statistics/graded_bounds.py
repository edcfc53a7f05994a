"""Bounds of the mean of graded scores, or of graded paired differences."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from genyard.evaluate.statistics.bootstrap import RESAMPLES, Floats, order_statistic
from genyard.evaluate.statistics.bounds import TOO_NEAR, Bounds, Question, left_open, rate_bounds, units, widest, within
from genyard.evaluate.statistics.clusters import clustered_error
from genyard.evaluate.statistics.estimate import ValueRange, closed
from genyard.evaluate.statistics.means import (
    FEW_ROWS,
    MOST_DROPPED,
    STRONG_SKEW,
    all_equal,
    skewness,
    standard_error,
    studentized_deviations,
    unseen_ends,
)
from genyard.evaluate.statistics.open_ends import CAREFUL, open_ends
from genyard.evaluate.statistics.power import MOST_CASES


def score_bounds(values: Sequence[float], clusters: Sequence[str] | None, *, question: Question) -> Bounds:
    """Bounds of the mean of graded scores; ``values`` are in case order."""

    def as_rate() -> Bounds | None:
        return _as_rate(values, clusters, question=question)

    found = mean_bounds(values, clusters, question=question, guard=as_rate)
    return within(found, question.value_range)


def mean_bounds(
    values: Sequence[float],
    clusters: Sequence[str] | None,
    *,
    question: Question,
    guard: Callable[[], Bounds | None],
    endless: bool = False,
) -> Bounds:
    """t; strong skew: studentized; shared sources: cluster-robust t.

    Skewed scores that cannot be resampled, being too near 0/1 or clustered, get t bounds that are not tighter than
    ``guard``, the bounds of 0/1 scores with the same sum: among scores of one range and mean those vary most.
    Where a range without an end is declared, or ``endless`` says that there is none at all, see :mod:`open_ends`.
    """
    rows = np.asarray(values, dtype=np.float64)
    if len(rows) < 2:
        return left_open("one case has no spread: the variance cannot be estimated", values, clusters)
    if all_equal(rows):
        return equal_bounds(values, clusters, question=question)
    skewed = abs(skewness(rows)) > STRONG_SKEW
    deviations = _deviations(rows, seed=question.seed) if skewed and clusters is None else None
    se = standard_error(rows) if clusters is None else clustered_error(values, clusters).guarded or 0.0

    def at(alpha: float) -> Bounds:
        asked = replace(question, alpha=alpha)
        plain = t_bounds(values, clusters, se=se, question=asked)
        return plain if deviations is None else studentized_bounds(rows, plain, deviations, question=asked)

    if question.value_range is None and not endless:
        return at(question.alpha)
    if closed(question.value_range) is None:
        low = None if question.value_range is None else question.value_range[0]
        lumpy = skewed and clusters is None and deviations is None
        half = None if lumpy else at(CAREFUL * question.alpha)
        return open_ends(at(question.alpha), half, rows, clusters, low=low)
    guarded = guard() if skewed and deviations is None else None
    return at(question.alpha) if guarded is None else widest(at(question.alpha), guarded)


def t_bounds(values: Sequence[float], clusters: Sequence[str] | None, *, se: float, question: Question) -> Bounds:
    """mean -/+ t se, with one degree of freedom fewer than there are units."""
    mean, carried, span = math.fsum(values) / len(values), units(values, clusters), closed(question.value_range)
    half = -float(stdtrit(carried - 1, question.alpha)) * se
    distance = (mean - question.boundary) / se
    return Bounds(
        estimate=mean,
        n=len(values),
        units=carried,
        method="t" if clusters is None else "cluster-robust t",
        lower=mean - half,
        upper=mean + half,
        p_above=float(stdtr(carried - 1, -distance)),
        p_below=float(stdtr(carried - 1, distance)),
        sd=se * math.sqrt(len(values)),
        least_distance=0.0 if span is None else TOO_NEAR * (span[1] - span[0]),
    )


def _deviations(rows: Floats, *, seed: int) -> Floats | None:
    """t* of resamples; None when too many have no spread."""
    deviations = studentized_deviations(rows, seed=seed)
    return None if len(deviations) < (1 - MOST_DROPPED) * RESAMPLES else deviations


def studentized_bounds(rows: Floats, plain: Bounds, deviations: Floats, *, question: Question) -> Bounds:
    """``plain`` with t* in place of t."""
    mean, se = float(rows.mean()), standard_error(rows)
    observed = (mean - question.boundary) / se
    return replace(
        plain,
        method="studentized bootstrap",
        lower=mean - se * order_statistic(deviations, 1 - question.alpha, outward=1),
        upper=mean - se * order_statistic(deviations, question.alpha, outward=-1),
        p_above=float(1 + np.sum(deviations >= observed)) / (len(deviations) + 1),
        p_below=float(1 + np.sum(deviations <= observed)) / (len(deviations) + 1),
    )


def equal_bounds(values: Sequence[float], clusters: Sequence[str] | None, *, question: Question) -> Bounds:
    """Bounds for scores that are all equal: by how much a share of unseen cases could move the mean."""
    carried, value = units(values, clusters), values[0]
    if carried < FEW_ROWS and not question.deterministic:
        few = f"all {len(values)} scores are {value:.4g}: the variance cannot be estimated from so few equal ones"
        return left_open(few, values, clusters)
    if question.value_range is None:
        unbounded = f"all {len(values)} scores are {value:.4g} and the metric has no declared range"
        return left_open(f"{unbounded}: the variance cannot be estimated", values, clusters)
    unseen = _Unseen(value=value, units=carried, value_range=question.value_range)
    lower, upper = unseen_ends(value, carried, error=question.alpha, value_range=question.value_range)
    endless = (
        f"all {len(values)} scores are {value:.4g} and nothing bounds the metric above, so they do not bound its mean"
    )
    return Bounds(
        estimate=value,
        n=len(values),
        units=carried,
        method="a case that differs",
        lower=lower,
        upper=upper,
        p_above=unseen.p(value - question.boundary, unseen.below),
        p_below=None if unseen.above is None else unseen.p(question.boundary - value, unseen.above),
        least_n=unseen.fewest(question, rows=len(values)),
        open_because=endless if upper is None else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unseen:
    value: float
    units: int
    value_range: ValueRange

    @property
    def below(self) -> float:
        """How far under ``value`` an unseen unit may be."""
        return self.value - self.value_range[0]

    @property
    def above(self) -> float | None:
        """How far over it; None: nothing bounds it."""
        return None if self.value_range[1] is None else self.value_range[1] - self.value

    def p(self, gap: float, reach: float) -> float:
        """P(seeing only equal units) when the unseen ones, ``reach`` away, move the mean by ``gap``."""
        if gap < 0 or gap == 0 < reach:
            return 1.0
        return 0.0 if gap >= reach else (1 - gap / reach) ** self.units

    def fewest(self, question: Question, *, rows: int) -> int:
        gap = abs(self.value - question.boundary)
        reach = self.below if self.value >= question.boundary else self.above
        if gap == 0 or reach is None:
            return MOST_CASES + 1
        if gap >= reach:
            return 0
        return math.ceil(math.log(question.alpha) / math.log1p(-gap / reach) * rows / self.units)


def _as_rate(values: Sequence[float], clusters: Sequence[str] | None, *, question: Question) -> Bounds | None:
    span = closed(question.value_range)
    if span is None:
        return None
    low, width = span[0], span[1] - span[0]
    scaled = [(value - low) / width for value in values]
    found = rate_bounds(scaled, clusters, question=replace(question, boundary=(question.boundary - low) / width))
    lower, upper = found.lower or 0.0, 1.0 if found.upper is None else found.upper
    return replace(found, lower=low + width * lower, upper=low + width * upper, least_n=0)
