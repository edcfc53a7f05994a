"""Retrieval metrics on rankings small enough to check by hand, and what holds for every ranking."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.develop.retrieval_metrics import average_precision, ndcg, precision, recall, reciprocal_rank, trec_order

RANKINGS = st.lists(st.sampled_from("abcdefgh"), unique=True)
GRADES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-1, 3))


def test_a_ranking_worked_by_hand() -> None:
    ranked, relevant = ["x", "a", "y", "b"], {"a": 1, "b": 1, "c": 1, "x": 0}
    assert recall(ranked, relevant, k=2) == pytest.approx(1 / 3)
    assert precision(ranked, relevant, k=5) == pytest.approx(2 / 5)
    assert reciprocal_rank(ranked, relevant) == 1 / 2
    assert average_precision(ranked, relevant) == pytest.approx((1 / 2 + 2 / 4) / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert ndcg(ranked, relevant) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_grades_weigh_the_gain() -> None:
    assert ndcg(["b", "a"], {"a": 3, "b": 1}) == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))
    assert ndcg(["b", "a"], {"a": 3, "b": 1}, k=1) == pytest.approx(1 / 3)


def test_a_find_below_the_cut_does_not_count() -> None:
    assert reciprocal_rank(["x", "y", "a"], {"a": 1}, k=2) == 0.0
    assert recall(["x", "y", "a"], {"a": 1}, k=2) == 0.0


def test_ties_are_broken_by_id_downwards() -> None:
    assert trec_order({"a": 1.0, "c": 1.0, "b": 2.0}) == ["b", "c", "a"]


@given(RANKINGS, GRADES, st.integers(1, 8))
def test_every_measure_is_between_0_and_1(ranked: list[str], relevant: dict[str, int], k: int) -> None:
    values = [measure(ranked, relevant, k=k) for measure in (recall, precision, reciprocal_rank, ndcg)]
    assert all(0.0 <= value <= 1.0 + 1e-12 for value in [*values, average_precision(ranked, relevant)])


@given(GRADES)
def test_the_ideal_ranking_is_perfect(relevant: dict[str, int]) -> None:
    ideal = sorted(relevant, key=lambda one: -relevant[one])
    some = any(grade > 0 for grade in relevant.values())
    assert ndcg(ideal, relevant) == pytest.approx(float(some))
    assert average_precision(ideal, relevant) == pytest.approx(float(some))
