"""Room to the limit: the interval of a condition drawn so that the limit stands at one place in every row.

The failing side is always left. For a rule ``at most`` the axis is flipped. Each row has its own scale, so figures
stand beside it.
"""

import math
from dataclasses import dataclass

LIMIT_X = 70.0
"""Where the limit stands in the 200 wide picture."""
_RIGHT = 190.0
_LEFT = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Places in a picture 200 wide, as text. Empty where the value is not known."""

    tone: str
    low: str
    point: str
    high: str
    live: str
    label: str
    """The same in words, for those who do not see the picture."""


def room(
    *,
    tone: str,
    label: str,
    limit: float | None,
    estimate: float | None,
    lower: float | None,
    upper: float | None,
    live: float | None,
    at_most: bool,
) -> Room | None:
    """Return the picture of one condition, or None where there is no limit or no estimate to draw."""
    sign = -1.0 if at_most else 1.0
    if not _known(limit) or not _known(estimate):
        return None
    low, point, high, wedge = (_distance(one, limit, sign) for one in (lower, estimate, upper, live))
    if at_most:
        low, high = high, low
    reach = [one for one in (low, point, high, wedge) if one is not None]
    scale = _scale(reach)
    return Room(
        tone=tone,
        low=_x(low, scale),
        point=_x(point, scale),
        high=_x(high, scale),
        live=_x(wedge, scale),
        label=label,
    )


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _distance(value: float | None, limit: float | None, sign: float) -> float | None:
    if value is None or limit is None or not math.isfinite(value):
        return None
    return sign * (value - limit)


def _scale(distances: list[float]) -> float:
    """Return the units of the picture per unit of the metric, so that everything fits on both sides."""
    right = max([one for one in distances if one > 0], default=0.0)
    left = -min([one for one in distances if one < 0], default=0.0)
    fits = [(_RIGHT - LIMIT_X) / right] if right else []
    fits += [(LIMIT_X - _LEFT) / left] if left else []
    scale = min(fits, default=1.0)
    return scale if math.isfinite(scale) else 1.0


def _x(distance: float | None, scale: float) -> str:
    return "" if distance is None else f"{LIMIT_X + distance * scale:.1f}"
