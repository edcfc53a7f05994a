import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.quantiles import order_statistic_ranks, quantile_interval

latencies = st.lists(st.floats(0.001, 100), min_size=1, max_size=200)


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.95])
def test_coverage_by_enumeration(quantile: float) -> None:
    for n in range(1, 501):
        low, high = order_statistic_ranks(n, quantile)
        if low is not None and high is not None:
            assert bdtr(high - 1, n, quantile) - bdtr(low - 1, n, quantile) >= 0.95, n


@given(values=latencies, quantile=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_nearest_rank(values: list[float], quantile: float) -> None:
    found = quantile_interval(values, quantile)
    assert found.estimate is not None and found.estimate in values
    assert sum(x <= found.estimate for x in values) >= quantile * len(values) - 1e-9
    assert found.lower is None or found.lower <= found.estimate
    assert quantile_interval(values[::-1], quantile) == found


def test_the_rank_is_not_moved_by_rounding() -> None:
    assert quantile_interval(list(range(1, 101)), 0.07).estimate == 7


def test_too_few_rows_leave_an_end_open() -> None:
    assert order_statistic_ranks(367, 0.99)[1] is None
    assert order_statistic_ranks(368, 0.99)[1] == 368
    found = quantile_interval([1.0, 2.0, 3.0], 0.95)
    assert found.upper is None and found.warnings == (
        "the upper end: not bounded by 3 rows; the largest value seen is 3",
    )


def test_a_timeout_is_larger_than_everything() -> None:
    values = [0.1 * k for k in range(1, 95)] + [math.inf] * 6
    found = quantile_interval(values, 0.95)
    assert found.estimate is None and found.upper is None and found.lower is not None
    assert "the largest value seen is 9.4" in found.warnings[0]


def test_no_rows_and_no_numbers_are_undefined() -> None:
    assert quantile_interval([], 0.5).warnings == ("no rows",)
    assert quantile_interval([1.0, math.nan], 0.5).estimate is None
    with pytest.raises(InvalidInput, match="quantile"):
        quantile_interval([1.0], 1.0)


def test_shift_and_scale_move_the_interval() -> None:
    values = np.random.default_rng(1).lognormal(size=60)
    before, after = (quantile_interval(list(x), 0.5) for x in (values, 8 * values))
    assert before.lower is not None and after.lower == pytest.approx(8 * before.lower)
