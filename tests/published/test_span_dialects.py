"""Spans of 19 recordings of real libraries, and some made by hand: each becomes the row that was worked out for it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genyard.observe.conventions.logs import content_of, merged
from genyard.observe.conventions.row import rows_of
from genyard.observe.otlp.json import read_logs, read_traces
from genyard.observe.wire import WireLog
from genyard.store.columns import SPANS
from genyard.store.rows import batch_of, read_back

Row = dict[str, Any]

# The columns that the data's README leaves to the span itself, and those of ours that it does not know.
NOT_COVERED = frozenset(
    {"otel_kind", "service_version", "scope_name", "scope_version", "schema_url", "mapping_version"}
    | {"top_k", "choice_count", "stop_sequences", "encoding_formats", "reasoning_effort", "output_type"}
    | {"service_tier", "request_params", "input_image_tokens", "cost_details", "cost_source", "embedding_input_count"}
    | {"metadata", "prompt_variables", "attributes", "resource_attributes", "events", "links"}
    | {"preview", "project", "day", "is_root", "trace_state", "dropped_attributes"}
)
FILES = (
    "constructed_edge_cases",
    "google_adk_agent",
    "langfuse_sdk",
    "langsmith_otel",
    "logfire_openai",
    "mcp_sdk",
    "mlflow_agent",
    "openinference_langchain_retriever",
    "openinference_openai",
    "openinference_openai_agents",
    "otel_genai_openai",
    "otel_openai_v2_message_events",
    "pydantic_ai_agent",
    "pydantic_ai_legacy_events",
    "strands_agent",
    "traceloop_legacy_flattened",
    "traceloop_openai",
    "traceloop_workflow",
    "vercel_ai_genai",
    "vercel_ai_legacy",
)
MODEL_CALLS = ("chat", "completion")
# MLflow reports no usage of embeddings. Logfire puts the usage of a streamed call on a second span.
NO_USAGE = frozenset({"mlflow_agent embeddings"})


def rows(shared_data: Path, name: str) -> list[Row]:
    """Return a file's rows as the lake gives them back, its log records merged in."""
    body = (shared_data / "span_dialects" / f"{name}.json").read_bytes()
    decoded = read_traces(body)
    assert decoded.refused == []
    content = logs_of(body)
    made = [merged(row, content_of(content[str(row["span_id"])])) for row in rows_of(decoded.spans, project="acme")]
    batch = batch_of(SPANS, made)
    columns = {column: batch.column(column) for column in batch.columns}
    return [
        {
            key: value
            for key, value in read_back(SPANS, dict(zip(columns, row, strict=True))).items()
            if value is not None
        }
        for row in zip(*columns.values(), strict=True)
    ]


def logs_of(body: bytes) -> dict[str, list[WireLog]]:
    found: dict[str, list[WireLog]] = defaultdict(list)
    if b'"resourceLogs"' in body:
        for log in read_logs(body).logs:
            found[str(log.span_id)].append(log)
    return found


def covered(row: Row) -> Row:
    return {name: near(value) for name, value in row.items() if name not in {*NOT_COVERED, "span_id"}}


def near(value: Any) -> Any:
    """Return ``value`` with its fractions to a millionth."""
    return round(value, 6) if isinstance(value, float) else value


def test_every_file_is_looked_at(shared_data: Path) -> None:
    found = {path.stem for path in (shared_data / "span_dialects").glob("*.json")}
    assert found == {*FILES, "expected"}


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_span_becomes_the_expected_row(shared_data: Path, name: str) -> None:
    expected = json.loads((shared_data / "span_dialects" / "expected.json").read_text())[f"{name}.json"]
    found = {row["span_id"]: covered(row) for row in rows(shared_data, name)}
    assert found == {span_id: covered(row) for span_id, row in expected.items()}


@pytest.mark.parametrize("name", [name for name in FILES if name != "constructed_edge_cases"])
def test_usage_that_is_summed_is_that_of_the_calls(shared_data: Path, name: str) -> None:
    found = rows(shared_data, name)
    calls = [row for row in found if row["status"] != "error" and row.get("record_kind") != "log"]
    chats = sum(row["operation"] in MODEL_CALLS for row in calls)
    embeddings = sum(row["operation"] == "embeddings" and f"{name} embeddings" not in NO_USAGE for row in calls)
    summed = sum(row.get("input_tokens", 0) for row in found if row.get("usage_scope") == "self")
    assert summed == 120 * chats + 6 * embeddings


@pytest.mark.parametrize("name", FILES)
def test_no_value_is_lost(shared_data: Path, name: str) -> None:
    """What an attribute said stands in a column, or the attribute is kept."""
    spans = read_traces((shared_data / "span_dialects" / f"{name}.json").read_bytes()).spans
    for span, row in zip(spans, rows_of(spans, project="acme"), strict=True):
        kept = row.get("attributes", {})
        assert isinstance(kept, dict)
        held = set(leaves(row))
        for key, value in span.attributes.items():
            if key not in kept:
                assert set(leaves(value)) <= held, key


# Milliseconds become seconds, and a message's end the one word for it.
SAME = {"57.309323000000006": "0.0573093", "486": "0.486", "88": "0.088", "tool_calls": "tool_call"}
# Words of a dialect's wrapping, whose meaning is where the value stands now.
WRAPPING = frozenset({"", "function", "json", "tool-call", "tool-result", "None"})


def leaves(value: Any) -> Iterator[str]:
    """Yield the scalars of a value, in JSON text too."""
    if isinstance(value, str) and value[:1] in ("{", "[", '"'):
        try:
            value = json.loads(value)
        except ValueError:
            yield value
            return
    if isinstance(value, dict):
        yield from leaves(list(value.values()))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif str(value) not in WRAPPING:
        yield SAME.get(str(value), f"{value:g}" if isinstance(value, float) else str(value))
