import math

import numpy as np
import pytest
from tests.evaluate.statistics.rows import Floats

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.means import t_interval
from genyard.evaluate.statistics.repeats import (
    best_repeats,
    cases_for_error,
    same_cases_interval,
    standard_error_of_design,
    variance_components,
)


def simulated(rng: np.random.Generator, cases: int, repeats: int) -> Floats:
    """Cases of variance .04, repeats of variance .09, mean 0."""
    return rng.normal(scale=0.2, size=(cases, 1)) + rng.normal(scale=0.3, size=(cases, repeats))


def test_deterministic_repeats_have_no_variance() -> None:
    found = variance_components([[1, 1], [0, 0], [1, 1]])
    assert found.repeat == 0 and found.case == pytest.approx(1 / 3) and found.share_of_case == 1


def test_without_repeats_the_components_are_undefined() -> None:
    found = variance_components([[0.1], [0.5]])
    assert (found.repeat, found.case) == (None, None) and found.between is not None
    assert variance_components([[0.1, 0.3]]).between is None
    assert variance_components([]).within is None


def test_a_case_without_scores_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no score"):
        variance_components([[0.1], []])


def test_these_very_cases_leave_only_repeat_noise() -> None:
    scores = [[0.0, 0.2], [1.0, 0.8], [0.5, 0.5]]
    found = same_cases_interval(scores)
    population = t_interval([0.1, 0.9, 0.5])
    assert found.estimate == pytest.approx(0.5)
    assert found.lower is not None and population.lower is not None and found.lower > population.lower
    assert same_cases_interval([[1.0, 1.0], [0.0, 0.0]]).lower is None


def test_free_cases_make_repeats_a_waste() -> None:
    assert best_repeats(var_case=0.1, var_repeat=0.1, cost_per_case=0.0, cost_per_answer=1.0) == 1
    assert best_repeats(var_case=0.0, var_repeat=0.1, cost_per_case=1.0, cost_per_answer=1.0) is None


def test_cases_for_an_error_reach_it() -> None:
    n = cases_for_error(var_case=0.04, var_repeat=0.09, repeats=3, standard_error=0.013)
    errors = [standard_error_of_design(var_case=0.04, var_repeat=0.09, cases=m, repeats=3) for m in (n, n - 1)]
    assert errors[0] <= 0.013 < errors[1]


@pytest.mark.slow
def test_components_average_to_the_truth() -> None:
    rng = np.random.default_rng(20_261_125)
    found = [variance_components(simulated(rng, 40, 5).tolist()) for _ in range(500)]
    repeat = [c.repeat for c in found if c.repeat is not None]
    case = [c.case_untruncated for c in found if c.case_untruncated is not None]
    assert len(repeat) == len(case) == 500
    assert np.mean(repeat) == pytest.approx(0.09, rel=0.05)
    assert np.mean(case) == pytest.approx(0.04, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [1, 5, 20])
def test_the_mean_over_new_cases_is_covered(repeats: int) -> None:
    rng, runs = np.random.default_rng(20_261_126 + repeats), 2_000
    found = (t_interval(simulated(rng, 50, repeats).mean(axis=1).tolist()) for _ in range(runs))
    covered = sum(e.lower is not None and e.upper is not None and e.lower <= 0 <= e.upper for e in found)
    assert 0.93 <= covered / runs <= 0.97


@pytest.mark.slow
def test_these_very_cases_are_covered() -> None:
    rng, runs, truth = np.random.default_rng(20_261_127), 2_000, np.linspace(0, 1, 20)[:, None]
    found = (same_cases_interval((truth + rng.normal(scale=0.3, size=(20, 3))).tolist()) for _ in range(runs))
    covered = sum(e.lower is not None and e.upper is not None and e.lower <= 0.5 <= e.upper for e in found)
    assert math.isclose(covered / runs, 0.95, abs_tol=0.02)
