import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import allowed

from genyard.evaluate.statistics.permutation import sign_flip_p

differences = st.lists(st.integers(-20, 20).map(lambda k: k / 20), min_size=1, max_size=8)


@given(d=differences)
def test_equal_to_counting_every_sign_pattern(d: list[float]) -> None:
    sums = [sum(s * x for s, x in zip(signs, d, strict=True)) for signs in itertools.product((1, -1), repeat=len(d))]
    as_extreme = sum(abs(total) >= abs(sum(d)) - 1e-9 for total in sums)
    as_great = sum(total >= sum(d) - 1e-9 for total in sums)
    assert sign_flip_p(d, seed=1) == pytest.approx(as_extreme / len(sums))
    assert sign_flip_p(d, seed=1, alternative="greater") == pytest.approx(as_great / len(sums))


@given(d=differences)
def test_two_sided_has_no_direction_and_zeros_carry_nothing(d: list[float]) -> None:
    p = sign_flip_p(d, seed=1)
    assert sign_flip_p([-x for x in d], seed=1) == p
    assert sign_flip_p([*d, 0.0, 0.0], seed=1) == p
    assert sign_flip_p(d, seed=1, alternative="less") == sign_flip_p([-x for x in d], seed=1, alternative="greater")


def test_monte_carlo_is_repeatable_and_never_zero() -> None:
    clear = [1.0] * 60
    assert sign_flip_p(clear, seed=1) == 1 / 10_000
    noisy = np.random.default_rng(1).normal(0.2, 1, size=40).tolist()
    assert sign_flip_p(noisy, seed=4) == sign_flip_p(noisy[::-1], seed=4)


@pytest.mark.parametrize("seed", range(5))
def test_monte_carlo_agrees_with_the_exact_test(seed: int) -> None:
    d = np.random.default_rng(seed).normal(0.2, 1, size=14).tolist()
    one_more = [*d, 1e-9]  # a fifteenth unit that moves nothing
    exact = sign_flip_p(d, seed=1)
    assert sign_flip_p(one_more, seed=1) == pytest.approx(exact, abs=allowed(exact, 9_999) + 1e-4)


def test_halves_that_flip_together_are_one_unit() -> None:
    d = [0.4, -0.1, 0.3, 0.25, -0.6]
    halves = [x / 2 for x in d for _ in range(2)]
    assert sign_flip_p(halves, seed=1, clusters=[i // 2 for i in range(10)]) == sign_flip_p(d, seed=1)


@pytest.mark.slow
def test_size_with_symmetric_differences() -> None:
    rng, runs = np.random.default_rng(20_261_128), 3_000
    rejected = sum(sign_flip_p(rng.laplace(size=10).tolist(), seed=1) <= 0.05 for _ in range(runs))
    assert rejected / runs <= 0.065
