"""A quantile by nearest rank, with an interval that assumes nothing about the distribution."""

import math
from collections.abc import Sequence

from scipy.special import bdtr, bdtrc

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.estimate import Estimate, tail, undefined


def quantile_interval(values: Sequence[float], quantile: float, *, alpha: float = 0.05) -> Estimate:
    """x_(ceil(np)) between two order statistics (David and Nagaraja 2003, section 7.1).

    An infinite value is a row that never came back (a timeout): it counts as larger than all others.
    """
    if any(math.isnan(value) for value in values):
        return undefined("some values are not numbers", method="order statistics", alpha=alpha, n=len(values))
    if not values:
        return undefined("no rows", method="order statistics", alpha=alpha, n=0)
    ordered, n = sorted(values), len(values)
    low, high = order_statistic_ranks(n, quantile, alpha=alpha)
    picked = [_at(ordered, rank) for rank in (math.ceil(n * quantile - 1e-9), low, high)]
    return Estimate(
        estimate=picked[0],
        lower=picked[1],
        upper=picked[2],
        n=n,
        units=n,
        method="order statistics",
        alpha=alpha,
        warnings=_warnings(ordered, picked),
    )


def order_statistic_ranks(n: int, quantile: float, *, alpha: float = 0.05) -> tuple[int | None, int | None]:
    """1-based ranks of the ends: the largest l with P(Bin < l) <= alpha/2, the smallest u with P(Bin >= u) <= alpha/2.

    None: too few rows to bound that side.
    """
    error = tail(alpha, "two")
    if not 0 < quantile < 1:
        raise InvalidInput(f"quantile is {quantile}", hint="give a number between 0 and 1, such as 0.95")
    low = next((rank for rank in range(_start(n, quantile), 0, -1) if bdtr(rank - 1, n, quantile) <= error), None)
    above = range(_start(n, quantile), n + 1)
    high = next((rank for rank in above if bdtrc(rank - 1, n, quantile) <= error), None)
    return low, high


def _start(n: int, quantile: float) -> int:
    return max(1, math.ceil(n * quantile))


def _at(ordered: list[float], rank: int | None) -> float | None:
    value = None if rank is None else ordered[max(rank, 1) - 1]
    return value if value is not None and math.isfinite(value) else None


def _warnings(ordered: list[float], picked: list[float | None]) -> tuple[str, ...]:
    names = ("the quantile", "the lower end", "the upper end")
    endless = [name for name, value in zip(names, picked, strict=True) if value is None]
    if not endless:
        return ()
    finite = [value for value in ordered if math.isfinite(value)]
    seen = f"; the largest value seen is {finite[-1]:g}" if finite else ""
    return (f"{' and '.join(endless)}: not bounded by {len(ordered)} rows{seen}",)
