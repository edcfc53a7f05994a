import math
import random
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import Floats, keys

from genyard.evaluate.statistics.estimate import Estimate
from genyard.evaluate.statistics.means import (
    bca_interval,
    graded_interval,
    mean_interval,
    studentized_interval,
    t_interval,
    unseen_share,
)

thousandths = st.integers(0, 1000).map(lambda k: k / 1000)
scores = st.lists(thousandths, min_size=4, max_size=40).filter(lambda x: len(set(x)) > 2)
bootstraps = pytest.mark.parametrize("method", [bca_interval, studentized_interval])
Bootstrap = Callable[..., Estimate]


@given(values=scores, scale=st.floats(0.01, 100), shift=st.floats(-100, 100))
def test_t_follows_a_change_of_unit(values: list[float], scale: float, shift: float) -> None:
    before, after = t_interval(values), t_interval([scale * x + shift for x in values])
    assert before.lower is not None and before.upper is not None
    expected = (scale * before.lower + shift, scale * before.upper + shift)
    assert (after.lower, after.upper) == pytest.approx(expected, abs=1e-9 * (scale + abs(shift)))


@bootstraps
@settings(max_examples=30)
@given(values=scores, scale=st.sampled_from([-3.0, -1.0, 0.5, 8.0]), shift=st.integers(-5, 5))
def test_the_bootstrap_follows_its_unit(method: Bootstrap, values: list[float], scale: float, shift: int) -> None:
    names = keys(len(values))
    before = method(values, keys=names, seed=5, resamples=399)
    assert before.lower is not None and before.upper is not None
    after = method([scale * x + shift for x in values], keys=names, seed=5, resamples=399)
    expected = sorted((scale * before.lower + shift, scale * before.upper + shift))
    assert [after.lower, after.upper] == pytest.approx(expected, abs=1e-9)


@bootstraps
@settings(max_examples=20)
@given(values=scores, seed=st.integers(0, 99))
def test_row_order_changes_nothing(method: Bootstrap, values: list[float], seed: int) -> None:
    rows = list(zip(values, keys(len(values)), strict=True))
    before = method(values, keys=keys(len(values)), seed=seed, resamples=199)
    random.Random(seed).shuffle(rows)
    after = method([value for value, _ in rows], keys=[key for _, key in rows], seed=seed, resamples=199)
    assert after == before


def test_too_few_rows_are_undefined_with_a_reason() -> None:
    assert t_interval([]).warnings == ("no rows",)
    one = t_interval([0.7])
    assert (one.estimate, one.lower, one.warnings) == (0.7, None, ("one row has no spread",))
    assert t_interval([0.1, math.nan]).estimate is None


def test_equal_rows_never_have_zero_width() -> None:
    unbounded, bounded = t_interval([0.8] * 20), t_interval([0.8] * 20, value_range=(0, 1))
    assert unbounded.estimate == pytest.approx(0.8) and unbounded.lower is None and unbounded.upper is None
    share = 1 - 0.05 ** (1 / 20)
    assert (bounded.lower, bounded.upper) == pytest.approx((0.8 - 0.8 * share, 0.8 + 0.2 * share))


def test_the_unseen_share_is_about_three_over_n() -> None:
    assert unseen_share(1_000, error=0.05) == pytest.approx(3 / 1_000, rel=0.01)


def test_intervals_stay_in_the_declared_range() -> None:
    found = t_interval([0.9, 1.0, 1.0, 0.2], value_range=(0, 1))
    assert found.upper == 1.0


def test_lumpy_resamples_fall_back_to_t() -> None:
    values = [0.0] * 9 + [0.5]
    found = studentized_interval(values, keys=keys(10), seed=1)
    assert found.method == "t" and "dropped" in found.warnings[0]


@pytest.mark.parametrize(
    ("values", "method"),
    [
        ([0.0, 1.0] * 20, "wilson"),
        ([0.1, 0.5, 0.6, 0.7], "t"),
        ([k / 40 for k in range(40)], "bca"),
        ([k / 4_000 for k in range(4_000)], "t"),
        ([1.1**k for k in range(60)], "studentized"),
        ([1.3**k for k in range(20)], "studentized"),
    ],
)
def test_the_method_fits_the_rows(values: list[float], method: str) -> None:
    assert mean_interval(values, keys=keys(len(values)), seed=1).method == method


def test_differences_of_zero_and_one_are_no_rate() -> None:
    assert graded_interval([0.0, 1.0] * 20, keys=keys(40), seed=1).method == "bca"


Draw = Callable[[np.random.Generator, int], Floats]


def normal(rng: np.random.Generator, n: int) -> Floats:
    return rng.normal(size=n)


def edges(rng: np.random.Generator, n: int) -> Floats:
    return rng.beta(0.5, 0.5, size=n)


def like_f1(rng: np.random.Generator, n: int) -> Floats:
    kind = rng.random(n)
    return np.where(kind < 0.3, 0.0, np.where(kind < 0.7, 1.0, rng.random(n)))


def lognormal(rng: np.random.Generator, n: int) -> Floats:
    return rng.lognormal(size=n)


bca = partial(bca_interval, keys=keys(30), seed=1, resamples=999)
studentized = partial(studentized_interval, keys=keys(30), seed=1, resamples=999)


def coverage(draw: Draw, mean: float, interval: Callable[[list[float]], Estimate]) -> float:
    rng, runs = np.random.default_rng(20_261_123), 2_000
    found = (interval(draw(rng, 30).tolist()) for _ in range(runs))
    return sum(e.lower is not None and e.upper is not None and e.lower <= mean <= e.upper for e in found) / runs


@pytest.mark.slow
@pytest.mark.parametrize(("draw", "mean"), [(normal, 0.0), (edges, 0.5), (like_f1, 0.55)])
def test_coverage_at_30_rows(draw: Draw, mean: float) -> None:
    assert 0.915 <= coverage(draw, mean, t_interval) <= 0.970
    assert 0.915 <= coverage(draw, mean, bca) <= 0.970
    assert coverage(draw, mean, studentized) >= 0.925


@pytest.mark.slow
def test_skewed_means_are_covered_by_the_studentized_bootstrap() -> None:
    mean = math.exp(0.5)
    assert coverage(lognormal, mean, studentized) >= 0.90 > coverage(lognormal, mean, t_interval)
