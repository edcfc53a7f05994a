import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import case_rows

from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.means import t_interval
from genyard.evaluate.statistics.paired import difference_interval, effect, flips, pair

grades = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=20)


def test_only_what_both_have_is_paired_and_the_rest_counted() -> None:
    candidate = [CaseScore(case=c, value=v) for c, v in [("d", 1.0), ("a", 0.5), ("b", None), ("e", None)]]
    baseline = [CaseScore(case=c, value=v) for c, v in [("a", 0.25), ("b", 1.0), ("c", 1.0), ("e", None)]]
    found = pair(candidate, baseline)
    assert (found.cases, found.candidate, found.baseline) == (("a",), (0.5,), (0.25,))
    assert (found.only_candidate, found.only_baseline, found.unscored) == (1, 2, 1)


def test_rounding_is_no_difference() -> None:
    assert pair(case_rows([0.1 + 0.2]), case_rows([0.3])).differences == (0.0,)


def test_clusters_come_from_either_side() -> None:
    with_sources, without = case_rows([1.0, 0.5], ["x", "x"]), case_rows([0.5, 0.5])
    assert pair(with_sources, without).clusters == pair(without, with_sources).clusters == ("cluster:x", "cluster:x")
    assert pair(without, without).clusters is None


@given(new=grades, old=grades)
def test_swapping_arms_mirrors(new: list[float], old: list[float]) -> None:
    n = min(len(new), len(old))
    there, back = pair(case_rows(new[:n]), case_rows(old[:n])), pair(case_rows(old[:n]), case_rows(new[:n]))
    assert there.differences == tuple(-d if d else 0.0 for d in back.differences)
    first, second = effect(there), effect(back)
    assert (first.wins, first.losses, first.ties) == (second.losses, second.wins, second.ties)
    assert first.se_paired == pytest.approx(second.se_paired)


def test_pairing_gains_when_cases_are_hard_for_both() -> None:
    found = effect(pair(case_rows([0.1, 0.52, 0.93, 0.3]), case_rows([0.0, 0.5, 0.9, 0.2])))
    assert found.gain is not None and found.gain > 5
    assert effect(pair(case_rows([1.0, 1.0]), case_rows([0.0, 0.0]))).gain is None


def test_the_interval_is_that_of_the_differences() -> None:
    pairs = pair(case_rows([0.9, 0.4, 0.6, 0.75]), case_rows([0.7, 0.5, 0.2, 0.7]))
    found = difference_interval(pairs, seed=1)
    assert (found.lower, found.upper) == (t_interval(pairs.differences).lower, t_interval(pairs.differences).upper)


def test_differences_are_taken_before_clusters() -> None:
    names = ["x", "x", "y", "y", "z", "z"]
    pairs = pair(case_rows([0.9, 0.4, 0.6, 0.75, 1.0, 0.0], names), case_rows([0.7, 0.5, 0.2, 0.7, 0.5, 0.5], names))
    found = difference_interval(pairs, seed=1, value_range=(0, 1))
    assert (found.method, found.units, found.n) == ("cluster-robust t", 3, 6)


def test_zero_one_differences_are_not_a_rate() -> None:
    pairs = pair(case_rows([1.0] * 20 + [0.5] * 20), case_rows([0.0] * 20 + [0.5] * 20))
    assert difference_interval(pairs, seed=1, value_range=(0, 1)).method == "bca"


def test_flips_start_with_the_largest_loss() -> None:
    found = flips(pair(case_rows([0.0, 1.0, 0.5, 0.4]), case_rows([1.0, 1.0, 0.0, 0.5])))
    assert [(flip.case, round(flip.change, 9)) for flip in found] == [
        ("case-00000", -1.0),
        ("case-00003", -0.1),
        ("case-00002", 0.5),
    ]


def test_nothing_paired_is_undefined() -> None:
    pairs = pair(case_rows([1.0]), [])
    assert effect(pairs).mean_difference is None
    assert difference_interval(pairs, seed=1).warnings == ("no rows",)
