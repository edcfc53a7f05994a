"""One rate of independent 0/1 rows: Wilson to show, Clopper-Pearson to promise."""

import math
from collections.abc import Sequence

from scipy.special import betainc, betaincc, betaincinv, ndtri

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.estimate import Estimate, Range, Sided, ValueRange, ends, tail

UNIT: Range = (0.0, 1.0)
NO_ROWS = "no rows: the rate can be anything"


def is_zero_one(values: Sequence[float], *, value_range: ValueRange | None = None) -> bool:
    """Whether the values are 0/1 data. A declared range other than 0 to 1 says that they only happen to look so."""
    return value_range in (None, UNIT) and all(value in (0, 1) for value in values)


def wilson(successes: int, n: int, *, alpha: float = 0.05, sided: Sided = "two") -> Estimate:
    """Wilson score interval (1927, JASA 22:209). Right on average, dips below 1 - alpha at some rates."""
    error = tail(alpha, sided)
    _check_counts(successes, n)
    if n == 0:
        return _no_rows("wilson", alpha=alpha, sided=sided)
    low, high = score_ends(successes, n, error=error)
    return _rate("wilson", successes, n, low, high, alpha=alpha, sided=sided)


def score_ends(successes: float, n: float, *, error: float) -> Range:
    """Wilson's ends; counts as in :func:`exact_lower`."""
    z = -float(ndtri(error))
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return 0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half


def clopper_pearson(successes: int, n: int, *, alpha: float = 0.05, sided: Sided = "two") -> Estimate:
    """Exact interval (Clopper and Pearson 1934, Biometrika 26:404). Covers at least 1 - alpha at every rate."""
    error = tail(alpha, sided)
    _check_counts(successes, n)
    if n == 0:
        return _no_rows("clopper-pearson", alpha=alpha, sided=sided)
    low, high = exact_lower(successes, n, error=error), exact_upper(successes, n, error=error)
    return _rate("clopper-pearson", successes, n, low, high, alpha=alpha, sided=sided)


def exact_lower(successes: float, n: float, *, error: float) -> float:
    """Clopper-Pearson lower bound. Counts may be fractional: effective counts of clustered or graded rows."""
    return 0.0 if successes <= 0 else float(betaincinv(successes, n - successes + 1, error))


def exact_upper(successes: float, n: float, *, error: float) -> float:
    """Clopper-Pearson upper bound; counts as in :func:`exact_lower`."""
    return 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1 - error))


def exact_p_above(successes: float, n: float, *, threshold: float) -> float:
    """P(at least this many successes) when the rate is ``threshold``: the p-value against "rate <= threshold"."""
    return 1.0 if successes <= 0 else float(betainc(successes, n - successes + 1, min(max(threshold, 0.0), 1.0)))


def exact_p_below(successes: float, n: float, *, threshold: float) -> float:
    """P(at most this many successes) when the rate is ``threshold``: the p-value against "rate >= threshold"."""
    return 1.0 if successes >= n else float(betaincc(successes + 1, n - successes, min(max(threshold, 0.0), 1.0)))


def smallest_passing_n(threshold: float, *, alpha: float = 0.05) -> int | None:
    """The fewest rows with which a perfect score passes ``at_least threshold``; None when none can."""
    tail(alpha, "lower")
    if threshold >= 1:
        return None
    if threshold <= 0:
        return 1
    n = max(1, math.floor(math.log(alpha) / math.log(threshold)))
    while threshold**n > alpha:
        n += 1
    return n


def _rate(method: str, successes: int, n: int, low: float, high: float, *, alpha: float, sided: Sided) -> Estimate:
    lower, upper = ends(low, high, sided=sided, within=UNIT)
    return Estimate(
        estimate=successes / n, lower=lower, upper=upper, n=n, units=n, method=method, alpha=alpha, sided=sided
    )


def _no_rows(method: str, *, alpha: float, sided: Sided) -> Estimate:
    lower, upper = ends(0.0, 1.0, sided=sided)
    return Estimate(
        estimate=None,
        lower=lower,
        upper=upper,
        n=0,
        units=0,
        method=method,
        alpha=alpha,
        sided=sided,
        warnings=(NO_ROWS,),
    )


def _check_counts(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise InvalidInput(f"{successes} successes in {n} rows", hint="count successes between 0 and n")
