"""Scorers by name: what they read of a case, their options, their identity."""

import pytest

from genyard.core.canonical import JsonObject
from genyard.core.errors import InvalidInput
from genyard.develop.code_scorers import make_scorer, metric_names
from genyard.develop.scorers import Case, Scorer


def case(answer: str = "", expected: JsonObject | None = None, retrieved: tuple[str, ...] = ()) -> Case:
    return Case(inputs={"question": "?"}, expected=expected or {}, answer=answer, retrieved=retrieved)


def test_citations_are_removed_before_scoring_unless_kept() -> None:
    cited = case("Room 12 [1].", {"answer": "room 12"})
    assert make_scorer("exact_match").score(cited).value == 1.0
    assert make_scorer("exact_match", options={"citations": "keep"}).score(cited).value == 0.0


def test_any_of_several_answers_will_do() -> None:
    assert make_scorer("answer_f1").score(case("blue", {"answers": ["red", "blue"]})).value == 1.0
    assert make_scorer("contains").score(case("all 18 of them", {"answer": 18})).value == 1.0


@pytest.mark.parametrize("nothing", [None, []])
def test_a_question_without_an_answer_is_answered_by_saying_so(nothing: JsonObject | None) -> None:
    scorer = make_scorer("answer_f1")
    assert scorer.score(case("I don't know.", {"answers": nothing})).value == 1.0
    assert scorer.score(case("Room 12.", {"answers": nothing})).value == 0.0


def test_a_row_that_says_nothing_is_not_judged() -> None:
    found = make_scorer("answer_f1").score(case("x", {"documents": ["a.md"]}))
    assert (found.value, found.explanation) == (None, "the row says nothing of the answer it expects")


def test_retrieval_counts_documents_not_chunks() -> None:
    found = case(expected={"document": "b.md"}, retrieved=("a.md", "a.md", "a.md", "b.md"))
    assert make_scorer("recall_at_2").score(found).value == 1.0
    assert make_scorer("mrr").score(found).value == 0.5
    assert make_scorer("precision_at_4").score(found).value == 0.25
    assert make_scorer("ndcg_at_1").score(found).value == 0.0
    assert make_scorer("recall_at_2").score(case(retrieved=("a.md",))).value is None


def test_measured_values_go_down_and_may_be_missing() -> None:
    latency = make_scorer("latency_s")
    assert (latency.direction, latency.value_range, latency.deterministic) == ("lower", (0.0, None), False)
    measured = Case(inputs={}, expected={}, answer="", latency_s=0.25, cost_usd=None)
    assert latency.score(measured).value == 0.25
    assert make_scorer("cost_usd").score(measured).explanation == "no price is known"


def test_a_cap_gives_a_latency_a_highest_value() -> None:
    capped = make_scorer("quick", metric="latency_s", options={"cap": 0.2})
    assert (capped.value_range, capped.artifact().body["options"]) == ((0.0, 0.2), {"cap": 0.2})
    slow, quick = (Case(inputs={}, expected={}, answer="", latency_s=took) for took in (0.25, 0.1))
    assert (capped.score(slow).value, capped.score(quick).value) == (0.2, 0.1)
    assert capped.score(slow).explanation == "0.25, counted as the cap 0.2"


def test_numbers_are_compared_as_values() -> None:
    scorer = make_scorer("total", metric="numeric_match", options={"after": "A:"})
    assert scorer.score(case("so 3 [2]\nA: 1,800", {"answer": "1800"})).value == 1.0


@pytest.mark.parametrize(
    ("name", "options", "message", "hint"),
    [
        ("answer_fl", {}, "not a metric", "did you mean answer_f1?"),
        ("recall_at_0", {}, "not a metric", "recall_at_4"),
        ("latency_s_at_4", {}, "not a metric", "latency_s"),
        ("contains", {"normalization": "squad"}, "no option 'normalization'", "did you mean normalisation?"),
        ("contains", {"normalisation": "nfc"}, "cannot take normalisation 'nfc'", "there are: auto, squad, unicode"),
        ("recall", {"k": True}, "cannot take k True", "its default is 10"),
        ("latency_s", {"cap": 0}, "cannot take cap 0", "its default is None"),
        ("recall", {"k": 2.5}, "cannot take k 2.5", "its default is 10"),
        ("contains", {"abstentions": "no"}, "cannot take abstentions", "its default"),
    ],
)
def test_a_wrong_name_or_option_is_named_with_the_nearest(
    name: str, options: JsonObject, message: str, hint: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        make_scorer(name, options=options)
    assert hint in caught.value.hint


def test_the_name_is_no_part_of_the_identity_but_options_are() -> None:
    plain = make_scorer("answer_f1").artifact().digest
    assert make_scorer("mine", metric="token_f1").artifact().digest == plain
    assert make_scorer("answer_f1", options={"normalisation": "squad"}).artifact().digest != plain


@pytest.mark.parametrize("name", metric_names())
def test_every_name_makes_a_scorer_of_the_port(name: str) -> None:
    scorer: Scorer = make_scorer(name)
    judged = scorer.score(case("x", {"answer": "x", "documents": ["a"]}, ("a",)))
    assert judged.value is not None or judged.explanation
    assert scorer.artifact().kind == "metric"
