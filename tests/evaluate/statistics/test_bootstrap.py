import numpy as np
import pytest

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.bootstrap import (
    acceleration,
    bca_levels,
    bootstrap_means,
    bootstrap_t,
    in_key_order,
    order_statistic,
    resample_counts,
    share_below,
)


def test_counts_are_multinomial_and_repeatable() -> None:
    first, second = (np.concatenate(list(resample_counts(50, resamples=2_000, seed=3))) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == (2_000, 50) and (first.sum(axis=1) == 50).all()
    assert first.mean(axis=0) == pytest.approx(np.ones(50), abs=0.1)
    assert first.var() == pytest.approx(1 - 1 / 50, rel=0.05)


def test_blocks_keep_the_number_of_resamples() -> None:
    blocks = list(resample_counts(1 << 14, resamples=5, seed=1))
    assert [len(block) for block in blocks] == [2, 2, 1]


def test_resampled_deviations_agree_with_resampling_by_hand() -> None:
    values = np.array([0.1, 0.4, 0.4, 0.75])
    counts = np.array([[2.0, 0.0, 1.0, 1.0]])
    drawn = np.array([0.1, 0.1, 0.4, 0.75])
    shift = drawn.mean() - values.mean()
    assert bootstrap_means(values, counts)[0] == pytest.approx(shift)
    assert bootstrap_t(values, counts)[0] == pytest.approx(shift / (drawn.std(ddof=1) / 2))


def test_resamples_without_spread_are_dropped() -> None:
    values = np.array([0.1, 0.4, 0.9])
    assert len(bootstrap_t(values, np.array([[3.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))) == 1


def test_ties_count_half() -> None:
    assert share_below(np.array([-1.0, 0.0, 1e-17, 1.0]), scale=1.0) == 0.5


def test_symmetric_data_is_read_at_the_plain_levels() -> None:
    assert acceleration(np.array([-2.0, -1.0, 1.0, 2.0])) == pytest.approx(0)
    assert bca_levels(0.5, 0.0, errors=(0.025, 0.025)) == pytest.approx((0.025, 0.975))


def test_order_statistics_are_read_outward() -> None:
    ordered = np.arange(1.0, 100.0)
    assert order_statistic(ordered, 0.025, outward=-1) == 2
    assert order_statistic(ordered, 0.975, outward=1) == 98
    assert order_statistic(ordered, 0.0, outward=-1) == 1


def test_values_are_sorted_by_key() -> None:
    assert in_key_order([3, 1, 2], ["c", "a", "b"]).tolist() == [1, 2, 3]
    with pytest.raises(InvalidInput, match="2 values but 1 keys"):
        in_key_order([1, 2], ["a"])
