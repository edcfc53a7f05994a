import pytest

from genyard.discover.reader.question import read_question
from genyard.discover.reader.spans import spans
from genyard.discover.reader.words import words


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Who wrote Antigone?", "person"),
        ("when was the drinking age set to 21", "date"),
        ("What time does the gate open?", "time"),
        ("How long is probation?", "duration"),
        ("How many days a week?", "duration"),
        ("How many people work here?", "number"),
        ("How much does a chair cost?", "money"),
        ("How tall is the silo?", "measure"),
        ("How old is the actress?", "age"),
        ("Where do we gather?", "place"),
        ("Which AI tool may I use?", "name"),
        ("What should I bring?", "thing"),
        ("I work here since when? ... I mean the plant. Who knows?", "date"),
    ],
)
def test_a_question_wants_a_kind_of_answer(question: str, wanted: str) -> None:
    assert read_question(question).wanted == wanted


def test_the_sentence_that_asks_weighs_more_than_those_beside_it() -> None:
    weights = read_question("My bike got stolen. Where do I report the theft?").weights
    assert weights["theft"] > weights["bik"]


def test_names_weigh_more_and_kinds_less() -> None:
    weights = read_question("what colour is the badge of Lindholt").weights
    assert weights["lindholt"] > weights["badg"] > weights["colour"]


def test_forms_of_a_word_are_one_stem() -> None:
    assert len({word.stem for word in words("write wrote written Writers")}) == 1
    assert [word.stem for word in words("Brannigan's cafés")] == [word.stem for word in words("brannigan cafe")]


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("When?", "It began on Monday, 3 May 2021 in Aveiro.", "Monday, 3 May 2021"),
        ("What time?", "Come at 09:30 to room 4.", "09:30"),
        ("How long is it?", "It lasts ten working days.", "ten working days"),
        ("How much does it cost?", "A chair is up to €1,180.50 now.", "€1,180.50"),
        ("How far is it?", "They are 12.5 km apart.", "12.5 km"),
        ("Who?", "The firm was founded by Nuala de Brannigan there.", "Nuala de Brannigan"),
        ("Where?", "It is made in the cell nucleus.", "the cell nucleus"),
    ],
)
def test_spans_of_the_wanted_kind_are_found(question: str, text: str, found: str) -> None:
    best = max(spans(text, read_question(question).wanted), key=lambda span: span.fit)
    assert text[best.start : best.end] == found
