"""The figures of an evaluation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.evidence import CONTAINS, COST, LATENCY, judged

from genyard.evaluate.report import report


def test_a_rate_has_its_interval_and_what_it_can_see() -> None:
    (found,) = report(CONTAINS, judged(["yes"] * 30 + ["no"] * 10), repeats=1, seed=1)
    estimate = found.estimate
    assert (estimate.estimate, estimate.n, estimate.units) == (0.75, 40, 40)
    assert estimate.lower is not None
    assert estimate.upper is not None
    assert 0.58 < estimate.lower < 0.75 < estimate.upper < 0.87
    half = (estimate.upper - estimate.lower) / 2
    assert found.detectable == pytest.approx(half / 1.96 * 2.486, rel=1e-3)


def test_repeats_are_averaged_within_their_case() -> None:
    (found,) = report(CONTAINS, judged(["yes", "no"] * 10, repeats=2), repeats=2, seed=1)
    assert (found.estimate.estimate, found.estimate.n, found.repeats) == (0.5, 10, 2)


def test_cases_of_one_source_widen_the_interval() -> None:
    said = [word for word in ("yes", "no") for _ in range(20)]
    clustered = [said[number % 4 * 10 + number // 4] for number in range(40)]
    (alone,) = report(CONTAINS, judged(clustered), repeats=1, seed=1)
    (together,) = report(CONTAINS, judged(clustered, sources=4), repeats=1, seed=1)
    assert together.estimate.units == 4
    assert (together.detectable or 9) > (alone.detectable or 0)


def test_failed_cases_are_missing_and_not_wrong() -> None:
    (found,) = report(CONTAINS, judged(["yes"] * 8 + [None] * 8), repeats=1, seed=1)
    assert (found.estimate.estimate, found.estimate.n) == (1.0, 8)


def test_where_no_case_is_scored_there_is_no_figure() -> None:
    found = report(LATENCY, judged([None] * 3, scorer=LATENCY), repeats=1, seed=1)
    assert [(one.metric, one.estimate.estimate, one.detectable) for one in found] == [
        ("latency_s", None, None),
        ("latency_s p95", None, None),
    ]


def test_latency_has_its_95th_percentile_over_answers() -> None:
    latencies = [number / 100 for number in range(1, 201)]
    mean, p95 = report(LATENCY, judged(["x"] * 200, scorer=LATENCY, latencies=latencies), repeats=1, seed=1)
    assert mean.estimate.estimate == pytest.approx(1.005)
    assert p95.estimate.estimate == pytest.approx(1.9, abs=0.02)
    assert (p95.metric, p95.direction) == ("latency_s p95", "lower")


def test_costs_of_nothing_are_no_rate() -> None:
    """No number of free answers bounds what a dear one would cost."""
    (found,) = report(COST, judged(["x"] * 40, scorer=COST, costs=[0.0] * 40), repeats=1, seed=1)
    estimate = found.estimate
    assert (estimate.estimate, estimate.lower, estimate.upper, found.detectable) == (0.0, 0.0, None, None)
    assert estimate.method == "a row that differs"


@given(said=st.lists(st.sampled_from(["yes", "no", None]), min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_the_same_answers_give_the_same_json(said: list[str | None], seed: int) -> None:
    first, again = (report(CONTAINS, judged(said), repeats=1, seed=seed)[0].as_json() for _ in range(2))
    assert first == again
    assert first["n"] == sum(one is not None for one in said)
