from pathlib import Path

import numpy as np
from tests.published.stat_vectors import agree, load, number, whole

from genyard.evaluate.statistics.power import rate_power, smallest_passing_successes
from genyard.evaluate.statistics.proportions import clopper_pearson, wilson


def test_intervals_and_bounds(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "proportions")
    for case in cases:
        k, n, alpha = whole(case, "successes"), whole(case, "n"), 1 - number(case, "confidence")
        for name, method in (("wilson", wilson), ("clopper_pearson", clopper_pearson)):
            found = method(k, n, alpha=alpha)
            assert agree((found.lower, found.upper), case[name], tolerance), (name, case)
            if n == 0:
                continue
            lower, upper = method(k, n, alpha=alpha, sided="lower"), method(k, n, alpha=alpha, sided="upper")
            assert agree(lower.lower, case[f"{name}_one_sided_lower"], tolerance), (name, case)
            assert agree(upper.upper, case[f"{name}_one_sided_upper"], tolerance), (name, case)


def test_gate_on_a_rate(shared_data: Path) -> None:
    cases, tolerance = load(shared_data, "gate_proportion_exact")
    for case in cases:
        n, threshold, alpha = np.array([whole(case, "n")]), number(case, "threshold"), 1 - number(case, "confidence")
        fewest = int(smallest_passing_successes(n, threshold, alpha=alpha)[0])
        expected = case["clopper_pearson_smallest_passing_k"]
        assert fewest == (int(n[0]) + 1 if expected is None else expected), case
        at = rate_power(n, threshold, threshold, alpha=alpha)[0]
        assert agree(float(at), case["clopper_pearson_false_pass_at_threshold"], tolerance), case
        for step in ("0_05", "0_10"):
            truth = threshold + float(step.replace("_", "."))
            key = f"clopper_pearson_power_at_threshold_plus_{step}"
            if case.get(key) is not None:
                assert agree(float(rate_power(n, threshold, truth, alpha=alpha)[0]), case[key], tolerance), case
