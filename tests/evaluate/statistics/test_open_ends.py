"""Scores that nothing bounds: what is exact of them, what stays open, and how often the rest is wrong."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import Floats, case_rows

from genyard.evaluate.statistics.conditions import at_least, at_most, not_worse_than
from genyard.evaluate.statistics.shown import shown_interval
from genyard.evaluate.statistics.verdicts import Rules, Verdict

COST = Rules(value_range=(0.0, None), higher_is_better=False)
PAGES = [f"doc-{i % 40}" for i in range(160)]


@pytest.mark.parametrize("clusters", [None, PAGES])
@pytest.mark.parametrize("value", [0.0, 1.0, 0.25])
def test_equal_costs_are_no_rate_and_have_no_upper_end(value: float, clusters: list[str] | None) -> None:
    found = shown_interval(case_rows([value] * 160, clusters), seed=1, value_range=(0.0, None))
    units = 160 if clusters is None else 40
    assert (found.estimate, found.upper) == (value, None)
    assert found.lower == pytest.approx(value * 0.05 ** (1 / units))
    assert "no variation seen" in found.warnings[0] and "nothing bounds the score above" in found.warnings[1]


@pytest.mark.parametrize("values", [[0.0] * 160, [1.0] * 160, [0.0, 1.0] * 80])
def test_costs_that_look_like_a_rate_are_judged_as_costs(values: list[float]) -> None:
    found = at_most(case_rows(values), 1.5, rules=COST)
    assert "clopper" not in found.method
    assert at_most(case_rows([0.0] * 160), 0.1, rules=COST).word == "undecided"


def test_no_number_of_equal_costs_shows_that_none_is_dear() -> None:
    found = at_most(case_rows([0.0] * 5_000), 0.1, rules=COST)
    assert (found.word, found.bound_upper, found.p_pass, found.more_cases) == ("undecided", None, None, None)
    assert found.reason == (
        "undecided: all 5000 scores are 0 and nothing bounds the metric above, so they do not bound its mean"
    )


def test_a_cost_that_is_always_too_high_fails() -> None:
    found = at_most(case_rows([2.0] * 40), 1.0, rules=COST)
    assert found.word == "fail" and found.p_fail == pytest.approx(0.5**40)
    assert found.bound_lower == pytest.approx(2 * 0.05 ** (1 / 40))
    assert at_least(case_rows([2.0] * 40), 1.0, rules=COST).word == "pass"


@given(n=st.integers(1, 60), reach=st.floats(1.0, 50.0), mean=st.floats(0.01, 10.0))
def test_the_lower_bound_of_equal_costs_is_exact(n: int, reach: float, mean: float) -> None:
    """The likeliest way to be wrong, by Markov: a share of mean / value costs that value, the rest nothing."""
    value = reach * mean
    found = shown_interval(case_rows([value] * max(n, 2)), seed=1, value_range=(0.0, None))
    assert found.lower is not None
    wrong = found.lower > mean * (1 + 1e-12)
    assert not wrong or (mean / value) ** max(n, 2) <= 0.05


def test_a_mean_that_nothing_bounds_needs_cases() -> None:
    short = at_most(case_rows([1.0 + 0.01 * (i % 9) for i in range(29)]), 2.0, rules=COST)
    assert (short.word, short.bound_upper, short.more_cases) == ("undecided", None, 1)
    assert short.reason == (
        "undecided: 29 cases are too few, as nothing bounds what another would add to the mean; "
        "at least 1 more case is needed"
    )
    assert at_most(case_rows([1.0 + 0.01 * (i % 9) for i in range(30)]), 2.0, rules=COST).word == "pass"
    skewed = [1.2**i for i in range(20)]
    assert at_most(case_rows(skewed * 4), 20.0, rules=COST).reason.endswith("at least 20 more cases are needed")
    assert at_most(case_rows(skewed * 5), 20.0, rules=COST).word == "pass"


def test_its_other_side_does_not() -> None:
    values = [1.0 + 0.01 * (i % 9) for i in range(12)]
    assert at_most(case_rows(values), 0.5, rules=COST).word == "fail"
    assert at_least(case_rows(values), 0.5, rules=COST).word == "pass"


def test_nearly_equal_costs_stay_open() -> None:
    found = at_most(case_rows([0.0] * 199 + [0.5]), 0.1, rules=COST)
    assert (found.word, found.more_cases) == ("undecided", None)
    assert "nearly all 200 scores are equal" in found.reason


def test_sources_are_counted() -> None:
    values = [1.0 + 0.01 * (i * 7 % 11) for i in range(160)]
    few = at_most(case_rows(values, [f"doc-{i % 20}" for i in range(160)]), 2.0, rules=COST)
    assert (few.word, few.more_cases) == ("undecided", 80) and "20 sources are too few" in few.reason
    assert at_most(case_rows(values, PAGES), 2.0, rules=COST).word == "pass"


def test_differences_are_bounded_on_neither_side() -> None:
    base = [1.0 + 0.01 * (i % 9) for i in range(40)]
    worse = [x + 0.5 + 0.001 * (i % 5) for i, x in enumerate(base)]
    assert not_worse_than(case_rows(base), case_rows(worse), 0.1, rules=COST).word == "pass"
    assert not_worse_than(case_rows(worse), case_rows(base), 0.1, rules=COST).word == "fail"
    for candidate, baseline in ((base[:20], worse[:20]), (worse[:20], base[:20])):
        found = not_worse_than(case_rows(candidate), case_rows(baseline), 0.1, rules=COST)
        assert (found.word, found.bound_lower, found.bound_upper) == ("undecided", None, None)
    assert not_worse_than(case_rows([0.0] * 200), case_rows([0.0] * 200), 0.1, rules=COST).word == "undecided"


def test_a_missing_cost_may_be_any_cost_but_not_below_nothing() -> None:
    values = [1.0 + 0.01 * (i % 9) for i in range(60)]
    found = at_most(case_rows([*values, None]), 2.0, rules=COST)
    assert found.word == "undecided" and found.reason.endswith("and nothing bounds what they could be")
    assert at_most(case_rows([*values, None]), 0.5, rules=COST).word == "fail"
    assert at_most(case_rows([*values, *[None] * 60]), 0.9, rules=COST).word == "undecided"


def test_intervals_do_not_go_below_the_lowest_value() -> None:
    found = shown_interval(case_rows([0.0, 0.0, 0.1, 0.9]), seed=1, value_range=(0.0, None))
    assert found.lower == 0.0 and found.upper is not None and found.upper > 0.9


Draw = Callable[[np.random.Generator, int], Floats]


def lognormal(rng: np.random.Generator, n: int) -> Floats:
    return rng.lognormal(size=n)


def latencies(rng: np.random.Generator, n: int) -> Floats:
    return rng.lognormal(sigma=0.5, size=n)


def waits(rng: np.random.Generator, n: int) -> Floats:
    return rng.exponential(size=n)


def errors(judge: Callable[[np.random.Generator], Verdict], *, runs: int) -> tuple[float, float]:
    rng = np.random.default_rng(20_261_128)
    words = [judge(rng).word for _ in range(runs)]
    return words.count("pass") / runs, words.count("fail") / runs


@pytest.mark.slow
@pytest.mark.parametrize(("draw", "mean", "n"), [(lognormal, math.exp(0.5), 100), (latencies, math.exp(0.125), 40)])
def test_skewed_costs_on_the_limit(draw: Draw, mean: float, n: int) -> None:
    """t at the whole error passes .14 and .10 of them."""
    passed, failed = errors(lambda rng: at_most(case_rows(draw(rng, n).tolist()), mean, rules=COST), runs=400)
    assert passed <= 0.05 + 0.045 and failed <= 0.05 + 0.045


@pytest.mark.slow
def test_skewed_differences_at_the_margin() -> None:
    def draw(rng: np.random.Generator) -> Verdict:
        base = rng.lognormal(size=120)
        return not_worse_than(
            case_rows((base + 0.2 * waits(rng, 120)).tolist()), case_rows(base.tolist()), 0.2, rules=COST
        )

    passed, failed = errors(draw, runs=200)
    assert passed <= 0.05 + 0.062 and failed <= 0.05 + 0.062
