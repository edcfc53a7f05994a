"""A row made from a trace: what was asked, what is expected, where it came from."""

import pytest

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.ids import ScoreId, TraceId
from genyard.core.records import Score, Subject
from genyard.develop.trace_rows import LONGEST_ANSWER, LONGEST_TAG, MOST_TAGS, Wish, corrected, row_id, row_of_trace

TRACE = "ab" * 16
Span = dict[str, Json]


def span(number: int, *, is_root: bool = False, **columns: Json) -> Span:
    return {"trace_id": TRACE, "span_id": f"{number:016x}", "is_root": is_root, **columns}


def text(role: str, content: str) -> Json:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


ASKED: Json = [
    text("system", "Be brief."),
    text("user", "Is there a canteen?"),
    text("assistant", "Yes."),
    text("user", "What does it cost?"),
]
SAID: Json = [text("assistant", "Five euros.")]


def test_a_talk_is_a_question_and_its_history_without_the_instructions() -> None:
    row = row_of_trace([span(1, is_root=True, input_messages=ASKED, output_messages=SAID)], [], span="", wish=Wish())
    assert row.inputs == {
        "history": [{"content": "Is there a canteen?", "role": "user"}, {"content": "Yes.", "role": "assistant"}],
        "question": "What does it cost?",
    }
    assert row.expected == {}


def test_inputs_of_our_own_system_are_kept_and_an_empty_history_is_not() -> None:
    given: Json = {"history": [], "question": "Why?", "tone": "kind"}
    row = row_of_trace([span(1, is_root=True, input=given, input_messages=ASKED)], [], span="", wish=Wish())
    assert row.inputs == {"question": "Why?", "tone": "kind"}


def test_a_root_that_was_asked_nothing_gives_way_to_the_first_call_below() -> None:
    spans = [span(1, is_root=True), span(2, input="plain words"), span(3, input_messages=ASKED)]
    assert row_of_trace(spans, [], span="", wish=Wish()).inputs == {"question": "plain words"}
    assert row_of_trace(spans, [], span=f"{3:016x}", wish=Wish()).inputs["question"] == "What does it cost?"


def test_a_wish_is_made_of_what_somebody_wrote() -> None:
    wish = Wish.of_words(expect="nothing", given=" Six euros.\n", tags=[" b", "", "a "], with_user=True)
    assert wish == Wish(expect="given", given="Six euros.", tags=("b", "a"), with_user=True)
    assert Wish.of_words(expect="given", given=" ", tags=[]) == Wish()
    assert Wish.of_words(expect="answer", given="", tags=[]).expect == "answer"


@pytest.mark.parametrize(
    ("given", "tags", "told"),
    [
        ("", ["a"] * (MOST_TAGS + 1), "21 tags are too many"),
        ("", ["a" * (LONGEST_TAG + 1)], "is too long"),
        ("a" * (LONGEST_ANSWER + 1), [], "more than 100,000 characters"),
    ],
)
def test_more_than_a_row_may_have_is_refused(given: str, tags: list[str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        Wish.of_words(expect="nothing", given=given, tags=tags)


def test_the_answer_is_expected_as_it_was_or_as_it_was_given() -> None:
    spans = [span(1, is_root=True, input_messages=ASKED, output_messages=SAID)]
    was = row_of_trace(spans, [], span="", wish=Wish(expect="answer"))
    given = row_of_trace(spans, [], span="", wish=Wish(expect="given", given="Six euros.", tags=("b", "a")))
    assert (was.expected, given.expected) == ({"answers": ["Five euros."]}, {"answers": ["Six euros."]})
    assert was.id == given.id == row_id(TRACE, f"{1:016x}")
    assert TRACE not in was.id
    assert corrected(was, given).expected == given.expected
    assert corrected(given, row_of_trace(spans, [], span="", wish=Wish(tags=("c",)))).tags == ("a", "b", "c")
    assert corrected(given, row_of_trace(spans, [], span="", wish=Wish())) == given


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Five euros.", "Five euros."),
        ({"text": "Five euros.", "trace": "abc"}, "Five euros."),
        ({"answer": "Five euros.", "text": "a draft"}, "Five euros."),
        ({"ok": True}, "Six euros."),
        (None, "Six euros."),
    ],
)
def test_an_answer_is_the_text_of_the_root_or_the_last_that_a_call_below_it_said(output: Json, expected: str) -> None:
    spans = [
        span(1, is_root=True, input={"q": "What?"}, output=output),
        span(2, parent_span_id=f"{1:016x}", start_ns=10),
        span(3, parent_span_id=f"{2:016x}", start_ns=30, output_messages=[text("assistant", "Six euros.")]),
        span(4, parent_span_id=f"{2:016x}", start_ns=20, output_messages=[text("assistant", "I look it up.")]),
        span(5, parent_span_id=f"{2:016x}", start_ns=40, output_messages=[text("tool", "6")]),
        span(6, start_ns=50, output_messages=[text("assistant", "Of another.")]),
    ]
    row = row_of_trace(spans, [], span="", wish=Wish(expect="answer"))
    assert (row.expected, row.asked) == ({"answers": [expected]}, '{"q":"What?"}')


def test_spans_in_a_circle_have_no_answer_and_no_end() -> None:
    spans = [
        span(1, is_root=True, input="a", parent_span_id=f"{2:016x}"),
        span(2, parent_span_id=f"{1:016x}"),
    ]
    with pytest.raises(InvalidInput, match="no answer to expect"):
        row_of_trace(spans, [], span="", wish=Wish(expect="answer"))


def test_citations_of_our_own_answers_are_not_expected() -> None:
    said: Json = [text("assistant", "Five euros. [1]")]
    own = span(1, is_root=True, input="?!?", output_messages=said, system="sha256:" + "1" * 64)
    assert row_of_trace([own], [], span="", wish=Wish(expect="answer")).expected == {"answers": ["Five euros."]}
    other = own | {"system": None}
    assert row_of_trace([other], [], span="", wish=Wish(expect="answer")).expected == {"answers": ["Five euros. [1]"]}


def test_the_origin_says_where_it_came_from_and_who_only_where_wanted() -> None:
    stamps: Span = {"endpoint": "desk@prod", "release": "sha256:" + "1" * 64, "release_attested": True}
    root = span(1, is_root=True, input="?!?", user_id="u", conversation_id="s", **stamps)
    score = Score(
        id=ScoreId("x"), project="p", at_ns=1, subject=Subject(kind="trace", id=TRACE), name="feedback",
        scorer_kind="person", scorer="someone", value=0.0, label="down", explanation="why", trace_id=TraceId(TRACE),
    )  # fmt: skip
    of_run = Score(
        id=ScoreId("y"), project="p", at_ns=1, subject=Subject(kind="row", id="d#r"), name="f1", scorer_kind="code",
        scorer="m", value=1.0,
    )  # fmt: skip
    origin = row_of_trace([root], [score, of_run], span="", wish=Wish()).origin
    assert origin == {
        "endpoint": "desk@prod",
        "release": "sha256:" + "1" * 64,
        "scores": [{"kind": "person", "label": "down", "name": "feedback", "value": 0.0}],
        "span": f"{1:016x}",
        "trace": TRACE,
    }
    named = row_of_trace([root], [], span="", wish=Wish(with_session=True, with_user=True)).origin
    assert (named["user"], named["session"]) == ("u", "s")
    claimed = row_of_trace([root | {"release_attested": False}], [], span="", wish=Wish()).origin
    assert "release" not in claimed


@pytest.mark.parametrize(
    ("spans", "named", "wish", "said"),
    [
        ([span(1, is_root=True)], "", Wish(), "holds no question$"),
        ([span(1, is_root=True, intake_flags=["dropped:input"])], "", Wish(), "masking drops payloads"),
        ([span(1, is_root=True, input="a"), span(2, is_root=True, input="b")], "", Wish(), "holds 2 answers"),
        ([span(1, is_root=True, input="a", row_id="r")], "", Wish(), "is of an evaluation, which asked the row r"),
        ([span(1, is_root=True, input="a"), span(2)], "0000", Wish(), "several spans"),
        ([span(1, is_root=True, input="a")], "", Wish(expect="answer"), "no answer to expect"),
    ],
)
def test_what_can_be_no_row_says_why(spans: list[Span], named: str, wish: Wish, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        row_of_trace(spans, [], span=named, wish=wish)


def test_a_span_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        row_of_trace([span(1, is_root=True, input="a")], [], span="ffff", wish=Wish())


def test_a_picture_that_was_asked_with_is_named_once_and_stays_with_the_trace() -> None:
    picture = f"genyard:media/sha256:{'ab' * 32};type=image/png;size=5000"
    asked: Json = {
        "role": "user",
        "parts": [{"type": "text", "content": "What is it?"}, {"type": "uri", "uri": picture}],
    }
    row = row_of_trace([span(1, is_root=True, input_messages=[asked, asked])], [], span="", wish=Wish())
    assert (row.inputs["question"], row.origin["media"]) == ("What is it?", [picture])
    without = row_of_trace([span(1, is_root=True, input_messages=ASKED)], [], span="", wish=Wish())
    assert "media" not in without.origin
