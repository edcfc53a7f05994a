"""The record every interval comes in."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from genyard.core.errors import InvalidInput

Sided = Literal["two", "lower", "upper"]
Range = tuple[float, float]
ValueRange = tuple[float, float | None]
"""The lowest and the highest value that one score can take. None: nothing bounds it above, as a latency or a cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its noise.

    ``alpha`` is the total error: a two-sided interval leaves alpha/2 on each side, a one-sided bound all of it.
    ``n`` counts rows, ``units`` the clusters or cases that carry the interval. ``None`` is undefined, unbounded, or
    (for one-sided bounds) the side not asked for; the first two have their reason in ``warnings``. NaN is refused.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    n: int
    units: int
    method: str
    alpha: float
    sided: Sided = "two"
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(end is not None and not math.isfinite(end) for end in (self.estimate, self.lower, self.upper)):
            raise InvalidInput(f"{self.method}: an estimate must be finite or None", hint="say None and a reason")


def undefined(
    reason: str,
    *,
    method: str,
    alpha: float,
    n: int,
    units: int | None = None,
    sided: Sided = "two",
    estimate: float | None = None,
) -> Estimate:
    """An estimate without an interval, and why."""
    return Estimate(
        estimate=estimate,
        lower=None,
        upper=None,
        n=n,
        units=n if units is None else units,
        method=method,
        alpha=alpha,
        sided=sided,
        warnings=(reason,),
    )


def tail(alpha: float, sided: Sided) -> float:
    """The error on each side that is asked for."""
    if not 0 < alpha < 1:
        raise InvalidInput(f"alpha is {alpha}", hint="give an error between 0 and 1, such as 0.05")
    return alpha / 2 if sided == "two" else alpha


def closed(value_range: ValueRange | None) -> Range | None:
    """The range where it has both ends."""
    if value_range is None:
        return None
    low, high = value_range
    return None if high is None else (low, high)


def clipped(value: float, within: ValueRange | None) -> float:
    """The nearest value in the range."""
    if within is None:
        return value
    low, high = within
    return max(value, low) if high is None else min(max(value, low), high)


def ends(
    lower: float, upper: float | None, *, sided: Sided, within: ValueRange | None = None
) -> tuple[float | None, float | None]:
    """Clip to the range that the quantity cannot leave, and drop the side that was not asked for."""
    above = None if upper is None or sided == "lower" else clipped(upper, within)
    return (None if sided == "upper" else clipped(lower, within), above)


def not_finite(values: Iterable[float]) -> str | None:
    """The reason to compute nothing, if some value is NaN or infinite."""
    bad = sum(not math.isfinite(value) for value in values)
    return f"{bad} values are not finite numbers" if bad else None
