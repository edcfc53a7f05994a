"""Attributes to columns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.lake_rows import span

from genyard.core.canonical import Json
from genyard.observe.mapping import COLUMN_OF, columns_of
from genyard.store.columns import MADE_BY_THE_LAKE, SPANS
from genyard.store.rows import batch_of


def test_every_name_leads_to_a_column_that_can_be_written() -> None:
    assert set(COLUMN_OF.values()) <= set(SPANS.names) - MADE_BY_THE_LAKE


def test_an_unknown_attribute_stays_an_attribute() -> None:
    assert columns_of({"my.own": 5, "gen_ai.request.seed": 1}) == {"seed": 1, "attributes": {"my.own": 5}}


def test_of_two_names_for_one_column_the_newer_wins_and_the_other_stays() -> None:
    found = columns_of({"gen_ai.system": "openai", "gen_ai.provider.name": "azure.ai.openai"})
    assert found == {"provider": "azure.ai.openai", "attributes": {"gen_ai.system": "openai"}}


@pytest.mark.parametrize(
    ("name", "value", "column", "read"),
    [
        ("gen_ai.usage.input_tokens", "12", "input_tokens", 12),
        ("gen_ai.usage.input_tokens", 12.0, "input_tokens", 12),
        ("gen_ai.request.temperature", 1, "temperature", 1.0),
        ("gen_ai.request.stream", "True", "stream", True),
        ("gen_ai.prompt.version", 3, "prompt_version", "3"),
        ("gen_ai.response.finish_reasons", "end_turn", "finish_reasons", ["stop"]),
        ("gen_ai.response.finish_reasons", ["tool_calls", "odd"], "finish_reasons", ["tool_call", "odd"]),
        ("gen_ai.operation.name", "invoke_workflow", "operation", "workflow"),
        ("gen_ai.operation.name", "RETRIEVAL", "operation", "retrieval"),
        ("gen_ai.operation.name", "juggle", "operation", "other"),
        ("gen_ai.input.messages", '[{"role":"user"}]', "input_messages", [{"role": "user"}]),
        ("genyard.output", "42", "output", "42"),
        ("genyard.output", "[1", "output", "[1"),
    ],
)
def test_values_are_read_into_the_columns_type(name: str, value: Json, column: str, read: Json) -> None:
    assert columns_of({name: value}) == {column: read}


@pytest.mark.parametrize("value", ["many", 1.5, True, float("inf"), ["1"]])
def test_a_value_that_does_not_fit_stays_an_attribute(value: Json) -> None:
    assert columns_of({"gen_ai.usage.input_tokens": value}) == {"attributes": {"gen_ai.usage.input_tokens": value}}


values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)


@settings(deadline=None)
@given(attributes=st.dictionaries(st.sampled_from([name for name in COLUMN_OF if name != "genyard.project"]), values))
def test_whatever_a_sender_puts_into_known_attributes_makes_a_row(attributes: dict[str, Json]) -> None:
    assert batch_of(SPANS, [span(**columns_of(attributes))]).count == 1
