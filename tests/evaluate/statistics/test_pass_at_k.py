import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import binomial

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.pass_at_k import pass_at_k, pass_at_k_interval, pass_hat_k, pass_hat_k_interval

tries = st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@pytest.mark.parametrize("n", range(1, 11))
def test_equal_to_averages_over_subsets(n: int) -> None:
    for c, k in itertools.product(range(n + 1), range(1, n + 1)):
        drawn = [sum(subset) for subset in itertools.combinations([1] * c + [0] * (n - c), k)]
        assert pass_at_k(n, c, k) == pytest.approx(sum(right > 0 for right in drawn) / len(drawn), abs=1e-12)
        assert pass_hat_k(n, c, k) == pytest.approx(sum(right == k for right in drawn) / len(drawn), abs=1e-12)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_unbiased(p: float) -> None:
    chance, n = binomial(12, p), 12
    for k in (1, 3, 12):
        at = sum(chance[c] * (pass_at_k(n, c, k) or 0.0) for c in range(n + 1))
        hat = sum(chance[c] * (pass_hat_k(n, c, k) or 0.0) for c in range(n + 1))
        assert at == pytest.approx(1 - (1 - p) ** k, abs=1e-12)
        assert hat == pytest.approx(p**k, abs=1e-12)


@given(counts=tries)
def test_monotone_in_k_and_equal_at_one(counts: tuple[int, int]) -> None:
    n, c = counts
    at, hat = ([f(n, c, k) or 0.0 for k in range(1, n + 1)] for f in (pass_at_k, pass_hat_k))
    assert at[0] == pytest.approx(c / n) == pytest.approx(hat[0])
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(at))
    assert all(a >= b - 1e-12 for a, b in itertools.pairwise(hat))


def test_more_draws_than_tries_are_undefined() -> None:
    assert pass_at_k(3, 2, 4) is None and pass_hat_k(3, 2, 4) is None
    found = pass_at_k_interval({"a": (4, 1), "b": (2, 1)}, 3, seed=1)
    assert found.estimate is None and found.warnings == ("1 cases have fewer than k = 3 tries",)


def test_the_unit_is_the_case() -> None:
    counts = {f"case-{i:02}": (5, i % 6) for i in range(12)}
    found = pass_hat_k_interval(counts, 2, seed=1)
    assert found.n == 12 and found.lower is not None and found.upper is not None
    assert found.estimate == pytest.approx(sum(c * (c - 1) / 20 for _, c in counts.values()) / 12)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InvalidInput, match="4 of 3"):
        pass_at_k(3, 4, 1)
