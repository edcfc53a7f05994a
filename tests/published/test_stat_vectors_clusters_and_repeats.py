import math
from pathlib import Path
from typing import cast

from tests.published.stat_vectors import Case, agree, load, number, numbers, whole

from genyard.evaluate.statistics.clusters import cluster_interval, clustered_error
from genyard.evaluate.statistics.means import t_interval
from genyard.evaluate.statistics.pass_at_k import pass_at_k, pass_hat_k
from genyard.evaluate.statistics.repeats import (
    best_repeats,
    cases_for_error,
    standard_error_of_design,
    variance_components,
)


def test_clustered(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "clustered")
    for case in cases:
        y, clusters = numbers(case, "y"), numbers(case, "cluster")
        found, interval = clustered_error(y, clusters), cluster_interval(y, clusters)
        assert agree(found.naive, case["se_naive"], tolerance), case
        assert agree(found.robust, case["se_cr1"], tolerance), case
        assert agree(found.design_effect, case["design_effect"], tolerance), case
        expected = case["t_interval_95_df_clusters_minus_1"]
        assert agree((interval.lower, interval.upper), expected or [None, None], tolerance), case


def test_variance_components(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "variance_components")
    for case in cases:
        scores = cast("list[list[float]]", case["scores_by_case"])
        found = variance_components(scores)
        assert agree(found.between, case["ms_between"], tolerance), case
        assert agree(found.within, case["ms_within"], tolerance), case
        assert agree(found.typical_repeats, case["n0"], tolerance), case
        assert agree(found.repeat, case["var_repeat"], tolerance), case
        assert agree(found.case, case["var_case"], tolerance), case
        assert agree(found.case_untruncated, case["var_case_untruncated"], tolerance), case
        assert agree(found.share_of_case, case["icc"], tolerance), case


def test_mean_of_case_means(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "variance_components")
    for case in cases:
        means = [math.fsum(s) / len(s) for s in cast("list[list[float]]", case["scores_by_case"])]
        error = clustered_error(means, range(len(means))).naive
        assert agree(math.fsum(means) / len(means), case["mean_of_case_means"], tolerance)
        assert agree(error, case["se_of_mean"], tolerance), case


def test_plan_repeats(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "plan_repeats")
    for case in cases:
        var_case, var_repeat = number(case, "var_case"), number(case, "var_repeat")
        costs = {key: number(case, key) for key in ("cost_per_case", "cost_per_answer")}
        best = best_repeats(var_case=var_case, var_repeat=var_repeat, **costs)
        assert agree(best, case["best_repeats_real"], tolerance), case
        for design, expected in cast("Case", case["se_by_design"]).items():
            n, r = map(int, design.split("x"))
            se = standard_error_of_design(var_case=var_case, var_repeat=var_repeat, cases=n, repeats=r)
            assert agree(se, expected, tolerance), (design, case)
        for repeats, expected in cast("Case", case["cases_needed_for_se_0_01"]).items():
            needed = cases_for_error(
                var_case=var_case, var_repeat=var_repeat, repeats=int(repeats), standard_error=0.01
            )
            assert needed == expected, (repeats, case)


def test_pass_at_k(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "pass_at_k")
    for case in cases:
        n, c, k = whole(case, "n"), whole(case, "c"), whole(case, "k")
        assert agree(pass_at_k(n, c, k), case["pass_at_k"], tolerance), case
        assert agree(pass_hat_k(n, c, k), case["pass_hat_k"], tolerance), case


def test_pass_at_k_over_cases(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "pass_at_k_aggregate")
    for case in cases:
        n, k, right = whole(case, "trials"), whole(case, "k"), [int(c) for c in numbers(case, "successes_per_case")]
        for name, per_case in (("pass_at_k", pass_at_k), ("pass_hat_k", pass_hat_k)):
            values = [value for c in right if (value := per_case(n, c, k)) is not None]
            assert agree(t_interval(values).estimate, case[name], tolerance), case
            assert agree(clustered_error(values, range(len(values))).naive, case[f"{name}_se"], tolerance), case
        hat = t_interval([value for c in right if (value := pass_hat_k(n, c, k)) is not None])
        assert agree((hat.lower, hat.upper), case["t_95_pass_hat_k"], tolerance), case
