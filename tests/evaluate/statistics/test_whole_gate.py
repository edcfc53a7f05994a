from dataclasses import replace

import numpy as np
import pytest
from tests.evaluate.statistics.rows import case_rows

from genyard.evaluate.statistics.cases import CaseScore
from genyard.evaluate.statistics.conditions import at_least
from genyard.evaluate.statistics.verdicts import Rules, Verdict
from genyard.evaluate.statistics.whole_gate import whole_gate


def right(k: int, n: int) -> list[CaseScore]:
    return case_rows([1.0] * k + [0.0] * (n - k))


def rate(k: int, *, looks: int = 1) -> Verdict:
    return at_least(right(k, 100), 0.7, rules=Rules(looks=looks))


def test_all_conditions_must_hold() -> None:
    assert whole_gate({"a": rate(82), "b": rate(90)}).word == "pass"
    assert whole_gate({"a": rate(82), "b": rate(72)}).word == "undecided"
    assert whole_gate({"a": rate(82), "b": rate(40)}).word == "fail"


def test_a_gate_without_conditions_promises_nothing() -> None:
    found = whole_gate({})
    assert (found.word, found.reason) == ("undecided", "undecided: the gate has no conditions")


def test_the_reason_names_what_decided() -> None:
    assert whole_gate({"exact": rate(82)}).reason == "pass: all 1 conditions hold"
    assert whole_gate({"exact": rate(40), "f1": rate(72)}).reason.startswith("fail: exact: fail: mean 0.4 on 100 cases")
    assert "exact" not in whole_gate({"exact": rate(82), "f1": rate(72)}).reason


def test_a_fail_is_a_claim_about_any_of_many() -> None:
    barely = rate(61)
    assert barely.word == "fail" and barely.p_fail is not None and 0.025 < barely.p_fail < 0.05
    assert whole_gate({"a": barely}).word == "fail"
    among = whole_gate({"a": barely, "b": rate(82)})
    assert among.word == "undecided" and "fails alone, not among 2 conditions: a" in among.reason
    assert among.p_fail[0] == pytest.approx(2 * barely.p_fail)


def test_passing_takes_no_correction() -> None:
    barely = rate(78)
    assert barely.p_pass is not None and barely.p_pass > 0.025
    assert whole_gate(dict.fromkeys("abcdef", barely)).word == "pass"


def test_conditions_without_bounds_are_not_counted_in_the_family() -> None:
    nothing = at_least([], 0.7, rules=Rules())
    assert whole_gate({"a": rate(61), "b": nothing}).word == "fail"


def test_levels_that_differ_are_weighed() -> None:
    strict, easy = rate(61, looks=3), rate(61)
    assert strict.word == "undecided" and easy.word == "fail"
    assert whole_gate({"strict": strict}).word == "undecided"
    assert whole_gate({"easy": easy}).p_fail[0] == pytest.approx(easy.p_fail)
    assert whole_gate({"a": replace(strict, word="pass"), "b": rate(40)}).word == "fail"


@pytest.mark.slow
def test_a_release_that_sits_on_one_threshold_rarely_passes() -> None:
    rng, runs, passed = np.random.default_rng(20_261_134), 4_000, 0
    verdicts = {k: at_least(right(k, 100), 0.7, rules=Rules()) for k in range(101)}
    for on, far, further in zip(*(rng.binomial(100, p, size=runs) for p in (0.7, 0.9, 0.95)), strict=True):
        passed += whole_gate({"a": verdicts[on], "b": verdicts[far], "c": verdicts[further]}).word == "pass"
    assert passed / runs <= 0.05
