from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import allowed, binomial, case_rows, keys

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.conditions import at_least, not_worse_than
from genyard.evaluate.statistics.power import (
    SAW_TOOTH,
    mcnemar_power,
    more_cases,
    plan_mean,
    plan_paired_rates,
    plan_rate,
    rate_power,
    smallest_passing_successes,
    tango_power,
    two_figures,
)
from genyard.evaluate.statistics.proportions import clopper_pearson
from genyard.evaluate.statistics.verdicts import Rules


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.8, 0.95])
def test_the_smallest_passing_count_is_where_the_bound_reaches(threshold: float) -> None:
    for n in (5, 29, 60, 200):
        fewest = int(smallest_passing_successes(np.array([n]), threshold)[0])
        bounds = [clopper_pearson(k, n, sided="lower").lower or 0.0 for k in range(n + 1)]
        passing = [k for k, bound in enumerate(bounds) if bound >= threshold]
        assert fewest == (passing[0] if passing else n + 1)


def test_a_gate_on_a_rate_is_never_passed_too_often() -> None:
    n = np.arange(1, 301)
    for threshold in (0.05, 0.3, 0.5, 0.8, 0.9, 0.99):
        assert rate_power(n, threshold, threshold).max() <= 0.05 + 1e-12


def test_power_is_the_sum_of_the_binomial() -> None:
    fewest = int(smallest_passing_successes(np.array([94]), 0.8)[0])
    expected = binomial(94, 0.9)[fewest:].sum()
    assert rate_power(np.array([94]), 0.8, 0.9)[0] == pytest.approx(expected)


@pytest.mark.parametrize(("threshold", "truth"), [(0.7, 0.8), (0.9, 0.99), (0.5, 0.75), (0.95, 1.0)])
def test_a_plan_keeps_its_power(threshold: float, truth: float) -> None:
    plan = plan_rate(threshold, truth)
    assert plan is not None
    kept = rate_power(np.arange(plan.n, plan.n + SAW_TOOTH + 1), threshold, truth)
    assert kept.min() >= 0.8
    assert rate_power(np.array([plan.n - 1]), threshold, truth)[0] < 0.8
    assert plan.first_n <= plan.n


def test_hopeless_plans_are_none() -> None:
    assert plan_rate(0.8, 0.8) is None
    assert plan_rate(0.8, 0.8001) is None
    assert plan_mean(0.0, 0.3) is None
    assert plan_mean(1e-5, 0.3) is None
    assert plan_paired_rates(gain=0.0, loss=0.1, margin=0.05) is None
    with pytest.raises(InvalidInput, match="power"):
        plan_mean(0.1, 0.3, power=1.5)


def test_mcnemar_power_by_counting() -> None:
    chance = binomial(12, 0.5)
    # Everything is discordant here, so the test is the sign test on 12: it rejects at 0, 1, 2, 10, 11 and 12.
    assert mcnemar_power(12, gain=0.5, loss=0.5) == pytest.approx(chance[:3].sum() + chance[10:].sum())


def test_tango_power_by_simulation() -> None:
    rng, runs = np.random.default_rng(20_261_132), 1_500
    drawn = rng.multinomial(80, [0.05, 0.05, 0.90], size=runs)
    passed = sum(_passes(int(b), int(c), 80, margin=0.1) for b, c, _ in drawn) / runs
    expected = tango_power(80, gain=0.05, loss=0.05, margin=0.1)
    assert passed == pytest.approx(expected, abs=allowed(expected, runs))


@cache
def _passes(gains: int, losses: int, n: int, *, margin: float) -> bool:
    candidate = [1.0] * gains + [0.0] * losses + [1.0] * (n - gains - losses)
    baseline = [0.0] * gains + [1.0] * losses + [1.0] * (n - gains - losses)
    return not_worse_than(case_rows(candidate), case_rows(baseline), margin, rules=Rules()).word == "pass"


def test_a_paired_plan_keeps_its_power() -> None:
    n = plan_paired_rates(gain=0.03, loss=0.03, margin=0.05)
    assert n is not None
    powers = [tango_power(m, gain=0.03, loss=0.03, margin=0.05) for m in range(n - 1, n + SAW_TOOTH + 1)]
    assert powers[0] < 0.8 <= min(powers[1:])


def test_identical_variants_need_what_rules_out_an_unseen_loss() -> None:
    n = plan_paired_rates(gain=0.0, loss=0.0, margin=0.05)
    assert n == 59
    assert _passes(0, 0, 59, margin=0.05) and not _passes(0, 0, 58, margin=0.05)


def test_large_paired_plans_use_the_formula() -> None:
    assert plan_paired_rates(gain=0.2, loss=0.2, margin=0.02) == pytest.approx(6_183, abs=2)


@pytest.mark.slow
@pytest.mark.parametrize(("distance", "sd"), [(0.05, 0.2), (0.1, 0.25)])
def test_a_plan_for_a_mean_has_its_power(distance: float, sd: float) -> None:
    n, runs = plan_mean(distance, sd), 2_000
    assert n is not None
    rng, names = np.random.default_rng(20_261_133), keys(n)
    passed = 0
    for _ in range(runs):
        values = rng.normal(0.5 + distance, sd, size=n).tolist()
        rows = [CaseScore(case=case, value=value) for case, value in zip(names, values, strict=True)]
        passed += at_least(rows, 0.5, rules=Rules(value_range=(-2.0, 3.0))).word == "pass"
    assert passed / runs == pytest.approx(0.8, abs=0.036)


@given(n=st.integers(1, 10**7))
def test_two_figures_round_up(n: int) -> None:
    rounded = two_figures(n)
    assert n <= rounded < 1.1 * n + 1
    assert set(str(rounded)[2:]) <= {"0"}


def test_more_cases_say_when_none_will_do() -> None:
    assert more_cases(estimate=0.72, boundary=0.7, sd=0.3, n=100) == 1_292
    assert more_cases(estimate=0.7, boundary=0.7, sd=0.3, n=100) is None
    assert more_cases(estimate=0.704, boundary=0.7, sd=0.3, n=100, least_distance=0.005) is None
    assert more_cases(estimate=0.72, boundary=0.7, sd=0.3, n=100, cap=1_000) is None
    assert more_cases(estimate=1.0, boundary=0.9, sd=0.0, n=20, least_n=29) == 9
