"""The page of one trace, as a view."""

from collections.abc import Mapping

import pytest
from tests.server.pages import hostile, samples

from genyard.core.canonical import Json
from genyard.core.errors import NotFound
from genyard.server.pages.frame import ProvenanceItem
from genyard.server.pages.links import Links, TraceState
from genyard.server.pages.trace_view import MadeBy, TraceView, trace_view

LINKS = Links("acme")
MADE_BY = MadeBy(system="helpdesk", version=7, digest=samples.RELEASE, evidence="gate passed")


def view_of(spans: list[dict[str, Json]] | None = None, *, release: MadeBy | None = MADE_BY, **state: str) -> TraceView:
    asked = TraceState(tab=state.get("tab", "steps"), span=state.get("span", ""))
    rows: list[dict[str, Json]] = samples.answer_spans() if spans is None else spans
    found: list[Mapping[str, Json]] = list(rows)
    return trace_view(
        found, links=LINKS, state=asked, release=release, scores=samples.answer_scores(), now_ns=samples.NOW_NS
    )


def provenance(view: TraceView) -> dict[str, ProvenanceItem]:
    return {one.label: one for one in view.provenance}


def test_the_question_is_the_heading_and_the_state_stands_beside_it() -> None:
    head = view_of().head
    assert head.heading == "“How do I reset my badge?”"
    assert [one.word for one in head.chips] == ["Answered", "1 error"]


def test_tokens_and_cost_are_those_of_the_calls_once() -> None:
    facts = {one.label: one.text for one in view_of().facts}
    assert (facts["Tokens"], facts["Cost"], facts["First token"]) == ("3,412", "$0.0041", "410 ms")


def test_the_promise_stands_under_the_title() -> None:
    found = provenance(view_of())
    assert found["endpoint"].text == "helpdesk@prod"
    assert found["release"].href == LINKS.release("helpdesk", 7)
    assert found["evidence"].text == "gate passed"
    assert found["data"].note == "3 passages, 2 used"


def test_what_does_not_exist_is_said() -> None:
    bare = samples.span("a", "answer", 0, 5) | {"release": None, "endpoint": None, "system": None}
    found = provenance(view_of([bare], release=None))
    assert {key: one.note for key, one in found.items()} == {"release": "none: asked by hand"}
    assert provenance(view_of([bare | {"service_name": "genyard"}], release=None)) == found
    sent = provenance(view_of([bare | {"service_name": "shop", "release": "2026.11.1"}], release=None))
    assert (list(sent), sent["release"].text) == (["release"], "2026.11.1")
    assert sent["release"].note == "not in this project's catalog: sent by shop"
    own = provenance(view_of([bare | {"system": samples.SYSTEM}], release=None))
    assert own["endpoint"].note == "none: asked by hand"
    assert own["release"].note == "not released"
    assert own["evidence"].note == "none: not released"
    assert own["data"].note == "no passages"


def test_the_header_has_the_first_token_of_a_call_and_what_the_application_said_of_itself() -> None:
    root = samples.span("a", "answer", 0, 900) | {"environment": "prod", "service_version": "1.4.2", "tags": ["a", "b"]}
    call = samples.span("b", "chat", 100, 500, parent="a", operation="chat") | {"ttft_s": 0.25}
    facts = {one.label: one.text for one in view_of([root, call]).facts}
    assert facts["First token"] == "350 ms"
    assert (facts["Environment"], facts["Version"], facts["Tags"]) == ("prod", "1.4.2", "a, b")
    assert "First token" not in {one.label for one in view_of([root]).facts}


def test_a_talk_has_tools_as_json_thoughts_apart_and_why_a_call_failed() -> None:
    root = samples.span("a", "answer", 0, 900)
    parts: list[Json] = [
        {"type": "reasoning", "content": "I look it up."},
        {"type": "tool_call", "id": "c1", "name": "lookup", "arguments": {"order": 7}},
    ]
    said: Json = [{"role": "assistant", "parts": parts}]
    again: Json = [
        {"role": "assistant", "parts": parts[1:]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"late": True}}]},
    ]
    first = samples.span("b", "chat", 100, 500, parent="a", operation="chat") | {"output_messages": said}
    failed = samples.span("c", "chat", 600, 800, parent="a", operation="chat")
    failed |= {"input_messages": again, "status": "error", "error_message": "too many requests"}
    one, two = view_of([root, first, failed], tab="conversation").turns
    (call,) = one.messages
    assert call.text.head == 'Calls lookup: {"order": 7}'
    assert call.thought is not None and call.thought.head == "I look it up."
    assert [message.text.head for message in two.messages] == ['{"late": true}']
    assert (one.error, two.repeated, two.error) == ("", 1, "too many requests")


def test_the_root_is_selected_unless_the_address_says_otherwise() -> None:
    first, other = view_of().panel, view_of(span="a100000000000006").panel
    assert first and first.name == "answer"
    assert other and other.name == "chat gpt-5-mini"


def test_the_panel_of_a_model_call_has_messages_documents_and_citations() -> None:
    panel = view_of(span="a100000000000006").panel
    assert panel is not None
    assert [one.role for one in panel.messages] == ["System", "User", "Assistant", "Tool", "Assistant"]
    assert [one.cites for one in panel.messages[-1].prose if one.cites] == [1, 2]
    assert [(one.number, one.used) for one in panel.documents.shown] == [(1, True), (2, True), (3, False)]


def test_the_panel_of_a_failed_tool_says_the_error_first() -> None:
    panel = view_of(span="a100000000000004").panel
    assert panel is not None
    assert panel.error == "HTTP 503 from badges.internal, retried"


def test_scores_stand_at_the_span_they_judge() -> None:
    panel = view_of().panel
    assert panel is not None
    assert [(one.name, one.value) for one in panel.scores] == [("answer_f1", "0.714"), ("helpful", "yes")]


def test_documents_show_the_text_that_the_retrieval_recorded() -> None:
    first = view_of(tab="documents").documents.shown[0]
    assert first.content is not None and first.content.head.startswith("Hold the badge")
    assert view_of(tab="documents").documents_span == "a100000000000002"


def test_a_message_is_told_once_in_the_conversation() -> None:
    turns = view_of(tab="conversation").turns
    assert [[one.role for one in turn.messages] for turn in turns] == [
        ["System", "User", "Assistant"], ["Tool", "Assistant"],
    ]  # fmt: skip
    assert [turn.repeated for turn in turns] == [0, 3]


def test_a_missing_parent_is_partial_and_said() -> None:
    view = view_of([samples.span("b", "chat", 0, 5, "gone")])
    assert [one.word for one in view.head.chips] == ["Partial"]
    assert "1 span of 1 stand without a parent" in view.notice


def test_only_the_tab_that_is_shown_is_made() -> None:
    view = view_of(tab="scores")
    assert (view.steps, view.panel, view.turns, view.raw) == (None, None, (), None)


def test_no_span_is_not_found() -> None:
    with pytest.raises(NotFound):
        view_of([])


@pytest.mark.parametrize("tab", ["steps", "conversation", "documents", "scores", "raw"])
@pytest.mark.parametrize("span", ["<b>", "ring2", "self", "7"])
def test_hostile_rows_make_a_view(tab: str, span: str) -> None:
    assert view_of(hostile.spans(), tab=tab, span=span).head.heading


def test_columns_may_all_be_missing() -> None:
    assert view_of([{}]).head.heading == "unnamed"


def test_bars_stay_within_the_trace() -> None:
    steps = view_of(hostile.spans()).steps
    assert steps is not None
    bars = [bar for row in steps.rows for bar in row.bars]
    assert all(float(bar.x) >= 0 and float(bar.x) + float(bar.width) <= 100.01 for bar in bars)
