"""Rows of spans: what follows from columns, what is attested, and that nothing a sender writes breaks it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.conventions.spans import START_NS, event, read, wire_span

from genyard.core.canonical import Json
from genyard.observe.conventions.names import MAPPING_VERSION, RULES
from genyard.observe.conventions.row import row_of, rows_of
from genyard.observe.conventions.usage import TOKENS
from genyard.observe.wire import WireLink
from genyard.store.columns import SPANS
from genyard.store.rows import WrittenJson, batch_of, read_back


def test_a_row_says_how_it_was_read() -> None:
    row = read({"gen_ai.operation.name": "generate_content"})
    assert (row["mapping_version"], row["dialect"]) == (MAPPING_VERSION, "gen_ai")
    assert (row["operation"], row["operation_raw"]) == ("chat", "generate_content")


def test_a_span_of_no_dialect_is_a_row_too() -> None:
    row = read({"http.method": "GET"})
    assert (row["dialect"], row["operation"], row["attributes"]) == ("none", "other", {"http.method": "GET"})


def test_rows_of_many_are_the_rows_of_each() -> None:
    spans = [wire_span({"gen_ai.operation.name": word}, resource={"service.name": word}) for word in ("chat", "plan")]
    assert rows_of(spans, project="acme") == [row_of(span, project="acme") for span in spans]


def test_a_release_that_somebody_else_names_is_claimed() -> None:
    attributes: dict[str, Json] = {"genyard.release": "r1", "genyard.project": "other", "operation.cost": 0.5}
    row = read(attributes)
    assert (row["project"], row["release"], row["cost_source"]) == ("acme", "r1", "client")
    assert "release_attested" not in row
    assert row["attributes"] == {"genyard.project": "other"}
    own = row_of(wire_span(attributes), project="acme", own=True)
    assert (own["release_attested"], own["cost_source"]) == (True, "priced-by-us")


@pytest.mark.parametrize(
    ("operation", "scope"),
    [("chat", "self"), ("embeddings", "self"), ("invoke_agent", "aggregate"), ("x", "aggregate")],
)
def test_only_a_models_call_has_usage_of_its_own(operation: str, scope: str) -> None:
    row = read({"gen_ai.operation.name": operation, "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4})
    assert (row["usage_scope"], row["total_tokens"]) == (scope, 7)


def test_a_span_without_tokens_has_no_usage() -> None:
    assert "usage_scope" not in read({"gen_ai.operation.name": "chat"})


def test_input_that_is_smaller_than_its_cached_part_was_counted_apart() -> None:
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens")
    row = read({"gen_ai.operation.name": "chat", names[0]: 10, names[1]: 64, "gen_ai.usage.output_tokens": 1})
    assert (row["input_tokens"], row["cache_read_tokens"], row["total_tokens"]) == (74, 64, 75)
    assert row["attributes"] == {names[0]: 10}


def test_an_error_has_a_class_even_where_the_sender_gave_none() -> None:
    assert read({}, status=2)["error_type"] == "_OTHER"
    thrown = event("exception", {"exception.type": "ValueError", "exception.message": "no"})
    row = read({}, status=2, events=[thrown])
    assert (row["error_type"], row["error_message"]) == ("ValueError", "no")
    assert "error_type" not in read({}, status=0, events=[thrown])


def test_an_end_before_the_start_is_a_flag() -> None:
    span = wire_span({})
    span.end_ns = START_NS - 1
    row = row_of(span, project="acme")
    assert (row["duration_ns"], row["intake_flags"]) == (0, ["end_before_start"])


def test_json_that_is_cut_off_stays_text_and_is_a_flag() -> None:
    cut = '[{"role":"user","parts":[{"type":"te'
    row = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": cut})
    assert (row["input_messages"], row["intake_flags"]) == (cut, ["bad_json"])


def test_json_that_is_too_deep_to_read_back_stays_text() -> None:
    deep = "[" * 400 + "]" * 400
    row = read({"gen_ai.tool.call.result": deep})
    assert (row["tool_result"], type(row["tool_result"]), row["intake_flags"]) == (deep, str, ["bad_json"])


def test_messages_in_the_columns_form_are_kept_as_they_came() -> None:
    sent = '[ {"role": "user", "parts": [{"type": "text", "content": "hi"}]} ]'
    row = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": sent})
    assert (row["input_messages"], type(row["input_messages"])) == (sent, WrittenJson)
    assert batch_of(SPANS, [row]).column("input_messages") == [sent]


def test_a_link_and_a_trace_state_are_kept() -> None:
    span = wire_span({})
    span.links = [WireLink(trace_id="a", span_id="b", attributes={"c": 1})]
    span.trace_state, span.dropped_attributes = "ot=th:c", 3
    row = row_of(span, project="acme")
    assert row["links"] == [{"trace_id": "a", "span_id": "b", "attributes": {"c": 1}}]
    assert (row["trace_state"], row["dropped_attributes"]) == ("ot=th:c", 3)


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8)
json_texts = st.sampled_from(
    [
        '{"a":1}',
        "[1]",
        "[[[]]]",
        '[{"role":null,"content":[{"type":"text"}]}]',
        '{"messages":[{"content":[{"toolUse":1}]}]}',
        '[{"message":{"tool_calls":[{"function":5}]}}]',
        '{"choices":[{"message":"x","finish_reason":1}]}',
        '{"args":[1],"kwargs":{}}',
        '{"input":-5,"output":1e308,"total":"x"}',
        '{"prompt_tokens":-1,"prompt_tokens_details":3}',
        '[{"function":{"name":null,"parameters":"{"}}]',
        '{"documents":[{"id":5,"metadata":"{"}]}',
        "{",
        '"quoted"',
        "\ud800",
    ]
)
sent = st.recursive(
    scalars | json_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        *RULES,
        *("langfuse.observation." + word for word in ("type", "input", "output", "usage_details", "level")),
        *("mlflow." + word for word in ("spanType", "spanInputs", "spanOutputs", "chat.tokenUsage", "chat.tools")),
        *("openinference.span.kind", "input.value", "output.value", "llm.tools.0.tool.json_schema"),
        *("llm.input_messages.0.message.role", "llm.input_messages.0.message.content", "llm.prompts.0.prompt.text"),
        *("llm.output_messages.4000000000.message.content", "retrieval.documents.0.document.content"),
        *("evaluations.0.evaluation.score", "embedding.embeddings.0.embedding.vector", "llm.cost.prompt"),
        *("langsmith.span.kind", "langsmith.metadata.usage_metadata", "ai.operationId", "ai.prompt.messages"),
        *("ai.response.toolCalls", "ai.prompt.tools", "ai.embedding", "traceloop.span.kind", "traceloop.entity.input"),
        *("gen_ai.prompt.0.content", "gen_ai.prompt.__proto__.content", "gen_ai.completion.0.tool_calls.0.arguments"),
        *("llm.request.functions.0.parameters", "llm.request.type", "gen_ai.openai.api_base", "logfire.span_type"),
        *("pydantic_ai.all_messages", "logfire.pending_parent_id", "gen_ai.guardrail.source"),
        *("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response", "gcp.vertex.agent.tool_call_args"),
    ]
)
kinds = st.sampled_from(["LLM", "chat", "tool", "TOOL", "retriever", "EMBEDDING", "agent", "RERANKER", "generation"])
event_names = st.sampled_from(
    ["gen_ai.user.message", "gen_ai.tool.message", "gen_ai.choice", "gen_ai.evaluation.result", "exception"]
    + ["gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "db.query.result", "other"]
)
fields = st.dictionaries(
    st.sampled_from(
        ["content", "message", "role", "id", "finish_reason", "exception.message", "gen_ai.input.messages"]
    ),
    sent,
    max_size=3,
)


@settings(deadline=None, max_examples=250)
@given(
    attributes=st.dictionaries(names, sent | kinds, max_size=10),
    events=st.lists(st.tuples(event_names, fields), max_size=2),
    scope=st.sampled_from(["", "logfire.openai"]),
    status=st.integers(0, 3),
)
def test_whatever_a_sender_writes_makes_a_row(
    attributes: dict[str, Json], events: list[tuple[str, dict[str, Json]]], scope: str, status: int
) -> None:
    before = dict(attributes)
    found = read(attributes, events=[event(*one) for one in events], scope=scope, status=status)
    batch = batch_of(SPANS, [found])
    assert read_back(SPANS, {name: values[0] for name, values in batch.columns.items()})
    for column in TOKENS:
        tokens = batch.column(column)[0]
        assert tokens is None or (isinstance(tokens, int) and tokens >= 0)
    assert attributes == before or any(value != value for value in before.values())
