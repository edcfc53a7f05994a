"""Attributes to columns: the one table of OpenTelemetry's names, ours, and how a value is read into a column's type."""

import json
from collections.abc import Callable, Mapping

from genyard.core.canonical import Json
from genyard.store.columns import SPANS, ColumnType

MAPPING_VERSION = "genyard.1"
"""Raise it with every change of the tables below, so that a row says how it was read."""

# Several names may lead to one column; the first that a span carries wins, so newer names stand first.
COLUMN_OF: Mapping[str, str] = {
    "gen_ai.operation.name": "operation",
    "gen_ai.provider.name": "provider",
    "gen_ai.system": "provider",
    "gen_ai.request.model": "request_model",
    "gen_ai.response.model": "response_model",
    "gen_ai.response.id": "response_id",
    "gen_ai.request.temperature": "temperature",
    "gen_ai.request.top_p": "top_p",
    "gen_ai.request.max_tokens": "max_tokens",
    "gen_ai.request.seed": "seed",
    "gen_ai.request.stream": "stream",
    "gen_ai.response.finish_reasons": "finish_reasons",
    "gen_ai.usage.input_tokens": "input_tokens",
    "gen_ai.usage.output_tokens": "output_tokens",
    "gen_ai.usage.cache_read.input_tokens": "cache_read_tokens",
    "gen_ai.usage.cache_write.input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write_tokens",
    "gen_ai.usage.reasoning.output_tokens": "reasoning_tokens",
    "gen_ai.response.time_to_first_chunk": "ttft_s",
    "gen_ai.tool.name": "tool_name",
    "gen_ai.tool.call.id": "tool_call_id",
    "gen_ai.tool.type": "tool_type",
    "gen_ai.tool.call.arguments": "tool_arguments",
    "gen_ai.tool.call.result": "tool_result",
    "gen_ai.tool.definitions": "tool_definitions",
    "session.id": "conversation_id",
    "gen_ai.conversation.id": "conversation_id",
    "user.id": "user_id",
    "gen_ai.prompt.name": "prompt_name",
    "gen_ai.prompt.version": "prompt_version",
    "gen_ai.retrieval.top_k": "retrieval_top_k",
    "gen_ai.retrieval.query.text": "retrieval_query",
    "gen_ai.retrieval.documents": "retrieval_documents",
    "gen_ai.input.messages": "input_messages",
    "gen_ai.output.messages": "output_messages",
    "gen_ai.system_instructions": "system_instructions",
    "error.type": "error_type",
    "genyard.project": "project",
    "genyard.release": "release",
    "genyard.endpoint": "endpoint",
    "genyard.system": "system",
    "genyard.step": "step",
    "genyard.prompt_digest": "prompt_digest",
    "genyard.index_digest": "index_digest",
    "genyard.chunk_digests": "chunk_digests",
    "genyard.document_digests": "document_digests",
    "genyard.run_id": "run_id",
    "genyard.row_id": "row_id",
    "genyard.repeat": "repeat",
    "genyard.preview": "preview",
    "genyard.tags": "tags",
    "genyard.input": "input",
    "genyard.output": "output",
    "genyard.cost_usd": "cost_usd",
    "genyard.usage_scope": "usage_scope",
}

RESOURCE_COLUMN_OF: Mapping[str, str] = {
    "service.name": "service_name",
    "service.version": "service_version",
    "deployment.environment.name": "environment",
}

_OPERATION_WORDS = frozenset(
    {"chat", "completion", "embeddings", "rerank", "retrieval", "execute_tool", "invoke_agent", "create_agent"}
    | {"workflow", "chain", "step", "plan", "prompt", "guardrail", "evaluate", "memory", "mcp"}
)
_OPERATIONS: Mapping[str, str] = {
    "generate_content": "chat",
    "text_completion": "completion",
    "invoke_workflow": "workflow",
    "apply_guardrail": "guardrail",
}

_FINISH_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "completed": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "safety": "content_filter",
}


def columns_of(attributes: Mapping[str, Json], table: Mapping[str, str] = COLUMN_OF) -> dict[str, Json]:
    """Return the columns that ``attributes`` fill. What has no column, or does not fit its type, stays as it was.

    The rest is under ``attributes``, left out when empty.
    """
    columns: dict[str, Json] = {}
    rest = dict(attributes)
    for name, column in table.items():
        value = attributes.get(name)
        if value is None or column in columns:
            continue
        read = _READERS[SPANS.by_name[column].type](value)
        if read is not None:
            columns[column] = read
            del rest[name]
    _normalise(columns)
    return columns | ({"attributes": rest} if rest else {})


def _normalise(columns: dict[str, Json]) -> None:
    operation, reasons = columns.get("operation"), columns.get("finish_reasons")
    if isinstance(operation, str):
        word = _OPERATIONS.get(operation.lower(), operation.lower())
        columns["operation"] = word if word in _OPERATION_WORDS else "other"
    if isinstance(reasons, list):
        columns["finish_reasons"] = [_FINISH_REASONS.get(str(word).lower(), str(word).lower()) for word in reasons]


def _text(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _integer(value: Json) -> int | None:
    """Return integers, integral floats and decimal text: some senders write every number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if isinstance(value, str) or number == value else None


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _boolean(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _texts(value: Json) -> list[Json] | None:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list | tuple) else None


def _json(value: Json) -> Json:
    """Return what JSON text means where it is an object or an array; any other text is itself, such as ``42``."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        parsed: Json = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return parsed


_READERS: Mapping[ColumnType, Callable[[Json], Json]] = {
    "text": _text,
    "integer": _integer,
    "time_ns": _integer,
    "number": _number,
    "boolean": _boolean,
    "texts": _texts,
    "json": _json,
}
