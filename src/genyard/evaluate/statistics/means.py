"""One mean of independent rows: t, BCa, studentized bootstrap, and which of them to show."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import stdtrit

from genyard.evaluate.statistics.bootstrap import (
    RESAMPLES,
    Floats,
    acceleration,
    bca_levels,
    bootstrap_means,
    bootstrap_t,
    in_key_order,
    order_statistic,
    resample_counts,
    share_below,
)
from genyard.evaluate.statistics.estimate import Estimate, Sided, ValueRange, ends, not_finite, tail, undefined
from genyard.evaluate.statistics.proportions import is_zero_one, wilson

FEW_ROWS = 30  # below it BCa and percentile intervals are too narrow (Hesterberg 2015, section 4)
MANY_ROWS = 2_000  # above it t and BCa agree to the third figure, and t is free
STRONG_SKEW = 1.0
MOST_DROPPED = 0.05


def t_interval(
    values: Sequence[float], *, alpha: float = 0.05, sided: Sided = "two", value_range: ValueRange | None = None
) -> Estimate:
    """Student's t. Ends are clipped to ``value_range``; rows that are all equal get :func:`unseen_share`'s interval."""
    rows = np.asarray(values, dtype=np.float64)
    refused = _refuse(rows, method="t", alpha=alpha, sided=sided, value_range=value_range)
    if refused is not None:
        return refused
    half = -float(stdtrit(len(rows) - 1, tail(alpha, sided))) * standard_error(rows)
    mean = float(rows.mean())
    return _interval("t", rows, (mean - half, mean + half), alpha=alpha, sided=sided, value_range=value_range)


def bca_interval(
    values: Sequence[float],
    *,
    keys: Sequence[str],
    seed: int,
    alpha: float = 0.05,
    sided: Sided = "two",
    value_range: ValueRange | None = None,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Bias-corrected and accelerated bootstrap (Efron 1987; Efron and Tibshirani 1993, chapter 14)."""
    rows = in_key_order(values, keys)
    refused = _refuse(rows, method="bca", alpha=alpha, sided=sided, value_range=value_range)
    if refused is not None:
        return refused
    blocks = resample_counts(len(rows), resamples=resamples, seed=seed)
    shifts = np.sort(np.concatenate([bootstrap_means(rows, counts) for counts in blocks]))
    error = tail(alpha, sided)
    mean = float(rows.mean())
    below = share_below(shifts, scale=float(np.max(np.abs(rows - mean))))
    low, high = bca_levels(below, acceleration(rows), errors=(error, error))
    found = (mean + order_statistic(shifts, low, outward=-1), mean + order_statistic(shifts, high, outward=1))
    return _interval("bca", rows, found, alpha=alpha, sided=sided, value_range=value_range)


def studentized_interval(
    values: Sequence[float],
    *,
    keys: Sequence[str],
    seed: int,
    alpha: float = 0.05,
    sided: Sided = "two",
    value_range: ValueRange | None = None,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Studentized bootstrap (Efron and Tibshirani 1993, chapter 12); t when over 5 % of resamples have no spread."""
    rows = in_key_order(values, keys)
    refused = _refuse(rows, method="studentized", alpha=alpha, sided=sided, value_range=value_range)
    if refused is not None:
        return refused
    deviations = studentized_deviations(rows, seed=seed, resamples=resamples)
    dropped = resamples - len(deviations)
    warning = (f"{dropped} of {resamples} resamples had no spread and were dropped",) if dropped else ()
    if dropped > MOST_DROPPED * resamples:
        fallback = t_interval(rows.tolist(), alpha=alpha, sided=sided, value_range=value_range)
        return _with_warnings(fallback, (*warning, "so this is a t interval"))
    mean, se, error = float(rows.mean()), standard_error(rows), tail(alpha, sided)
    low = mean - se * order_statistic(deviations, 1 - error, outward=1)
    high = mean - se * order_statistic(deviations, error, outward=-1)
    found = _interval("studentized", rows, (low, high), alpha=alpha, sided=sided, value_range=value_range)
    return _with_warnings(found, warning)


def mean_interval(
    values: Sequence[float],
    *,
    keys: Sequence[str],
    seed: int,
    value_range: ValueRange | None = None,
    alpha: float = 0.05,
) -> Estimate:
    """The two-sided interval to show for one mean of independent cases.

    0/1 rows: Wilson. Strong skew: studentized. Fewer than 30 rows: t. Up to 2,000: BCa. More: t.
    """
    if len(values) and is_zero_one(values, value_range=value_range):
        return wilson(int(sum(values)), len(values), alpha=alpha)
    return graded_interval(values, keys=keys, seed=seed, value_range=value_range, alpha=alpha)


def graded_interval(
    values: Sequence[float],
    *,
    keys: Sequence[str],
    seed: int,
    value_range: ValueRange | None = None,
    alpha: float = 0.05,
) -> Estimate:
    """:func:`mean_interval` for values that are no rate even when all of them are 0 and 1, such as differences."""
    rows = in_key_order(values, keys)
    ordered, names = rows.tolist(), sorted(keys)
    if len(rows) < 3 or not_finite(ordered) or all_equal(rows):
        return t_interval(ordered, alpha=alpha, value_range=value_range)
    if abs(skewness(rows)) > STRONG_SKEW:
        return studentized_interval(ordered, keys=names, seed=seed, alpha=alpha, value_range=value_range)
    if FEW_ROWS <= len(rows) <= MANY_ROWS:
        return bca_interval(ordered, keys=names, seed=seed, alpha=alpha, value_range=value_range)
    return t_interval(ordered, alpha=alpha, value_range=value_range)


def studentized_deviations(rows: Floats, *, seed: int, resamples: int = RESAMPLES) -> Floats:
    """Sorted t* of the resamples that have spread."""
    blocks = resample_counts(len(rows), resamples=resamples, seed=seed)
    return np.sort(np.concatenate([bootstrap_t(rows, counts) for counts in blocks]))


def standard_error(rows: Floats) -> float:
    """s / sqrt(n), s with n - 1; needs two rows."""
    return float(rows.std(ddof=1)) / math.sqrt(len(rows))


def skewness(rows: Floats) -> float:
    """Third standardized moment of the sample; 0 when all rows are equal."""
    if all_equal(rows):
        return 0.0
    centred = rows - rows.mean()
    scaled = centred / np.max(np.abs(centred))  # so that no power underflows
    return float(np.mean(scaled**3) / np.mean(scaled**2) ** 1.5)


def all_equal(rows: Floats) -> bool:
    """Whether the rows differ by no more than rounding."""
    return bool(np.ptp(rows) <= 1e-12 * np.max(np.abs(rows)))


def unseen_share(units: int, *, error: float) -> float:
    """The largest share of differing units that equal ones do not rule out: 1 - error^(1/units), about 3/n."""
    return -math.expm1(math.log(error) / units)


def unseen_ends(value: float, units: int, *, error: float, value_range: ValueRange) -> tuple[float, float | None]:
    """Where the mean can lie when every unit showed ``value`` and the unseen share sits at an end of the range.

    Without a highest value there is no upper end. The lower one stays exact: by Markov's inequality a mean below it
    gives a unit of ``value`` or more with a probability below error^(1/units).
    """
    share, (low, high) = unseen_share(units, error=error), value_range
    return value - share * (value - low), None if high is None else value + share * (high - value)


def _refuse(
    rows: Floats, *, method: str, alpha: float, sided: Sided, value_range: ValueRange | None
) -> Estimate | None:
    """The answer for rows that have no variance to go by."""
    n = len(rows)
    tail(alpha, sided)
    if n == 0:
        return undefined("no rows", method=method, alpha=alpha, n=0, sided=sided)
    bad = not_finite(rows.tolist())
    if bad:
        return undefined(bad, method=method, alpha=alpha, n=n, sided=sided)
    mean = float(rows.mean())
    if n == 1:
        return undefined("one row has no spread", method=method, alpha=alpha, n=1, sided=sided, estimate=mean)
    if not all_equal(rows):
        return None
    reason = f"all {n} rows are equal: no variation seen"
    if value_range is None:
        return undefined(reason, method=method, alpha=alpha, n=n, sided=sided, estimate=mean)
    found = unseen_ends(mean, n, error=alpha, value_range=value_range)
    answer = _interval("a row that differs", rows, found, alpha=alpha, sided=sided, value_range=value_range)
    return _with_warnings(answer, (reason, *no_upper_end(found)))


def no_upper_end(found: tuple[float, float | None]) -> tuple[str, ...]:
    """The warning where equal rows of a score without a highest value leave the mean open above."""
    return () if found[1] is not None else ("nothing bounds the score above, so equal rows do not bound its mean",)


def _interval(
    method: str,
    rows: Floats,
    found: tuple[float, float | None],
    *,
    alpha: float,
    sided: Sided,
    value_range: ValueRange | None,
) -> Estimate:
    lower, upper = ends(*found, sided=sided, within=value_range)
    n = len(rows)
    mean = float(rows.mean())
    return Estimate(estimate=mean, lower=lower, upper=upper, n=n, units=n, method=method, alpha=alpha, sided=sided)


def _with_warnings(found: Estimate, warnings: tuple[str, ...]) -> Estimate:
    return replace(found, warnings=found.warnings + warnings)
