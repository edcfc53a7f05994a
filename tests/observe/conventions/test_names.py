"""The table of names, and how a value is read into a column's type."""

import pytest
from tests.observe.conventions.spans import read

from genyard.core.canonical import Json
from genyard.observe.conventions.names import NAMES, RESOURCE_NAMES, RULES, mark_of
from genyard.store.columns import MADE_BY_THE_LAKE, SPANS


def test_every_name_leads_to_a_column_that_can_be_written() -> None:
    assert {*NAMES, *RESOURCE_NAMES} <= set(SPANS.names) - MADE_BY_THE_LAKE - {"project"}


def test_no_name_leads_to_two_columns() -> None:
    names = [name for several in NAMES.values() for name in several]
    assert len(names) == len(set(names))


def test_an_unknown_attribute_stays_an_attribute() -> None:
    row = read({"my.own": 5, "gen_ai.request.seed": 1})
    assert (row["seed"], row["attributes"]) == (1, {"my.own": 5})


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_names_for_one_column_the_newer_wins_and_the_other_stays(order: int) -> None:
    sent = [("gen_ai.system", "openai"), ("gen_ai.provider.name", "azure.ai.openai")][::order]
    row = read(dict(sent))
    assert (row["provider"], row["attributes"]) == ("azure.ai.openai", {"gen_ai.system": "openai"})


def test_a_newer_name_that_does_not_fit_gives_way() -> None:
    row = read({"gen_ai.usage.input_tokens": -1, "gen_ai.usage.prompt_tokens": 7})
    assert (row["input_tokens"], row["attributes"]) == (7, {"gen_ai.usage.input_tokens": -1})


@pytest.mark.parametrize(
    ("name", "value", "column", "found"),
    [
        ("gen_ai.usage.input_tokens", "12", "input_tokens", 12),
        ("gen_ai.usage.input_tokens", 12.0, "input_tokens", 12),
        ("gen_ai.usage.input_tokens", 9007199254740993, "input_tokens", 9007199254740993),
        ("gen_ai.request.temperature", 1, "temperature", 1.0),
        ("gen_ai.request.stream", "True", "stream", True),
        ("gen_ai.prompt.version", 3, "prompt_version", "3"),
        ("jsonrpc.request.id", 7, "jsonrpc_request_id", "7"),
        ("gen_ai.response.finish_reasons", "end_turn", "finish_reasons", ["stop"]),
        ("gen_ai.response.finish_reasons", '["tool-calls"]', "finish_reasons", ["tool_call"]),
        ("gen_ai.response.finish_reasons", ["tool_calls", "odd"], "finish_reasons", ["tool_call", "odd"]),
        ("gen_ai.request.stop_sequences", ("a", "b"), "stop_sequences", ["a", "b"]),
        ("gen_ai.operation.name", "invoke_workflow", "operation", "workflow"),
        ("gen_ai.operation.name", "RETRIEVER", "operation", "retrieval"),
        ("gen_ai.operation.name", "search_memory", "operation", "memory"),
        ("gen_ai.operation.name", "juggle", "operation", "other"),
        ("gen_ai.response.time_to_first_chunk", 0.25, "ttft_s", 0.25),
        ("gen_ai.client.operation.time_to_first_chunk", 0.25, "ttft_s", 0.25),
        ("gen_ai.server.time_to_first_token", 486, "ttft_s", 0.486),
        ("gen_ai.server.time_to_first_token", 0.486, "ttft_s", 0.486),
        ("genyard.output", "42", "output", "42"),
        ("gen_ai.tool.call.result", '{"a":1}', "tool_result", '{"a":1}'),
        ("langsmith.span.tags", "a, b", "tags", ["a", "b"]),
    ],
)
def test_values_are_read_into_the_columns_type(name: str, value: Json, column: str, found: Json) -> None:
    assert read({name: value})[column] == found


@pytest.mark.parametrize(
    "value", ["many", "1_000", "９", 1.5, True, float("inf"), float("nan"), ["1"], 2**63, -1, "-1"]
)
def test_a_count_that_is_none_stays_an_attribute(value: Json) -> None:
    row = read({"gen_ai.usage.input_tokens": value})
    assert "input_tokens" not in row
    assert row["attributes"] == {"gen_ai.usage.input_tokens": value}


@pytest.mark.parametrize(
    ("sent", "provider", "raw"),
    [
        ("OpenAI", "openai", "OpenAI"),
        ("openai.chat", "openai", "openai.chat"),
        ("google.vertex.chat", "gcp.vertex_ai", "google.vertex.chat"),
        ("az.ai.inference", "azure.ai.inference", "az.ai.inference"),
        ("xai", "x_ai", "xai"),
        ("azure.ai.openai", "azure.ai.openai", None),
        ("my-own", "my-own", None),
        ("strands-agents", None, "strands-agents"),
        ("langchain", None, "langchain"),
    ],
)
def test_a_provider_has_its_well_known_name_and_a_framework_is_none(
    sent: str, provider: str | None, raw: str | None
) -> None:
    row = read({"gen_ai.operation.name": "chat", "gen_ai.system": sent})
    assert (row.get("provider"), row.get("provider_raw")) == (provider, raw)


def test_the_name_of_a_prompt_is_not_its_text() -> None:
    row = read({"gen_ai.operation.name": "chat", "gen_ai.prompt.name": "answer"})
    assert row["prompt_name"] == "answer"
    assert "input_messages" not in row


def test_what_a_span_says_of_its_environment_wins_over_its_resource() -> None:
    resource: dict[str, Json] = {"deployment.environment": "prod", "service.name": "app", "host": "h"}
    row = read({"langfuse.environment": "test"}, resource=resource)
    assert (row["environment"], row["service_name"], row["resource_attributes"]) == ("test", "app", '{"host":"h"}')


def test_names_that_only_a_module_reads_wake_it() -> None:
    assert mark_of("gen_ai.prompt.0.role")
    assert mark_of("gen_ai.prompt")
    assert not mark_of("gen_ai.prompt.name")
    assert not mark_of("http.method")
    assert all(len(rule) == 4 for rule in RULES.values())
