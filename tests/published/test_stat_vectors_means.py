import itertools
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from tests.published.stat_vectors import Case, agree, load, number, numbers

from genyard.evaluate.statistics.bootstrap import (
    Floats,
    acceleration,
    bca_levels,
    bootstrap_means,
    bootstrap_t,
    share_below,
)
from genyard.evaluate.statistics.means import bca_interval, t_interval


@pytest.fixture
def vectors(shared_data: Path) -> tuple[list[Case], float]:
    return load(shared_data, "means")


def every_resample(n: int) -> Floats:
    draws = np.array(list(itertools.product(range(n), repeat=n)))
    return np.asarray((draws[:, :, None] == np.arange(n)).sum(axis=1), dtype=np.float64)


def inverse_cdf(ordered: Floats, level: float) -> float:
    return float(ordered[max(int(np.ceil(level * len(ordered) - 1e-9)), 1) - 1])


def test_t(vectors: tuple[list[Case], float]) -> None:
    cases, tolerance = vectors
    for case in cases:
        for confidence in (0.9, 0.95):
            found = t_interval(numbers(case, "x"), alpha=1 - confidence)
            assert agree(found.estimate, case["mean"], tolerance)
            if case["name"] == "all_equal":  # the vector's note: zero width is not certainty
                assert found.lower is None and "no variation" in found.warnings[0]
            elif case["n"] == 1:
                assert found.lower is None and case[f"t_{confidence}"] is None
            else:
                assert agree((found.lower, found.upper), case[f"t_{confidence}"], tolerance), case


def test_jackknife_acceleration(vectors: tuple[list[Case], float]) -> None:
    cases, tolerance = vectors
    known = [case for case in cases if "jackknife_acceleration" in case]
    assert known
    for case in known:
        assert agree(acceleration(np.array(numbers(case, "x"))), case["jackknife_acceleration"], tolerance), case


def test_bca_on_every_resample(vectors: tuple[list[Case], float]) -> None:
    cases, tolerance = vectors
    for case in (case for case in cases if "ideal_bootstrap" in case):
        x, ideal = np.array(numbers(case, "x")), cast("Case", case["ideal_bootstrap"])
        shifts = np.sort(bootstrap_means(x, every_resample(len(x))))
        below = share_below(shifts, scale=float(np.max(np.abs(x - x.mean()))))
        levels = bca_levels(below, acceleration(x), errors=(0.025, 0.025))
        assert agree(below, ideal["share_below_mean_midrank"], tolerance)
        assert agree(levels, ideal["adjusted_levels"], tolerance)
        ends = tuple(float(x.mean()) + inverse_cdf(shifts, level) for level in levels)
        assert agree(ends, ideal["bca_95_inverse_cdf"], tolerance)


def test_studentized_on_every_resample(vectors: tuple[list[Case], float]) -> None:
    cases, tolerance = vectors
    for case in (case for case in cases if "ideal_studentized" in case):
        x, ideal = np.array(numbers(case, "x")), cast("Case", case["ideal_studentized"])
        deviations = np.sort(bootstrap_t(x, every_resample(len(x))))
        assert len(x) ** len(x) - len(deviations) == ideal["degenerate_resamples_dropped"]
        found = tuple(inverse_cdf(deviations, level) for level in (0.025, 0.975))
        assert agree(found, ideal["t_quantiles_inverse_cdf"], tolerance), case


def test_bca_within_monte_carlo_tolerance(vectors: tuple[list[Case], float]) -> None:
    for case in (case for case in vectors[0] if "scipy_bca_95_99999_resamples" in case):
        x, expected = numbers(case, "x"), cast("Case", case["scipy_bca_95_99999_resamples"])
        found = bca_interval(x, keys=[f"{i:03}" for i in range(len(x))], seed=7, resamples=99_999)
        pairs = zip((found.lower, found.upper), numbers(expected, "ci"), strict=True)
        # absolute: the file states Monte Carlo tolerances in the unit of the scores
        assert all(mine is not None and abs(mine - theirs) <= number(expected, "tolerance") for mine, theirs in pairs)
