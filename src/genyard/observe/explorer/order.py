"""The order of a list of traces, and a place in it: pages follow on each other by key, not by number."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.binding import Binding

By = Literal["start", "latency", "ttft", "cost", "tokens", "score"]
ORDERS: tuple[By, ...] = get_args(By)
_KEYS: dict[By, str] = {
    "start": "start_ns",
    "latency": "duration_ns",
    "ttft": "ttft_s",
    "cost": "trace_cost",
    "tokens": "trace_tokens",
    "score": "trace_score",
}
_WHOLE: tuple[By, ...] = ("start", "latency", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Highest first, or with ``ascending`` lowest first. ``score`` names the score of ``by="score"``.

    What has no such value is not in a list in its order.
    """

    by: By = "start"
    ascending: bool = False
    score: str = ""

    @property
    def key(self) -> str:
        """The SQL of the value."""
        return _KEYS[self.by]

    @property
    def sql(self) -> str:
        way = "ASC" if self.ascending else "DESC"
        return f"{self.key} {way}, span_id {way}"

    def place(self, value: object, span_id: object) -> str:
        """Return the place of a row as the text that ``after`` reads."""
        return f"{value!r}-{span_id}"

    def after(self, place: str, binding: Binding) -> str:
        """Return the SQL of the rows behind ``place``. Raises InvalidInput for what no page gave."""
        value, span_id = self.read(place)
        sign = ">" if self.ascending else "<"
        at, last = binding.add(value), binding.add(span_id)
        return f"({self.key} {sign} {at} OR {self.key} = {at} AND span_id {sign} {last})"

    def read(self, place: str) -> tuple[float, str]:
        """Return value and span id of a place. Raises InvalidInput."""
        value, _, span_id = place.rpartition("-")
        found = _whole(value) if self.by in _WHOLE else _number(value)
        if found is None or not span_id:
            raise InvalidInput(f"{place[:80]!r} is not a place in a list", hint="take it from the page before")
        return found, span_id


NEWEST_FIRST = Order()


def read_order(text: str) -> Order:
    """Return the order that ``cost``, ``latency:asc`` or ``score.NAME`` means. Raises InvalidInput."""
    name, _, way = text.partition(":")
    by, _, score = name.partition(".")
    if way not in ("", "asc", "desc") or by not in ORDERS or (by == "score") != bool(score):
        known = ", ".join(one if one != "score" else "score.NAME" for one in ORDERS)
        raise InvalidInput(f"traces cannot be sorted by {text[:80]!r}", hint=f"by {known}; with :asc lowest first")
    return Order(by=by, ascending=way == "asc", score=score)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and text.isascii() else None
