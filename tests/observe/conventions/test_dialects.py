"""What dialects do that the recorded spans do not show."""

import json

import pytest
from tests.observe.conventions.spans import event, read, text

from genyard.core.canonical import Json
from genyard.observe.conventions.flattened import MAX_ITEMS, items_of


@pytest.mark.parametrize(
    ("names", "dialect"),
    [
        (("langfuse.observation.type", "mlflow.spanType"), "langfuse"),
        (("mlflow.spanType", "langsmith.span.kind"), "mlflow"),
        (("langsmith.span.kind", "openinference.span.kind"), "langsmith"),
        (("openinference.span.kind", "ai.operationId"), "openinference"),
        (("ai.operationId", "mcp.method.name"), "vercel_ai"),
        (("mcp.method.name", "llm.request.type"), "mcp"),
        (("llm.request.type", "gen_ai.system"), "traceloop"),
        (("traceloop.workflow.name", "gen_ai.system"), "traceloop"),
        (("gen_ai.system",), "gen_ai"),
        (("gen_ai.something.new",), "gen_ai"),
        (("user.id",), "none"),
    ],
)
def test_the_first_dialect_that_names_itself_is_spoken(names: tuple[str, ...], dialect: str) -> None:
    assert read(dict.fromkeys(reversed(names), "x"))["dialect"] == dialect


@pytest.mark.parametrize(
    ("attributes", "operation"),
    [
        ({"gen_ai.tool.name": "f"}, "execute_tool"),
        ({"gen_ai.agent.name": "a"}, "invoke_agent"),
        ({"gen_ai.agent.name": "a", "gen_ai.request.model": "m"}, "chat"),
        ({"gen_ai.system": "openai"}, "other"),
        ({"openinference.span.kind": "llm"}, "chat"),
        ({"openinference.span.kind": "LLM", "llm.prompts.0.prompt.text": "x"}, "completion"),
        ({"openinference.span.kind": "EVALUATOR"}, "evaluate"),
        ({"ai.operationId": "ai.streamText.doStream"}, "chat"),
        ({"ai.operationId": "ai.embed.doEmbed"}, "embeddings"),
        ({"ai.operationId": "ai.embedMany"}, "chain"),
        ({"ai.operationId": "ai.generateObject"}, "invoke_agent"),
        ({"langfuse.observation.type": "span"}, "other"),
        ({"langfuse.observation.type": "span", "langfuse.observation.model.name": "m"}, "chat"),
        ({"mlflow.spanType": '"MEMORY"'}, "memory"),
        ({"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"}, "retrieval"),
        ({"traceloop.span.kind": "task"}, "chain"),
        ({"llm.request.type": "rerank"}, "rerank"),
        ({"mcp.method.name": "tools/list"}, "mcp"),
    ],
)
def test_the_operation_follows_from_what_a_dialect_says(attributes: dict[str, Json], operation: str) -> None:
    assert read(attributes)["operation"] == operation


def test_of_two_dialects_on_one_span_the_newer_names_win() -> None:
    row = read(
        {
            "openinference.span.kind": "LLM",
            "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"new"}]}]',
            "llm.input_messages.0.message.content": "old",
            "gen_ai.usage.input_tokens": 5,
            "llm.token_count.prompt": 6,
        }
    )
    assert "new" in str(row["input_messages"])
    assert row["input_tokens"] == 5
    assert row["attributes"] == {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.content": "old",
        "llm.token_count.prompt": 6,
    }


def test_langfuse_wins_over_other_names_and_these_stay() -> None:
    usage = {"input": 10, "input_cached_tokens": 90, "output": 5, "output_reasoning_tokens": 2, "total": 107}
    row = read(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(usage),
            "langfuse.observation.cost_details": '{"input":0.1,"total":0.3}',
            "gen_ai.usage.input_tokens": 10,
        }
    )
    assert (row["input_tokens"], row["output_tokens"], row["total_tokens"]) == (100, 7, 107)
    assert (row["cache_read_tokens"], row["reasoning_tokens"], row["cost_usd"]) == (90, 2, 0.3)
    assert row["attributes"]["gen_ai.usage.input_tokens"] == 10  # type: ignore[index, call-overload]


def test_flattened_lists_close_gaps_and_a_huge_number_takes_no_room() -> None:
    row = read(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.4000000000.message.content": "huge",
            "llm.input_messages.7.message.content": "second",
            "llm.input_messages.3.message.content": "first",
            "llm.input_messages.5.message.role": "assistant",
            "llm.input_messages.__proto__.message.content": "odd",
        }
    )
    assert row["input_messages"] == [text("user", "first"), text("user", "second")]
    assert sorted(row["attributes"]) == [  # type: ignore[type-var, arg-type]
        "llm.input_messages.4000000000.message.content",
        "llm.input_messages.5.message.role",
        "llm.input_messages.__proto__.message.content",
        "openinference.span.kind",
    ]


def test_a_flattened_list_is_bounded() -> None:
    spelled = {f"a.{number}.b": number for number in range(MAX_ITEMS + 5)}
    assert len(items_of(spelled, "a.")) == MAX_ITEMS


def test_usage_that_openinference_kept_in_the_answer_only_is_read() -> None:
    usage = {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cache_write_tokens": 7}}
    sent: dict[str, Json] = {"openinference.span.kind": "LLM", "output.value": json.dumps({"id": "r", "usage": usage})}
    found = read(sent)
    assert (found["input_tokens"], found["output_tokens"], found["cache_write_tokens"]) == (9, 4, 7)
    assert found["output"] == {"id": "r", "usage": usage}
    assert read(sent | {"llm.token_count.prompt": 3})["input_tokens"] == 3
    assert "input_tokens" not in read(sent | {"openinference.span.kind": "CHAIN"})


def test_openinference_completions_documents_and_costs_are_read() -> None:
    row = read(
        {
            "openinference.span.kind": "RERANKER",
            "reranker.query": "q",
            "reranker.top_k": 2,
            "reranker.output_documents.0.document.id": "d1",
            "reranker.output_documents.0.document.score": 0.5,
            "llm.cost.total": 0.5,
            "llm.cost.prompt": 0.25,
        }
    )
    assert (row["retrieval_query"], row["retrieval_top_k"]) == ("q", 2)
    assert row["retrieval_documents"] == [{"id": "d1", "score": 0.5}]
    assert (row["cost_usd"], row["cost_details"]) == (0.5, {"prompt": 0.25})
    completion = read(
        {"openinference.span.kind": "LLM", "llm.prompts.0.prompt.text": "a", "llm.choices.0.completion.text": "b"}
    )
    assert (completion["input_messages"], completion["output_messages"]) == (
        [text("user", "a")],
        [text("assistant", "b")],
    )


def test_openinference_messages_with_pictures_keep_them() -> None:
    here = "llm.input_messages.0.message.contents."
    row = read(
        {
            "openinference.span.kind": "LLM",
            f"{here}0.message_content.type": "text",
            f"{here}0.message_content.text": "look",
            f"{here}1.message_content.type": "image",
            f"{here}1.message_content.image.image.url": "https://a/b.png",
        }
    )
    parts = [{"type": "text", "content": "look"}, {"type": "uri", "modality": "image", "uri": "https://a/b.png"}]
    assert row["input_messages"] == [{"role": "user", "parts": parts}]


def test_contents_of_the_oldest_conventions_are_read() -> None:
    row = read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.prompt": "hi",
            "gen_ai.completion": '[{"role":"assistant","content":"ho"}]',
        }
    )
    assert (row["input_messages"], row["output_messages"]) == ([text("user", "hi")], [text("assistant", "ho")])
    events = [
        event("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role":"user","content":"hi"}]'}),
        event("gen_ai.content.completion", {"gen_ai.completion": "ho"}),
    ]
    row = read({"gen_ai.operation.name": "chat"}, events=events)
    assert (row["input_messages"], row["output_messages"]) == ([text("user", "hi")], [text("assistant", "ho")])


def test_several_events_of_details_are_one() -> None:
    name = "gen_ai.client.inference.operation.details"
    events = [event(name, {"gen_ai.input.messages": "hi"}), event(name, {"gen_ai.output.messages": "ho"})]
    row = read({"gen_ai.operation.name": "chat"}, events=events)
    assert (row["input_messages"], row["output_messages"]) == ([text("user", "hi")], [text("assistant", "ho")])


def test_hits_of_a_vector_database_are_documents() -> None:
    hit = event(
        "db.query.result", {"db.query.result.id": "d1", "db.query.result.score": 0.5, "db.query.result.document": "x"}
    )
    row = read({"gen_ai.operation.name": "retrieval"}, events=[hit])
    assert row["retrieval_documents"] == [{"id": "d1", "score": 0.5, "content": "x"}]


def test_guardrails_come_as_events_too() -> None:
    said = {"gen_ai.guardrail.result.value": "BLOCKED", "gen_ai.guardrail.result.reason": "pii"}
    row = read({"gen_ai.operation.name": "chat"}, events=[event("gen_ai.guardrail.result", said)])
    assert row["guardrails"] == [{"result_value": "BLOCKED", "reason": "pii"}]


def test_adk_before_its_second_schema_is_read() -> None:
    here = "gcp.vertex.agent."
    asked = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "config": {"system_instruction": "be brief"}}
    row = read(
        {
            "gen_ai.operation.name": "generate_content",
            f"{here}llm_request": json.dumps(asked),
            f"{here}llm_response": '{"content":{"role":"model","parts":[{"text":"ho"}]}}',
            f"{here}session_id": "s1",
        }
    )
    assert (row["input_messages"], row["output_messages"]) == ([text("user", "hi")], [text("model", "ho")])
    assert (row["system_instructions"], row["conversation_id"]) == ("be brief", "s1")
    tool = read(
        {"gen_ai.operation.name": "execute_tool", f"{here}tool_call_args": '{"a":1}', f"{here}tool_response": "{}"}
    )
    assert tool["tool_arguments"] == {"a": 1}
    assert "tool_result" not in tool


def test_vercels_embedding_and_older_answers_are_read() -> None:
    row = read({"ai.operationId": "ai.embed.doEmbed", "ai.embeddings": ["[0.1,0.2]"], "ai.usage.tokens": 4})
    assert (row["embedding_dimensions"], row["input_tokens"]) == (2, 4)
    row = read(
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.result.text": "ho",
            "ai.finishReason": "stop",
            "ai.usage.promptTokens": 1,
            "ai.settings.context.userId": "u",
        }
    )
    assert row["output_messages"] == [{**text("assistant", "ho"), "finish_reason": "stop"}]
    assert (row["finish_reasons"], row["input_tokens"], row["user_id"]) == (["stop"], 1, "u")


def test_a_pending_span_of_logfire_is_one_and_has_its_true_parent() -> None:
    row = read({"logfire.span_type": "pending_span", "logfire.pending_parent_id": "00000000000000ab"}, scope="logfire")
    assert (row["record_kind"], row["parent_span_id"]) == ("pending_span", "00000000000000ab")
    assert "is_root" not in row


def test_an_address_that_is_none_is_left_alone() -> None:
    row = read({"llm.request.type": "chat", "gen_ai.openai.api_base": "http://[bad:99999999"})
    assert "server_address" not in row


def test_langsmiths_generations_are_answers() -> None:
    generations = {"generations": [[{"text": "ho", "message": {"kwargs": {"content": "ho", "type": "ai"}}}]]}
    row = read({"langsmith.span.kind": "llm", "gen_ai.completion": json.dumps(generations)})
    assert row["output_messages"] == [text("assistant", "ho")]
