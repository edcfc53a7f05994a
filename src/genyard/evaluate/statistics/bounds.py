"""What a gate goes by: two one-sided bounds of one quantity, exact or conservative where such bounds exist."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from genyard.evaluate.statistics.clusters import effective_share, rate_mass
from genyard.evaluate.statistics.estimate import ValueRange, clipped, not_finite
from genyard.evaluate.statistics.power import MOST_CASES
from genyard.evaluate.statistics.proportions import (
    exact_lower,
    exact_p_above,
    exact_p_below,
    exact_upper,
    smallest_passing_n,
)

TOO_NEAR = 0.005  # of the range: nearer to the boundary than this, more cases are not worth asking for


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The boundary a quantity is held against, the error each side may have, and what may be assumed of its cases.

    ``value_range`` is the range of one score; without one nothing bounds it on either side. ``deterministic`` declares
    that asking again gives the same scores, so that fewer than 30 equal ones may decide. ``seed`` feeds the bootstrap
    of skewed scores.
    """

    boundary: float
    alpha: float
    value_range: ValueRange | None = None
    deterministic: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """One-sided bounds of a quantity, each with error alpha, and the p-values against a boundary.

    ``p_above`` is against "the quantity is at most the boundary", ``p_below`` against "at least". ``sd`` is that of one
    case with clustering counted in, ``least_n`` the fewest cases that can decide at all, and an estimate nearer to the
    boundary than ``least_distance`` is not worth more cases: these are for planning.
    A side without a bound is None; ``open_because`` says why.
    """

    estimate: float | None
    n: int
    units: int
    method: str
    lower: float | None = None
    upper: float | None = None
    p_above: float | None = None
    p_below: float | None = None
    sd: float = 0.0
    least_n: int = 0
    least_distance: float = 0.0
    open_because: str | None = None


def no_bounds(values: Sequence[float], clusters: Sequence[str] | None) -> Bounds | None:
    """The answer for rows that cannot carry bounds at all."""
    reason = not_finite(values)
    if not values:
        reason = "no case is scored"
    elif clusters is not None and len(set(clusters)) == 1:
        reason = "all cases share one source, so the variance cannot be estimated"
    return None if reason is None else left_open(reason, values, clusters)


def left_open(reason: str, values: Sequence[float], clusters: Sequence[str] | None) -> Bounds:
    """No bounds, and why."""
    known = bool(values) and not not_finite(values)
    mean = math.fsum(values) / len(values) if known else None
    return Bounds(estimate=mean, n=len(values), units=units(values, clusters), method="none", open_because=reason)


def rate_bounds(values: Sequence[float], clusters: Sequence[str] | None, *, question: Question) -> Bounds:
    """Clopper-Pearson on the sum of values between 0 and 1, exact for 0/1 rows.

    With clusters on effective counts, see :func:`effective_share`.
    """
    share = effective_share(values, clusters, mass=rate_mass(values), error=question.alpha)
    n, right = len(values) * share, math.fsum(values) * share
    rate, boundary = right / n, question.boundary
    fewest = smallest_passing_n(boundary if rate >= boundary else 1 - boundary, alpha=question.alpha)
    return Bounds(
        estimate=rate,
        n=len(values),
        units=units(values, clusters),
        method="clopper-pearson" if clusters is None else "clopper-pearson on effective counts",
        lower=exact_lower(right, n, error=question.alpha),
        upper=exact_upper(right, n, error=question.alpha),
        p_above=exact_p_above(right, n, threshold=boundary),
        p_below=exact_p_below(right, n, threshold=boundary),
        sd=math.sqrt(rate * (1 - rate) / share),
        least_n=MOST_CASES + 1 if fewest is None else math.ceil(fewest / share),
        least_distance=TOO_NEAR,
    )


def units(values: Sequence[float], clusters: Sequence[str] | None) -> int:
    """What carries the bounds: cases, or the clusters they share."""
    return len(values) if clusters is None else len(set(clusters))


def within(found: Bounds, value_range: ValueRange | None) -> Bounds:
    """The bounds clipped to the range that the quantity cannot leave."""
    lower, upper = (None if end is None else clipped(end, value_range) for end in (found.lower, found.upper))
    return replace(found, lower=lower, upper=upper)


def widest(first: Bounds, second: Bounds) -> Bounds:
    """The bounds that both methods grant. The estimate and what is for planning are the first one's."""
    return Bounds(
        estimate=first.estimate,
        n=first.n,
        units=first.units,
        method=f"{first.method}, not tighter than {second.method}",
        lower=_pick(min, first.lower, second.lower),
        upper=_pick(max, first.upper, second.upper),
        p_above=_pick(max, first.p_above, second.p_above),
        p_below=_pick(max, first.p_below, second.p_below),
        sd=first.sd,
        least_n=max(first.least_n, second.least_n),
        least_distance=first.least_distance,
    )


def _pick(choose: Callable[[float, float], float], first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else choose(first, second)
