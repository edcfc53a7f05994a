"""Numbers as people read them: units, signs, groups, intervals. Nothing here ever prints NaN."""

import math
from collections.abc import Sequence

from genyard.core import figures

MINUS = "\u2212"
MISSING = figures.MISSING
plural = figures.plural
size = figures.size
_NS_PER_MS = 1_000_000


def duration(duration_ns: int | None) -> str:
    """Return nanoseconds as ``724 ms``, ``2.84 s`` or ``3 min 12 s``."""
    if duration_ns is None:
        return MISSING
    seconds = duration_ns / 1e9
    if seconds >= 3599.5:
        minutes = round(seconds / 60)
        return f"{minutes // 60} h {minutes % 60} min"
    if seconds >= 59.95:
        return f"{round(seconds) // 60} min {round(seconds) % 60} s"
    if seconds >= 0.9995:
        return f"{significant(seconds)} s"
    return f"{milliseconds(duration_ns / _NS_PER_MS)} ms"


def milliseconds(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 or value == 0 else f"{value:.2g}" if value >= 0.01 else "< 0.01"


def significant(value: float, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` significant digits and no exponent."""
    if value == 0:
        return "0"
    power = int(f"{value:.{digits - 1}e}".partition("e")[2])  # after rounding: 0.9996 is 1.00
    return f"{value:,.{max(0, digits - 1 - power)}f}"


def count(value: int | None) -> str:
    return MISSING if value is None else f"{value:,}"


def money(usd: float | None) -> str:
    """Return US dollars with up to 4 decimals; less than that is said to be less."""
    if usd is None or not math.isfinite(usd):
        return MISSING
    if 0 < abs(usd) < 0.00005:
        return "< $0.0001"
    return f"${usd:,.2f}" if abs(usd) >= 10 else f"${usd:,.4f}"


def decimals(values: Sequence[float | None]) -> int:
    """Return how many decimals tell these values apart: 3 for rates, more for small sums, fewer for large ones."""
    largest = max((abs(one) for one in values if one is not None and math.isfinite(one)), default=0.0)
    if largest == 0 or 0.01 <= largest <= 1:
        return 3
    power = math.floor(math.log10(largest))
    return max(0, 2 - power) if largest > 1 else min(9, 1 - power)


def figure(value: float | None, *, places: int = 3, metric: str = "", signed: bool = False) -> str:
    """Return a metric's value with its unit, which its name tells (``_s`` seconds, ``_usd`` dollars)."""
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = f"{abs(value):,.{places}f}"
    zero = not rounded.strip("0.,")
    sign = MINUS if value < 0 and not zero else "+" if signed and not zero else ""
    dollars = "$" if metric.endswith("_usd") else ""
    return f"{sign}{dollars}{rounded}{' s' if metric.endswith('_s') else ''}"


def interval(lower: float | None, upper: float | None, *, places: int = 3, signed: bool = False) -> str:
    """Return ``[0.711, 0.772]``; a side that is missing is ``—``, and both missing is ``—`` alone."""
    return figures.interval(lower, upper, figure=lambda one: figure(one, places=places, signed=signed))
