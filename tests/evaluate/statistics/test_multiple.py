import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.multiple import benjamini_hochberg, bonferroni, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def known(adjusted: list[float | None]) -> list[float]:
    values = [p for p in adjusted if p is not None]
    assert len(values) == len(adjusted)
    return values


@given(p=p_values)
def test_stronger_corrections_give_larger_values(p: list[float]) -> None:
    rows = zip(p, known(benjamini_hochberg(p)), known(holm(p)), known(bonferroni(p)), strict=True)
    assert all(raw - 1e-15 <= bh <= h + 1e-15 and h <= bon + 1e-15 <= 1 + 1e-12 for raw, bh, h, bon in rows)


@given(p=p_values, seed=st.integers(0, 9))
def test_order_in_is_order_out(p: list[float], seed: int) -> None:
    order = list(range(len(p)))
    random.Random(seed).shuffle(order)
    for adjust in (bonferroni, holm, benjamini_hochberg):
        found, shuffled = adjust(p), adjust([p[i] for i in order])
        assert shuffled == [found[i] for i in order]
        by_raw = [value for _, value in sorted(zip(p, known(found), strict=True))]
        assert by_raw == sorted(by_raw)


def test_what_was_not_tested_is_not_counted() -> None:
    assert holm([0.01, None, 0.03]) == [0.02, None, 0.03]
    assert benjamini_hochberg([None]) == [None]
    assert bonferroni([]) == []


def test_a_value_that_is_no_p_value_is_refused() -> None:
    with pytest.raises(InvalidInput, match="p-value"):
        holm([0.5, float("nan")])


@pytest.mark.slow
def test_holm_keeps_the_family_error_with_correlated_metrics() -> None:
    rng, runs = np.random.default_rng(20_261_131), 4_000
    z = np.sqrt(0.5) * rng.normal(size=(runs, 1)) + np.sqrt(0.5) * rng.normal(size=(runs, 8))
    wrong = sum(min(known(holm(row))) <= 0.05 for row in ndtr(z).tolist())
    assert wrong / runs <= 0.05 + 0.015
