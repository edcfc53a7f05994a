"""Figures of days that are over, kept in memory: their spans seldom change and are asked for again and again."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import groupby

from genyard.observe.explorer.series import Every, Point, series
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery
from genyard.observe.explorer.window import DAY_NS, Window

MOST_DAYS = 2_000
_SPLITS = (None, "model", "operation")
"""Splits that look at nothing outside the day: others look for a span's first span, which may be of the day before."""

_Key = tuple[str, int, Every, str | None]
_State = tuple[int, int]
"""How many spans a day has, and its newest arrival. What is sent, sent again or erased changes one of them."""


class PastDays:
    """``series`` that reads a whole day once for as long as it stays as it is. Safe to use from many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, tuple[_State, list[Point]]] = OrderedDict()
        self._changing = threading.Lock()

    def series(
        self, window: Window, query: TraceQuery = EVERY_TRACE, *, every: Every = "day", by: str | None = None
    ) -> list[Point]:
        """Return what ``series`` returns, and raise what it raises."""
        first = -(-window.since_ns // DAY_NS) * DAY_NS
        last = window.until_ns // DAY_NS * DAY_NS
        if query != EVERY_TRACE or every == "whole" or by not in _SPLITS or last - first < 2 * DAY_NS:
            return series(window, query, every=every, by=by)
        before = series(window.within(window.since_ns, first), every=every, by=by) if window.since_ns < first else []
        after = series(window.within(last, window.until_ns), every=every, by=by) if last < window.until_ns else []
        return [*before, *self._whole_days(window.within(first, last), every, by), *after]

    def _whole_days(self, window: Window, every: Every, by: str | None) -> list[Point]:
        states = _states(window)
        found = self._known(window, states, every, by)
        for run in _runs(sorted(states.keys() - found.keys())):
            part = window.within(run[0], run[-1] + DAY_NS)
            points = series(part, every=every, by=by)
            for day in run:
                found[day] = [one for one in points if one.at_ns // DAY_NS * DAY_NS == day]
        self._keep(window, states, found, every, by)
        return [point for day in sorted(found) for point in found[day]]

    def _known(self, window: Window, states: dict[int, _State], every: Every, by: str | None) -> dict[int, list[Point]]:
        with self._changing:
            kept = {day: self._kept.get((window.project, day, every, by)) for day in states}
        return {day: one[1] for day, one in kept.items() if one is not None and one[0] == states[day]}

    def _keep(
        self, window: Window, states: dict[int, _State], found: dict[int, list[Point]], every: Every, by: str | None
    ) -> None:
        with self._changing:
            for day, points in found.items():
                key = (window.project, day, every, by)
                self._kept[key] = (states[day], points)
                self._kept.move_to_end(key)
            while len(self._kept) > MOST_DAYS:
                self._kept.popitem(last=False)


def _states(window: Window) -> dict[int, _State]:
    """Return the state of each day that has spans."""
    sql = "SELECT start_ns // $day AS day, count(*) AS spans, max(arrival) AS newest FROM spans GROUP BY 1"
    rows = window.ask(sql, {"day": DAY_NS})
    return {int(str(row["day"])) * DAY_NS: (int(str(row["spans"])), int(str(row["newest"]))) for row in rows}


def _runs(days: Sequence[int]) -> Iterable[list[int]]:
    """Yield days that follow on each other together."""
    for _, run in groupby(enumerate(days), key=lambda one: one[1] - one[0] * DAY_NS):
        yield [day for _, day in run]
