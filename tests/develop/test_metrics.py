"""Answer metrics: the published normalisation, its traps, and what holds for every text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.develop.metrics import contains, exact_match, number_in, numeric_match, squad_normalise, token_f1

ANSWERS = st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  Lord's Prayer.", "lords prayer"),
        ("An apple, a pear & the plum", "apple pear plum"),
        ("theatre", "theatre"),
        ("", ""),
    ],
)
def test_squad_normalisation_is_the_published_one(text: str, normalised: str) -> None:
    assert squad_normalise(text) == normalised


def test_token_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    # Two of three tokens said are right, two of two expected are found: 2 * (2/3 * 1) / (2/3 + 1).
    assert token_f1("badge office north", ["north office"]) == pytest.approx(0.8)


def test_the_best_of_several_expected_answers_counts() -> None:
    assert token_f1("14 December 1972", ["December 1972", "14 December 1972 UTC"]) == pytest.approx(6 / 7)
    assert exact_match("december 1972", ["14 December 1972 UTC", "December 1972"]) == 1.0


def test_no_expected_answer_matches_nothing() -> None:
    assert token_f1("x", []) == exact_match("x", []) == contains("x", []) == 0.0


def test_an_empty_answer_matches_only_an_empty_one() -> None:
    assert token_f1("", ["x"]) == 0.0
    assert token_f1("the", [""]) == 1.0


def test_contains_asks_for_whole_words_in_a_row() -> None:
    assert contains("It is in room 12, on floor 3.", ["Room 12"]) == 1.0
    assert contains("It is in room 123.", ["room 12"]) == 0.0
    assert contains("anything", [""]) == 0.0


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("答えは東京です。", "東京"), ("Это Москва!", "МОСКВА"), ("הקוד הוא ״שלום״", "שלום"), ("ความลับคือ 42", "42")],
)
def test_other_scripts_are_folded_and_spaced(answer: str, gold: str) -> None:
    assert contains(answer, [gold]) == 1.0
    assert 0.0 < token_f1(answer, [gold]) < 1.0


def test_composed_and_decomposed_letters_are_the_same_in_other_scripts() -> None:
    assert exact_match("\u1f00", ["\u03b1\u0313"]) == 1.0


@given(ANSWERS, ANSWERS)
def test_match_and_f1_are_symmetric_bounded_and_ordered(first: str, second: str) -> None:
    f1 = token_f1(first, [second])
    assert f1 == token_f1(second, [first])
    assert exact_match(first, [second]) == exact_match(second, [first])
    assert 0.0 <= exact_match(first, [second]) <= f1 <= 1.0


@given(ANSWERS)
def test_every_answer_matches_itself(text: str) -> None:
    assert exact_match(text, [text]) == token_f1(text, [text]) == 1.0


@given(st.text(max_size=20), ANSWERS, st.text(max_size=20))
def test_exact_match_implies_contains(before: str, gold: str, after: str) -> None:
    if exact_match(f"{before} {after}", [gold]) and token_f1(gold, [""]) == 0.0:
        assert contains(f"{before} {after}", [gold]) == 1.0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It costs 1,250.50 in all", "1250.50"),
        ("first 3 then -7", "-7"),
        ("A: 18", "18"),
        (".5", "0.5"),
    ],
)
def test_the_last_number_counts(text: str, number: str) -> None:
    assert number_in(text) == Decimal(number)


def test_a_text_without_a_number_has_none() -> None:
    assert number_in("none, at all.") is None
    assert number_in("12 apples", after="A:") is None


def test_a_marker_picks_the_number_after_its_last_place() -> None:
    assert numeric_match("A: 3, no: A: 1,800 of 5", ["so\nA: 1800.0"], after="A:") == 1.0
    assert numeric_match("it is 1800", ["1800"], after="A:") == 0.0
    assert numeric_match("A: 1800", ["1800"], after="A:") == 1.0
