from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.statistics.rows import case_rows

from genyard.core.errors import InvalidInput
from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.conditions import at_least, at_most, not_worse_than
from genyard.evaluate.statistics.verdicts import Rules

UNIT = Rules(value_range=(0.0, 1.0))
grades = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=60)


def right(k: int, n: int) -> list[CaseScore]:
    return case_rows([1.0] * k + [0.0] * (n - k))


def test_a_rate_passes_fails_or_stays_open() -> None:
    assert at_least(right(82, 100), 0.7, rules=Rules()).word == "pass"
    assert at_least(right(50, 100), 0.7, rules=Rules()).word == "fail"
    assert at_least(right(72, 100), 0.7, rules=Rules()).word == "undecided"


def test_the_reason_is_one_sentence_with_the_numbers() -> None:
    assert at_least(right(82, 100), 0.7, rules=Rules()).reason == (
        "pass: mean 0.82 on 100 cases; the 95 % lower bound 0.7449 reaches 0.7"
    )
    assert at_most(right(0, 100), 0.05, rules=Rules(looks=2)).reason == (
        "pass: mean 0 on 100 cases; the 97.5 % upper bound 0.03622 stays within 0.05"
    )
    assert not_worse_than(right(50, 100), right(80, 100), 0.05, rules=Rules()).reason == (
        "fail: difference -0.3 on 100 cases; the 95 % upper bound -0.2307 is below -0.05"
    )
    assert at_least(right(72, 100), 0.7, rules=Rules(looks=2)).reason == (
        "undecided: mean 0.72 on 100 cases; the 97.5 % bounds 0.6213 and 0.8052 lie around 0.7; "
        "about 3,900 more cases would decide"
    )


@given(values=grades, threshold=st.floats(0.01, 0.99))
def test_at_most_mirrors_at_least(values: list[float], threshold: float) -> None:
    low = at_least(case_rows(values), threshold, rules=UNIT)
    high = at_most(case_rows([1 - x for x in values]), 1 - threshold, rules=UNIT)
    assert low.word == high.word
    assert (low.p_pass, low.p_fail) == pytest.approx((high.p_pass, high.p_fail), abs=1e-6)


@given(values=grades, threshold=st.floats(0.01, 0.99))
def test_a_better_score_never_undoes_a_pass_of_a_rate(values: list[float], threshold: float) -> None:
    k, n = sum(x >= 0.5 for x in values), len(values)
    words = {"fail": 0, "undecided": 1, "pass": 2}
    found = [words[at_least(right(k, n), threshold, rules=Rules()).word] for k in range(k, n + 1)]
    assert found == sorted(found)


@given(values=grades, other=grades, margin=st.sampled_from([0.02, 0.1, 0.3]))
def test_row_order_changes_nothing(values: list[float], other: list[float], margin: float) -> None:
    n = min(len(values), len(other))
    new, old = case_rows(values[:n]), case_rows(other[:n])
    assert not_worse_than(new[::-1], old, margin, rules=UNIT) == not_worse_than(new, old[::-1], margin, rules=UNIT)


def test_a_perfect_score_still_needs_enough_cases() -> None:
    short, enough = at_least(right(28, 28), 0.9, rules=Rules()), at_least(right(29, 29), 0.9, rules=Rules())
    assert (short.word, short.more_cases) == ("undecided", 1)
    assert enough.word == "pass"


@pytest.mark.parametrize("rows", [right(1, 1), right(4, 4), case_rows([0.4]), case_rows([0.9] * 4)])
def test_on_fewer_than_five_cases_nothing_is_decided(rows: list[CaseScore]) -> None:
    for found in (
        at_least(rows, 0.2, rules=Rules(deterministic=True)),
        not_worse_than(rows, rows, 0.9, rules=Rules(value_range=(0.0, 1.0), deterministic=True)),
    ):
        n = len(rows)
        assert (found.word, found.more_cases) == ("undecided", 30 - n)
        assert found.reason == f"undecided: n {n}, too few; at least {30 - n} more cases are needed"
    assert at_least(right(5, 5), 0.2, rules=Rules()).word == "pass"


def test_no_scored_case_is_undecided() -> None:
    found = at_least([], 0.5, rules=UNIT)
    assert (found.word, found.reason, found.n) == ("undecided", "undecided: no case is scored", 0)
    assert (found.estimate, found.bound_lower, found.p_fail) == (None, None, None)
    assert not_worse_than([], right(3, 5), 0.1, rules=UNIT).word == "undecided"
    assert at_least(case_rows([0.4]), 0.1, rules=UNIT).word == "undecided"


def test_few_equal_scores_decide_only_when_declared_deterministic() -> None:
    rows = case_rows([0.5] * 20)
    assert "variance cannot be estimated" in at_least(rows, 0.3, rules=UNIT).reason
    declared = at_least(rows, 0.3, rules=Rules(value_range=(0.0, 1.0), deterministic=True))
    assert declared.word == "pass" and declared.bound_lower == pytest.approx(0.5 * 0.05 ** (1 / 20))
    assert at_least(case_rows([0.5] * 40), 0.3, rules=UNIT).word == "pass"


def test_equal_scores_without_a_range_never_decide() -> None:
    assert "no declared range" in at_least(case_rows([7.0] * 500), 3.0, rules=Rules()).reason


@pytest.mark.parametrize(("missing", "word"), [(5, "pass"), (15, "undecided")])
def test_missing_scores_count_as_the_worst_for_a_pass(missing: int, word: str) -> None:
    rows = case_rows([1.0] * 85 + [0.0] * (15 - missing) + [None] * missing)
    assert at_least(rows, 0.8 if word == "undecided" else 0.7, rules=Rules()).word == word


def test_missing_scores_count_as_the_best_for_a_fail() -> None:
    rows = case_rows([1.0] * 50 + [0.0] * 30 + [None] * 20)
    found = at_least(rows, 0.75, rules=Rules())
    assert found.word == "undecided" and "scored as the best they would turn fail into undecided" in found.reason
    assert at_least(case_rows([1.0] * 30 + [0.0] * 50 + [None] * 20), 0.75, rules=Rules()).word == "fail"


def test_missing_repeats_count_with_their_share() -> None:
    whole = [CaseScore(case=str(i), value=0.8 + 0.002 * (i % 9)) for i in range(60)]
    half = [CaseScore(case=row.case, value=row.value, unscored=0.5) for row in whole]
    assert at_least(whole, 0.6, rules=UNIT).word == "pass"
    assert at_least(half, 0.6, rules=UNIT).word == "undecided"
    assert at_least(half, 0.35, rules=UNIT).word == "pass"


def test_missing_scores_without_a_range_leave_it_open() -> None:
    rows = [*case_rows([10.0 + 0.1 * (i % 7) for i in range(50)]), CaseScore(case="lost", value=None, unscored=1.0)]
    found = at_most(rows, 20.0, rules=Rules())
    assert found.word == "undecided" and "1 of 51 scores are missing" in found.reason


def test_missing_scores_of_the_candidate_are_losses() -> None:
    baseline = right(90, 100)
    lost = [CaseScore(case=row.case, value=None if i < 15 else row.value) for i, row in enumerate(baseline)]
    assert not_worse_than(baseline, baseline, 0.05, rules=Rules()).word == "pass"
    assert not_worse_than(lost, baseline, 0.05, rules=Rules()).word == "undecided"
    assert not_worse_than(baseline[:80], baseline, 0.05, rules=Rules()).n == 80


def test_lower_is_better_turns_the_comparison() -> None:
    slow = case_rows([2.0 + 0.1 * (i % 5) for i in range(50)])
    quick = case_rows([1.0 + 0.1 * (i % 3) for i in range(50)])
    rules = Rules(higher_is_better=False)
    assert not_worse_than(quick, slow, 0.1, rules=rules).word == "pass"
    assert not_worse_than(slow, quick, 0.1, rules=rules).word == "fail"


def test_each_look_spends_its_share() -> None:
    once = at_least(right(78, 100), 0.7, rules=Rules())
    second = at_least(right(78, 100), 0.7, rules=Rules(look=2, looks=3))
    assert once.word == "pass" and second.word == "undecided"
    assert second.level == pytest.approx(0.05 / 3)
    spent = at_least(right(100, 100), 0.7, rules=Rules(look=2))
    assert (spent.word, spent.reason) == ("undecided", "undecided: all 1 planned looks are spent, this is look 2")


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (lambda: Rules(alpha=0.0), "alpha"),
        (lambda: Rules(looks=4), "look 1 of 4"),
        (lambda: Rules(look=0), "look 0"),
        (lambda: Rules(value_range=(1.0, 1.0)), "range"),
    ],
)
def test_rules_that_mean_nothing_are_refused(rules: Callable[[], Rules], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rules()


def test_a_margin_must_be_a_loss() -> None:
    with pytest.raises(InvalidInput, match="margin is 0"):
        not_worse_than(right(1, 2), right(1, 2), 0.0, rules=Rules())
    with pytest.raises(InvalidInput, match="appears twice"):
        at_least([CaseScore(case="a", value=1.0)] * 2, 0.5, rules=Rules())


def test_a_result_on_the_boundary_is_not_worth_more_cases() -> None:
    found = at_least(right(702, 1_000), 0.7, rules=Rules())
    assert found.word == "undecided" and found.more_cases is None
    assert found.reason.endswith("too near for more cases to decide")


def test_sources_are_counted_not_rows() -> None:
    names = [f"doc-{i // 10}" for i in range(200)]
    alone, shared = case_rows([1.0] * 190 + [0.0] * 10), case_rows([1.0] * 190 + [0.0] * 10, names)
    assert at_least(alone, 0.9, rules=Rules()).word == "pass"
    found = at_least(shared, 0.9, rules=Rules())
    assert (found.word, found.n, found.units) == ("undecided", 200, 20)
    assert "from 20 sources" in found.reason
