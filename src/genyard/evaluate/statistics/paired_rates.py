"""The difference of two paired rates: Tango's score interval and test, Newcombe's closed form."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from genyard.evaluate.statistics.bootstrap import Floats
from genyard.evaluate.statistics.estimate import Estimate, Sided, ends, tail, undefined
from genyard.evaluate.statistics.mcnemar import PairedCounts
from genyard.evaluate.statistics.proportions import wilson

Counts = Floats | NDArray[np.int64] | float

_DIFFERENCES = (-1.0, 1.0)


def tango_z(gains: Counts, losses: Counts, n: float, *, difference: Floats | float) -> Floats:
    """Score statistic of "the rates differ by ``difference``" (Tango 1998, Stat. Med. 17:891).

    Counts may be fractional: effective counts of clustered or graded pairs.
    """
    a = 2.0 * n
    b = -np.asarray(gains) - losses + (2 * n - gains + losses) * difference
    c = -np.asarray(losses) * difference * (1 - difference)
    q = (np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = n * np.maximum(2 * q + difference * (1 - difference), 0.0)
    distance = np.asarray(gains) - losses - n * difference
    # Without variance the constrained maximum is at the edge: no distance is no evidence, any other is all of it.
    empty = variance <= 1e-12 * n
    z = np.where(np.abs(distance) <= 1e-12 * n, 0.0, np.copysign(np.inf, distance))
    return np.divide(distance, np.sqrt(variance), out=np.asarray(z, dtype=np.float64), where=~empty)


def tango_p(gains: float, losses: float, n: float, *, margin: float) -> float:
    """One-sided p of non-inferiority: against "the first is worse by the margin or more"."""
    return tango_p_above(gains, losses, n, difference=-margin)


def tango_p_above(gains: float, losses: float, n: float, *, difference: float) -> float:
    """P-value against "the true difference is at most ``difference``"."""
    return float(ndtr(-tango_z(gains, losses, n, difference=difference)))


def tango_ends(gains: float, losses: float, n: float, *, error: float) -> tuple[float, float]:
    """The differences that Tango's test at one-sided ``error`` on each side does not reject."""
    z = -float(ndtri(error))

    def score(difference: Floats) -> Floats:
        return tango_z(gains, losses, n, difference=difference)

    return _falls_to(score, z), _falls_to(score, -z)


def tango_interval(counts: PairedCounts, *, alpha: float = 0.05, sided: Sided = "two") -> Estimate:
    """Interval for rate(first) - rate(second) by inverting the score test."""
    error = tail(alpha, sided)
    if counts.n == 0:
        return undefined("no pairs", method="tango", alpha=alpha, n=0, sided=sided)
    found = tango_ends(counts.only_first, counts.only_second, counts.n, error=error)
    return _interval("tango", counts, found, alpha=alpha, sided=sided)


def newcombe_interval(counts: PairedCounts, *, alpha: float = 0.05, sided: Sided = "two") -> Estimate:
    """Newcombe's method 10 (1998, Stat. Med. 17:2635): the margins' Wilson limits joined by their correlation."""
    if counts.n == 0:
        return undefined("no pairs", method="newcombe", alpha=alpha, n=0, sided=sided)
    first, second = counts.both + counts.only_first, counts.both + counts.only_second
    limits = [wilson(k, counts.n, alpha=2 * tail(alpha, sided)) for k in (first, second)]
    below, above = zip(*(_distances(limit) for limit in limits), strict=True)
    phi, d = newcombe_phi(counts), (counts.only_first - counts.only_second) / counts.n
    down = math.sqrt(max(0.0, below[0] ** 2 - 2 * phi * below[0] * above[1] + above[1] ** 2))
    up = math.sqrt(max(0.0, above[0] ** 2 - 2 * phi * above[0] * below[1] + below[1] ** 2))
    return _interval("newcombe", counts, (d - down, d + up), alpha=alpha, sided=sided)


def newcombe_phi(counts: PairedCounts) -> float:
    """Correlation of the two margins, its numerator corrected for continuity; 0 when a margin is empty."""
    a, b, c, d = counts.both, counts.only_first, counts.only_second, counts.neither
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    product = a * d - b * c
    corrected = max(product - counts.n / 2, 0.0) if product > 0 else float(product)
    return corrected / math.sqrt(margins) if margins else 0.0


def _distances(limit: Estimate) -> tuple[float, float]:
    assert limit.estimate is not None and limit.lower is not None and limit.upper is not None  # n > 0, two-sided
    return limit.estimate - limit.lower, limit.upper - limit.estimate


def _falls_to(decreasing: Callable[[Floats], Floats], level: float) -> float:
    """Where a decreasing function on [-1, 1] crosses ``level``: ten times the one cell of 64 that holds it."""
    low, high = _DIFFERENCES
    for _ in range(10):
        grid = np.linspace(low, high, 65)
        above = int(np.sum(decreasing(grid) > level))
        low, high = float(grid[max(above - 1, 0)]), float(grid[min(above, 64)])
    return low


def _interval(method: str, counts: PairedCounts, found: tuple[float, float], *, alpha: float, sided: Sided) -> Estimate:
    lower, upper = ends(*found, sided=sided, within=_DIFFERENCES)
    return Estimate(
        estimate=(counts.only_first - counts.only_second) / counts.n,
        lower=lower,
        upper=upper,
        n=counts.n,
        units=counts.n,
        method=method,
        alpha=alpha,
        sided=sided,
    )
