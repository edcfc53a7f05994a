"""Log records that carry what belongs to a span."""

from tests.observe.conventions.spans import event, log, read, text

from genyard.core.canonical import Json
from genyard.observe.conventions.logs import content_of, merged

CHAT = read({"gen_ai.operation.name": "chat"})


def test_messages_are_in_the_order_of_their_time() -> None:
    content = content_of(
        [
            log("gen_ai.choice", body={"index": 0, "finish_reason": "stop", "message": {"content": "ho"}}, at_ns=9),
            log("gen_ai.user.message", body={"content": "hi"}, at_ns=5),
            log("gen_ai.system.message", body={"content": "be brief"}, at_ns=4),
            log("app.started", body={"content": "not ours"}),
        ]
    )
    row = merged(CHAT, content)
    assert row["input_messages"] == [text("system", "be brief"), text("user", "hi")]
    assert row["output_messages"] == [{**text("assistant", "ho"), "finish_reason": "stop"}]
    assert row["finish_reasons"] == ["stop"]


def test_what_the_span_says_itself_stays() -> None:
    details = log(
        "gen_ai.client.inference.operation.details",
        attributes={"gen_ai.input.messages": "from the log", "user.id": "u", "gen_ai.usage.input_tokens": "5"},
    )
    own = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": "from the span"})
    row = merged(own, content_of([details]))
    assert row["input_messages"] == [text("user", "from the span")]
    assert (row["user_id"], row["input_tokens"], row["usage_scope"]) == ("u", 5, "self")


def test_a_null_of_a_row_that_was_read_back_is_empty() -> None:
    row: dict[str, Json] = {"operation": "chat", "status": "ok", "input_messages": None, "evaluations": None}
    found = merged(row, content_of([log("gen_ai.user.message", body={"content": "hi"})]))
    assert found["input_messages"] == [text("user", "hi")]


def test_json_of_a_record_is_joined_as_a_value() -> None:
    said: dict[str, Json] = {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'}
    details = log("gen_ai.client.inference.operation.details", attributes=said)
    assert merged(CHAT, content_of([details]))["input_messages"] == [text("user", "hi")]


def test_a_tools_span_takes_no_messages() -> None:
    own = read({"gen_ai.operation.name": "execute_tool"})
    assert "input_messages" not in merged(own, content_of([log("gen_ai.user.message", body={"content": "hi"})]))


def test_an_exception_belongs_to_a_span_that_failed() -> None:
    content = content_of(
        [log("gen_ai.client.operation.exception", attributes={"exception.type": "Boom", "exception.message": "no"})]
    )
    assert "error_type" not in merged(CHAT, content)
    failed = merged(read({"gen_ai.operation.name": "chat"}, status=2), content)
    assert (failed["error_type"], failed["error_message"]) == ("Boom", "no")


def test_evaluations_of_span_and_log_stand_together_once() -> None:
    first: dict[str, Json] = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 1}
    second: dict[str, Json] = {"gen_ai.evaluation.name": "facts", "gen_ai.evaluation.score.label": "pass"}
    name = "gen_ai.evaluation.result"
    own = read({"gen_ai.operation.name": "chat"}, events=[event(name, first)])
    row = merged(own, content_of([log(name, attributes=first), log(name, attributes=second)]))
    assert row["evaluations"] == [
        {"name": "tone", "value": 1.0, "target": "span"},
        {"name": "facts", "label": "pass", "target": "span"},
    ]


def test_no_log_record_adds_nothing() -> None:
    assert content_of([]) == {}
    assert merged(CHAT, {}) == CHAT
