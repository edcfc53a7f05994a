"""Figures by hour and day."""

import statistics

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.lake_rows import AT_NS, Fields, keep, span

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.series import partial, series
from genyard.observe.explorer.window import DAY_NS, HOUR_NS, Window
from genyard.store.lake import Lake

DAY = AT_NS - AT_NS % DAY_NS


def root(number: int, at_ns: int, took_ns: int, **columns: str | int | float) -> Fields:
    return span(
        number, trace_id=f"{number:032x}", is_root=True, start_ns=at_ns, duration_ns=took_ns, status="ok", **columns
    )


def call(number: int, trace: int, at_ns: int, **columns: str | int | float) -> Fields:
    own: Fields = {"usage_scope": "self", "operation": "chat", "duration_ns": 5}
    return span(number, trace_id=f"{trace:032x}", start_ns=at_ns, **own) | columns


def window(lake: Lake, days: int = 3) -> Window:
    return Window(lake=lake, project="acme", since_ns=DAY, until_ns=DAY + days * DAY_NS)


def test_days_have_traffic_errors_usage_and_a_day_of_nothing_has_no_point(lake: Lake) -> None:
    keep(
        lake,
        root(1, DAY, 10, total_tokens=30, cost_usd=0.3, usage_scope="aggregate"),
        call(2, 1, DAY + 1, total_tokens=10, input_tokens=8, output_tokens=2, cost_usd=0.1, ttft_s=0.5),
        call(3, 1, DAY + 2, input_tokens=15, output_tokens=5, cost_usd=0.2),
        root(4, DAY + 2 * DAY_NS, 20) | {"status": "error"},
    )
    first, last = series(window(lake))
    assert (first.at_ns, first.count, first.errors) == (DAY, 1, 0)
    assert (first.tokens, first.input_tokens, first.output_tokens, first.cost_usd) == (30, 23, 7, 0.3)
    assert (first.p50_ns, first.ttft_p50_s) == (10, 0.5)
    assert (last.at_ns, last.count, last.errors, last.tokens, last.cost_usd) == (DAY + 2 * DAY_NS, 1, 1, None, None)


def test_hours_and_the_whole(lake: Lake) -> None:
    keep(lake, root(1, DAY + HOUR_NS - 1, 1), root(2, DAY + HOUR_NS, 3))
    assert [one.at_ns for one in series(window(lake), every="hour")] == [DAY, DAY + HOUR_NS]
    (whole,) = series(window(lake), every="whole")
    assert (whole.at_ns, whole.count, whole.p50_ns) == (DAY, 2, 2)


def test_figures_are_split_by_model_and_by_what_only_a_first_span_says(lake: Lake) -> None:
    keep(
        lake,
        root(1, DAY, 10, release="v1"),
        call(2, 1, DAY, response_model="big", total_tokens=10),
        call(3, 1, DAY, request_model="small", total_tokens=20) | {"status": "error"},
        root(4, DAY, 10),
        call(5, 4, DAY, response_model="big", total_tokens=40),
    )
    models = {one.group: (one.count, one.errors, one.tokens) for one in series(window(lake), by="model")}
    assert models == {"big": (2, 0, 50), "small": (1, 1, 20)}
    releases = {one.group: (one.count, one.tokens) for one in series(window(lake), by="release")}
    assert releases == {"v1": (1, 30), None: (1, 40)}
    chosen = {one.group: one.tokens for one in series(window(lake), read_query("status:error"), by="release")}
    assert chosen == {"v1": 30}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(took=st.lists(st.integers(0, 10**12), min_size=2, max_size=30), salt=st.integers(0, 10**9))
def test_percentiles_are_exact(lake: Lake, took: list[int], salt: int) -> None:
    endpoint = f"e{salt}-{len(took)}-{sum(took)}"
    rows = [root(salt * 100 + at + 1, DAY + at, one, endpoint=endpoint) for at, one in enumerate(took)]
    keep(lake, *rows)
    (point,) = (one for one in series(window(lake), by="endpoint") if one.group == endpoint)
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    assert [point.p50_ns, point.p95_ns, point.p99_ns] == pytest.approx([cuts[49], cuts[94], cuts[98]])


def test_what_is_below_a_trace_that_enters_several_services_counts_once(lake: Lake) -> None:
    keep(
        lake,
        root(1, DAY, 10, release="v1"),
        root(2, DAY + 1, 5, release="v1") | {"trace_id": f"{1:032x}", "parent_span_id": f"{1:016x}"},
        call(3, 1, DAY + 2, response_model="big", total_tokens=10, cost_usd=0.5),
    )
    (found,) = series(window(lake), by="release")
    assert (found.group, found.tokens, found.cost_usd) == ("v1", 10, 0.5)


def test_what_cannot_be_split_or_is_too_fine_is_refused(lake: Lake) -> None:
    with pytest.raises(InvalidInput, match="split by 'modell'") as raised:
        series(window(lake), by="modell")
    assert "did you mean model?" in raised.value.hint
    with pytest.raises(InvalidInput, match="too many points"):
        series(window(lake, days=100), every="hour")


def test_the_hours_and_days_at_both_ends_of_a_window_are_partial(lake: Lake) -> None:
    window = Window(lake=lake, project="acme", since_ns=DAY_NS + 1, until_ns=4 * DAY_NS)
    assert partial(window, "day") == {DAY_NS}
    assert partial(window.within(2 * DAY_NS, 3 * DAY_NS + HOUR_NS + 1), "hour") == {3 * DAY_NS + HOUR_NS}
    assert partial(window.within(2 * DAY_NS + 5, 2 * DAY_NS + 6), "day") == {2 * DAY_NS}
