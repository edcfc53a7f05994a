from pathlib import Path
from typing import cast

import numpy as np
from scipy.special import bdtr, ndtri
from tests.published.stat_vectors import Case, agree, load, number, numbers, whole

from genyard.evaluate.statistics.bounds import Bounds, Question
from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.conditions import not_worse_than
from genyard.evaluate.statistics.graded_bounds import t_bounds
from genyard.evaluate.statistics.multiple import benjamini_hochberg, bonferroni, holm
from genyard.evaluate.statistics.power import mcnemar_power, more_cases, normal_n, plan_mean, plan_rate
from genyard.evaluate.statistics.quantiles import order_statistic_ranks
from genyard.evaluate.statistics.verdicts import Kind, Rules, decide


def test_mean_noninferiority_verdicts(shared_data: Path) -> None:
    cases, _ = load(shared_data, "mean_noninferiority")
    for case in cases:
        d = numbers(case, "differences")
        baseline = [CaseScore(case=f"{i:03}", value=10.0) for i in range(len(d))]  # no 0/1 scores among these
        candidate = [CaseScore(case=f"{i:03}", value=10.0 + x) for i, x in enumerate(d)]
        rules = Rules(alpha=1 - number(case, "confidence"))
        verdict = not_worse_than(candidate, baseline, number(case, "margin"), rules=rules)
        assert verdict.word == case["verdict"], case
        if "reason" in case:
            # The vectors have 1 and 4 differences: that these are too few is told before anything else of them.
            assert f"n {len(d)}, too few" in verdict.reason and verdict.bound_lower is None


def test_mean_noninferiority_bounds(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "mean_noninferiority")
    for case in (case for case in cases if "reason" not in case):
        d = np.array(numbers(case, "differences"))
        question = Question(boundary=-number(case, "margin"), alpha=1 - number(case, "confidence"))
        found = t_bounds(d.tolist(), None, se=float(d.std(ddof=1)) / len(d) ** 0.5, question=question)
        assert agree(found.lower, case["lower_one_sided"], tolerance), case
        assert agree(found.upper, case["upper_one_sided"], tolerance), case
        assert agree(found.p_above, case["p_noninferiority"], tolerance), case


def test_gate_verdicts(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "gate_verdicts")
    for case in cases:
        kind = cast("Kind", case["gate"])
        boundary = -number(case, "margin") if kind == "not_worse_than" else number(case, "threshold")
        rules, se, estimate = (
            Rules(alpha=1 - number(case, "confidence")),
            number(case, "se_at_n_100"),
            number(case, "estimate"),
        )
        half = -float(ndtri(rules.alpha)) * se
        found = Bounds(
            estimate=estimate,
            n=100,
            units=100,
            method="normal",
            lower=estimate - half,
            upper=estimate + half,
            sd=10 * se,
        )
        assert agree((found.lower, found.upper), [case["lower"], case["upper"]], tolerance)
        verdict = decide(kind, found, boundary, rules=rules)
        assert verdict.word == case["verdict"], case
        expected = case["more_cases_if_the_estimate_holds_80pct_power"]
        if verdict.word == "undecided":
            assert more_cases(estimate=estimate, boundary=boundary, sd=10 * se, n=100) == expected, case


def test_multiple_testing(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "multiple_testing")
    for case in cases:
        for name, adjust in (("bonferroni", bonferroni), ("holm", holm), ("bh", benjamini_hochberg)):
            expected, found = cast("Case", case[name]), adjust(numbers(case, "p"))
            assert agree(found, expected["adjusted"], tolerance), (name, case)
            assert [p is not None and p <= number(case, "alpha") for p in found] == expected["reject"], (name, case)


def test_sample_size_of_a_mean(shared_data: Path) -> None:
    cases, _ = load(shared_data, "power")
    for case in (case for case in cases if "sd" in case):
        distance, sd = number(case, "distance"), number(case, "sd")
        alpha, power = number(case, "alpha"), number(case, "power")
        assert normal_n(distance, sd, alpha=alpha, power=power) == case["n_normal"]
        assert plan_mean(distance, sd, alpha=alpha, power=power) == case["n_t"]


def test_sample_size_of_a_rate(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "power")
    for case in (case for case in cases if "threshold" in case):
        threshold, truth = number(case, "threshold"), number(case, "truth")
        plan = plan_rate(threshold, truth, alpha=number(case, "alpha"), power=number(case, "power"))
        assert plan is not None
        assert (plan.normal_n, plan.first_n, plan.n) == (
            case["n_normal"],
            case["n_first_exact"],
            case["n_stable_exact"],
        )
        assert agree(plan.power, case["power_at_n_stable"], tolerance)


def test_power_of_mcnemar(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "power")
    for case in (case for case in cases if "p_only_first" in case):
        gain, loss = number(case, "p_only_first"), number(case, "p_only_second")
        found = mcnemar_power(whole(case, "n"), gain=gain, loss=loss, alpha=number(case, "alpha"))
        assert agree(found, case["power"], tolerance), case


def test_order_statistics(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "quantile_order_statistics")
    for case in cases:
        n, quantile = whole(case, "n"), number(case, "quantile")
        low, high = order_statistic_ranks(n, quantile)
        assert [low, high] == [case["lower_rank"], case["upper_rank"]], case
        below = float(bdtr(low - 1, n, quantile)) if low else 0.0
        not_above = float(bdtr(high - 1, n, quantile)) if high else 1.0
        assert agree(not_above - below, case["coverage"], tolerance), case
