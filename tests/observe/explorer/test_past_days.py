"""Days that are over: read once, and never told as they were before."""

import pytest
from tests.store.lake_rows import AT_NS, Fields, keep, span

from genyard.observe.explorer.past_days import PastDays
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.series import Every, series
from genyard.observe.explorer.window import DAY_NS, HOUR_NS, Window
from genyard.store.lake import Lake

DAY = AT_NS - AT_NS % DAY_NS
DAYS = 6


def asked(number: int, day: int, took_ns: int, **columns: str) -> Fields:
    at = DAY + day * DAY_NS + number
    return span(number, trace_id=f"{number:032x}", is_root=True, start_ns=at, duration_ns=took_ns) | columns


def window(lake: Lake) -> Window:
    """Begins and ends within a day."""
    return Window(lake=lake, project="acme", since_ns=DAY + HOUR_NS // 2, until_ns=DAY + DAYS * DAY_NS - HOUR_NS)


@pytest.mark.parametrize("every", ["hour", "day", "whole"])
@pytest.mark.parametrize("by", [None, "model", "release"])
def test_the_figures_are_those_of_the_series_each_time(lake: Lake, every: Every, by: str | None) -> None:
    past = PastDays()
    rows = [asked(number, number % DAYS, number, response_model=f"m{number % 2}") for number in range(1, 60)]
    for part in (rows[:40], rows[40:], [rows[10] | {"duration_ns": 9_999}]):
        keep(lake, *part)
        for query in ("", "model:m1"):
            found = past.series(window(lake), read_query(query), every=every, by=by)
            assert found == series(window(lake), read_query(query), every=every, by=by)
    lake.flush()
    assert past.series(window(lake), every=every, by=by) == series(window(lake), every=every, by=by)


def test_a_day_that_stayed_as_it_was_is_not_read_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    past = PastDays()
    keep(lake, *(asked(number, number % DAYS, number) for number in range(1, 20)))
    past.series(window(lake))
    keep(lake, asked(99, 2, 5))
    read: list[tuple[int, int]] = []
    ask = Window.ask

    def watched(self: Window, sql: str, values: dict[str, object], *, table: str = "spans") -> list[dict[str, object]]:
        if "quantile" in sql:
            read.append(((self.since_ns - DAY) // DAY_NS, (self.until_ns - DAY) // DAY_NS))
        return ask(self, sql, values, table=table)

    monkeypatch.setattr(Window, "ask", watched)
    past.series(window(lake))
    assert read == [(0, 1), (5, 5), (2, 3)]
