import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import Floats, binomial

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.estimate import Estimate
from genyard.evaluate.statistics.proportions import clopper_pearson, is_zero_one, smallest_passing_n, wilson

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
methods = pytest.mark.parametrize("method", [wilson, clopper_pearson])
Method = Callable[[int, int], Estimate]


def both(found: Estimate) -> tuple[float, float]:
    assert found.lower is not None and found.upper is not None
    return found.lower, found.upper


def coverage(intervals: list[tuple[float, float]], p: float) -> float:
    n = len(intervals) - 1
    inside: Floats = np.array([low - 1e-12 <= p <= high + 1e-12 for low, high in intervals], dtype=np.float64)
    return float(binomial(n, p) @ inside)


def test_clopper_pearson_covers_at_every_rate() -> None:
    for n in range(1, 61):
        intervals = [both(clopper_pearson(k, n)) for k in range(n + 1)]
        worst = min(coverage(intervals, p) for p in np.linspace(0.005, 0.995, 100))
        assert worst >= 0.95 - 1e-9, n


@pytest.mark.parametrize("n", [20, 50, 200])
def test_wilson_covers_on_average(n: int) -> None:
    intervals = [both(wilson(k, n)) for k in range(n + 1)]
    mean = np.mean([coverage(intervals, p) for p in np.linspace(0.0025, 0.9975, 200)])
    assert 0.940 <= mean <= 0.960


@methods
@given(counts=counts)
def test_failures_mirror_successes(method: Method, counts: tuple[int, int]) -> None:
    k, n = counts
    low, high = both(method(k, n))
    mirrored = both(method(n - k, n))
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)
    assert 0 <= low <= k / n <= high <= 1


@given(counts=counts)
def test_bounds_rise_with_successes_and_tighten_with_rows(counts: tuple[int, int]) -> None:
    k, n = counts
    for method in (wilson, clopper_pearson):
        low, high = both(method(k, n))
        more = both(method(2 * k, 2 * n))
        assert more[1] - more[0] < high - low
        if k < n:
            next_low, next_high = both(method(k + 1, n))
            assert next_low > low and next_high >= high


@methods
def test_no_rows_leave_the_rate_open(method: Method) -> None:
    found = method(0, 0)
    assert found.estimate is None and both(found) == (0, 1) and found.warnings


def test_ends_are_exact_at_the_extremes() -> None:
    for method in (wilson, clopper_pearson):
        assert both(method(0, 7))[0] == 0.0
        assert both(method(7, 7))[1] == 1.0
    assert both(clopper_pearson(0, 300))[1] == pytest.approx(1 - 0.025 ** (1 / 300), abs=1e-12)


@pytest.mark.parametrize(("threshold", "n"), [(0.9, 29), (0.95, 59), (0.99, 299), (0.5, 5), (0.0, 1), (1.0, None)])
def test_the_fewest_rows_that_can_pass(threshold: float, n: int | None) -> None:
    assert smallest_passing_n(threshold) == n


@given(threshold=st.floats(0.01, 0.995), alpha=st.floats(0.001, 0.2))
def test_the_fewest_rows_pass_and_one_fewer_does_not(threshold: float, alpha: float) -> None:
    n = smallest_passing_n(threshold, alpha=alpha)
    assert n is not None and threshold**n <= alpha
    assert n == 1 or threshold ** (n - 1) > alpha or math.isclose(threshold ** (n - 1), alpha)


def test_zero_one_data_is_detected_unless_the_range_says_otherwise() -> None:
    assert is_zero_one([0, 1, 1.0])
    assert is_zero_one([0, 1], value_range=(0, 1))
    assert not is_zero_one([0, 1], value_range=(0, 5))
    assert not is_zero_one([0, 0.5])


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InvalidInput, match="3 successes in 2 rows"):
        wilson(3, 2)
