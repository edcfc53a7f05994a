"""Gates: what a condition reads as, what evidence is bound to, and the verdict on it."""

from dataclasses import replace
from typing import Any

import pytest
from tests.evaluate.evidence import CONTAINS, COST, LATENCY, judged

from genyard.develop.code_scorers import make_scorer
from genyard.evaluate.gates import Condition, Judged, gate_json, judge, nothing_serves, same_system
from genyard.evaluate.report import rows_of

AT_LEAST = Condition(metric="contains", on="golden", kind="at_least", limit=0.5)
NOT_WORSE = Condition(metric="contains", on="golden", kind="not_worse_than", limit=0.1, against="prod")


def verdict(condition: Condition, right: int, wrong: int, *, before: int = 0, look: int = 1) -> Judged:
    """Judge so many right and wrong answers; ``before`` is how many of them the release that serves had right."""
    count = right + wrong
    baseline = rows_of(judged(["yes"] * before + ["no"] * (count - before))) if condition.against else None
    given = rows_of(judged(["yes"] * right + ["no"] * wrong))
    return judge(condition, CONTAINS, given, baseline, look=look, seed=1)


def word(found: Judged) -> str:
    assert found.verdict
    return found.verdict.word


@pytest.mark.parametrize(("right", "wrong", "expected"), [(80, 20, "pass"), (20, 80, "fail"), (52, 48, "undecided")])
def test_at_least(right: int, wrong: int, expected: str) -> None:
    assert word(verdict(AT_LEAST, right, wrong)) == expected
    mirrored = replace(AT_LEAST, kind="at_most")
    assert word(verdict(mirrored, wrong, right)) == expected


@pytest.mark.parametrize(("before", "expected"), [(80, "pass"), (99, "fail"), (88, "undecided")])
def test_not_worse_than(before: int, expected: str) -> None:
    found = verdict(NOT_WORSE, 80, 20, before=before)
    assert (word(found), found.live) == (expected, before / 100)


def test_a_lower_latency_is_the_better_one() -> None:
    condition = replace(NOT_WORSE, metric="latency_s", limit=0.5)
    slow = rows_of(judged(["x"] * 40, scorer=LATENCY, latencies=[3 + 0.01 * one for one in range(40)]))
    fast = rows_of(judged(["x"] * 40, scorer=LATENCY, latencies=[1 + 0.02 * one for one in range(40)]))
    assert word(judge(condition, LATENCY, fast, slow, look=1, seed=1)) == "pass"
    assert word(judge(condition, LATENCY, slow, fast, look=1, seed=1)) == "fail"


def test_free_answers_do_not_show_that_none_is_dear() -> None:
    """They are no rate of 0 in 40, which would pass at 0.1."""
    condition = replace(AT_LEAST, metric="cost_usd", kind="at_most", limit=0.1)
    free = rows_of(judged(["x"] * 40, scorer=COST, costs=[0.0] * 40))
    assert word(judge(condition, COST, free, None, look=1, seed=1, repeatable=True)) == "undecided"
    not_worse = replace(NOT_WORSE, metric="cost_usd")
    assert word(judge(not_worse, COST, free, free, look=1, seed=1, repeatable=True)) == "undecided"


def test_a_cap_gives_a_cost_the_range_that_a_gate_needs() -> None:
    capped = make_scorer("cost", metric="cost_usd", options={"cap": 0.5})
    condition = replace(AT_LEAST, metric="cost", kind="at_most", limit=0.1)
    free = rows_of(judged(["x"] * 40, scorer=capped, costs=[0.0] * 40))
    found = judge(condition, capped, free, None, look=1, seed=1)
    assert found.verdict and found.verdict.bound_upper == pytest.approx(0.5 * (1 - 0.05 ** (1 / 40)))
    assert word(found) == "pass"
    not_worse = replace(NOT_WORSE, metric="cost")
    assert word(judge(not_worse, capped, free, free, look=1, seed=1)) == "pass"


def test_a_look_that_was_not_planned_decides_nothing() -> None:
    assert word(verdict(AT_LEAST, 80, 20, look=2)) == "undecided"
    assert word(verdict(replace(AT_LEAST, looks=2), 80, 20, look=2)) == "pass"


def test_missing_answers_count_against_a_pass() -> None:
    given = rows_of(judged(["yes"] * 80 + [None] * 80))
    found = judge(AT_LEAST, CONTAINS, given, None, look=1, seed=1)
    assert word(found) == "undecided"


def test_only_a_system_that_repeats_itself_is_judged_by_few_equal_answers() -> None:
    f1 = replace(CONTAINS, name="f1", metric="token_f1")
    rows = rows_of(judged(["yes sir"] * 12, scorer=f1))
    condition = replace(AT_LEAST, metric="f1", limit=0.3)
    assert word(judge(condition, f1, rows, None, look=1, seed=1)) == "undecided"
    assert word(judge(condition, f1, rows, None, look=1, seed=1, repeatable=True)) == "pass"


def test_evidence_is_bound_to_everything_that_a_condition_says() -> None:
    changes: list[dict[str, Any]] = [
        {"metric": "f1"},
        {"on": "other"},
        {"kind": "at_most"},
        {"limit": 0.51},
        {"alpha": 0.01},
        {"looks": 2},
        {"repeats": 3},
        {"against": "staging"},
    ]
    digests = {replace(AT_LEAST, **one).digest() for one in [{}, *changes]}
    assert len(digests) == len(changes) + 1
    assert (AT_LEAST.rule, NOT_WORSE.rule) == ("≥ 0.5", "not worse than prod by 0.1")


def test_a_gate_passes_when_all_hold_and_fails_when_one_does() -> None:
    good, bad, open_ = verdict(AT_LEAST, 80, 20), verdict(AT_LEAST, 5, 95), verdict(AT_LEAST, 52, 48)
    assert gate_json([good, good])["verdict"] == "pass"
    assert gate_json([good, bad])["verdict"] == "fail"
    assert gate_json([good, open_])["verdict"] == "undecided"


def test_the_reason_of_each_condition_stands_without_its_word() -> None:
    gate: Any = gate_json([verdict(AT_LEAST, 5, 95)])
    assert gate["conditions"][0]["reason"].startswith("mean 0.05 on 100 cases")
    assert gate["sentence"] == "contains on golden ≥ 0.5 fails at 0.050"


def test_without_a_gate_and_without_a_release_to_compare_with() -> None:
    assert gate_json([])["verdict"] == "none"
    for found in (nothing_serves(NOT_WORSE), same_system(NOT_WORSE)):
        gate: Any = gate_json([found])
        assert (gate["verdict"], gate["conditions"][0]["n"], gate["sentence"]) == ("pass", 0, found.why)
    with pytest.raises(ValueError, match="needs the scores of what serves prod"):
        judge(NOT_WORSE, CONTAINS, rows_of(judged(["yes"])), None, look=1, seed=1)
