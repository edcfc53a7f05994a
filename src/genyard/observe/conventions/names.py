"""The table: which attribute names lead to which column. What a table cannot say stands in the dialects' modules.

Where several names lead to one column the first that a span carries wins, and the others stay attributes. The order is
that of ``docs/dialects.md``: our own stamps, Langfuse, OpenTelemetry newest first, OpenInference, then the others.
"""

from collections.abc import Callable, Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions import messages, tools, values
from genyard.store.columns import SPANS, ColumnType

MAPPING_VERSION = "genyard.3"
"""Raise it with every change that reads a span differently, so that a row says how it was read."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "operation": ("gen_ai.operation.name",),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    "request_model": (
        "gen_ai.request.model",
        "llm.request.model_name",
        "ai.model.id",
        "langsmith.metadata.ls_model_name",
    ),
    "response_model": (
        "langfuse.observation.model.name",
        "gen_ai.response.model",
        "llm.response.model_name",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "ai.response.model",
    ),
    "response_id": ("gen_ai.response.id", "ai.response.id"),
    "temperature": ("gen_ai.request.temperature", "ai.settings.temperature", "langsmith.metadata.ls_temperature"),
    "top_p": ("gen_ai.request.top_p", "ai.settings.topP"),
    "top_k": ("gen_ai.request.top_k", "llm.top_k", "ai.settings.topK"),
    "frequency_penalty": (
        "gen_ai.request.frequency_penalty",
        "llm.frequency_penalty",
        "ai.settings.frequencyPenalty",
    ),
    "presence_penalty": ("gen_ai.request.presence_penalty", "llm.presence_penalty", "ai.settings.presencePenalty"),
    "max_tokens": (
        "gen_ai.request.max_tokens",
        "ai.settings.maxOutputTokens",
        "ai.settings.maxTokens",
        "langsmith.metadata.ls_max_tokens",
    ),
    "seed": ("gen_ai.request.seed", "gen_ai.openai.request.seed", "ai.settings.seed"),
    "choice_count": ("gen_ai.request.choice.count",),
    "stop_sequences": ("gen_ai.request.stop_sequences", "llm.chat.stop_sequences", "ai.settings.stopSequences"),
    "encoding_formats": ("gen_ai.request.encoding_formats",),
    "stream": ("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming"),
    "reasoning_effort": (
        "gen_ai.request.reasoning.level",
        "gen_ai.request.reasoning_effort",
        "gen_ai.openai.request.reasoning_effort",
    ),
    "output_type": ("gen_ai.output.type", "gen_ai.openai.request.response_format"),
    "service_tier": (
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "gen_ai.response.service_tier",
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
    ),
    "request_params": (
        "langfuse.observation.model.parameters",
        "llm.invocation_parameters",
        "embedding.invocation_parameters",
    ),
    "finish_reasons": (
        "gen_ai.response.finish_reasons",
        "gen_ai.response.finish_reason",
        "gen_ai.response.stop_reason",
        "llm.finish_reason",
        "ai.response.finishReason",
        "ai.finishReason",
    ),
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "gen_ai.aggregated_usage.input_tokens",
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "gen_ai.aggregated_usage.output_tokens",
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
    ),
    "total_tokens": (
        "gen_ai.usage.total_tokens",
        "llm.usage.total_tokens",
        "llm.token_count.total",
        "ai.usage.totalTokens",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.aggregated_usage.cache_read.input_tokens",
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.aggregated_usage.cache_write.input_tokens",
        "gen_ai.aggregated_usage.cache_creation.input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.aggregated_usage.reasoning.output_tokens",
        "gen_ai.aggregated_usage.details.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens",
    ),
    "input_audio_tokens": ("gen_ai.usage.audio.input_tokens", "llm.token_count.prompt_details.audio"),
    "output_audio_tokens": ("gen_ai.usage.audio.output_tokens", "llm.token_count.completion_details.audio"),
    "input_image_tokens": ("gen_ai.usage.image.input_tokens", "llm.token_count.prompt_details.image"),
    "usage_scope": ("genyard.usage_scope",),
    "cost_usd": (
        "genyard.cost_usd",
        "operation.cost",
        "gen_ai.usage.cost",
        "gen_ai.usage.total_cost",
        "llm.cost.total",
    ),
    "cost_details": ("langfuse.observation.cost_details",),
    "ttft_s": (
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.server.time_to_first_token",
        "ai.response.msToFirstChunk",
    ),
    "input_messages": ("gen_ai.input.messages",),
    "output_messages": ("gen_ai.output.messages",),
    "system_instructions": ("gen_ai.system_instructions",),
    "tool_definitions": ("gen_ai.tool.definitions",),
    "input": ("genyard.input",),
    "output": ("genyard.output",),
    "tool_name": ("gen_ai.tool.name", "tool.name", "ai.toolCall.name"),
    "tool_call_id": ("gen_ai.tool.call.id", "tool.id", "ai.toolCall.id"),
    "tool_type": ("gen_ai.tool.type",),
    "tool_description": ("gen_ai.tool.description", "tool.description"),
    "tool_arguments": (
        "gen_ai.tool.call.arguments",
        "tool_arguments",
        "gen_ai.tool.input",
        "ai.toolCall.args",
        "mcp.request.argument",
    ),
    "tool_result": (
        "gen_ai.tool.call.result",
        "tool_response",
        "gen_ai.tool.output",
        "ai.toolCall.result",
        "mcp.response.value",
    ),
    "retrieval_query": ("gen_ai.retrieval.query.text", "reranker.query"),
    "retrieval_documents": ("gen_ai.retrieval.documents",),
    "retrieval_top_k": ("gen_ai.retrieval.top_k", "reranker.top_k", "db.vector.query.top_k"),
    "data_source_id": ("gen_ai.data_source.id",),
    "embedding_dimensions": ("gen_ai.embeddings.dimension.count",),
    "agent_id": ("gen_ai.agent.id",),
    "agent_name": ("gen_ai.agent.name", "agent.name", "agent_name"),
    "agent_version": ("gen_ai.agent.version",),
    "agent_description": ("gen_ai.agent.description",),
    "workflow_name": ("gen_ai.workflow.name", "traceloop.workflow.name"),
    "conversation_id": (
        "session.id",
        "langfuse.session.id",
        "gen_ai.conversation.id",
        "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "gcp.vertex.agent.session_id",
        "langfuse_session_id",
        "session_id",
    ),
    "user_id": (
        "user.id",
        "langfuse.user.id",
        "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId",
        "langsmith.metadata.user_id",
        "gen_ai.user",
        "llm.user",
        "enduser.id",
        "langfuse_user_id",
        "user_id",
    ),
    "tags": ("genyard.tags", "langfuse.trace.tags", "tag.tags", "langsmith.span.tags"),
    "metadata": ("metadata",),
    "prompt_name": (
        "langfuse.observation.prompt.name",
        "gen_ai.prompt.name",
        "prompt.id",
        "traceloop.prompt.key",
        "genyard.prompt",
    ),
    "prompt_version": (
        "langfuse.observation.prompt.version",
        "gen_ai.prompt.version",
        "llm.prompt_template.version",
        "traceloop.prompt.version",
    ),
    "prompt_template": ("llm.prompt_template.template", "traceloop.prompt.template"),
    "prompt_variables": ("llm.prompt_template.variables",),
    "mcp_method": ("mcp.method.name",),
    "mcp_session_id": ("mcp.session.id",),
    "mcp_resource_uri": ("mcp.resource.uri",),
    "mcp_protocol_version": ("mcp.protocol.version",),
    "jsonrpc_request_id": ("jsonrpc.request.id", "mcp.request.id"),
    "server_address": ("server.address",),
    "server_port": ("server.port",),
    "error_type": ("error.type",),
    "environment": ("langfuse.environment",),
    "release": ("genyard.release", "langfuse.release"),
    "endpoint": ("genyard.endpoint",),
    "system": ("genyard.system",),
    "step": ("genyard.step",),
    "prompt_digest": ("genyard.prompt_digest",),
    "index_digest": ("genyard.index_digest",),
    "chunk_digests": ("genyard.chunk_digests",),
    "document_digests": ("genyard.document_digests",),
    "run_id": ("genyard.run_id",),
    "row_id": ("genyard.row_id",),
    "repeat": ("genyard.repeat",),
    "preview": ("genyard.preview",),
}
"""Column to its attribute names."""

RESOURCE_NAMES: Mapping[str, tuple[str, ...]] = {
    "service_name": ("service.name",),
    "service_version": ("service.version",),
    "environment": ("deployment.environment.name", "deployment.environment", "langfuse.environment"),
    "release": ("genyard.release", "langfuse.release"),
    "endpoint": ("genyard.endpoint",),
}
"""The same of a resource. What the span itself says wins."""

# A dialect's module reads a span only where one of its names was met. A bit each, for one test a span.
LANGFUSE, MLFLOW, LANGSMITH, OPENINFERENCE, VERCEL, TRACELOOP, PYDANTIC, LOGFIRE, BLOBS, GUARDRAIL, MCP, ADK = (
    1 << bit for bit in range(12)
)

_BEGINNINGS: Mapping[str, int] = {
    "langfuse.": LANGFUSE,
    "mlflow.": MLFLOW,
    "langsmith.": LANGSMITH,
    "openinference.": OPENINFERENCE,
    "llm.": OPENINFERENCE | TRACELOOP,
    "embedding.": OPENINFERENCE,
    "retrieval.documents.": OPENINFERENCE,
    "reranker.": OPENINFERENCE,
    "evaluations.": OPENINFERENCE,
    "annotations.": OPENINFERENCE,
    "trace.evaluations.": OPENINFERENCE,
    "trace.annotations.": OPENINFERENCE,
    "session.evaluations.": OPENINFERENCE,
    "session.annotations.": OPENINFERENCE,
    "input.value": OPENINFERENCE,
    "output.value": OPENINFERENCE,
    "ai.": VERCEL,
    "traceloop.": TRACELOOP,
    "gen_ai.prompt.": TRACELOOP,
    "gen_ai.completion.": TRACELOOP,
    "gen_ai.is_streaming": TRACELOOP,
    "gen_ai.openai.api_base": TRACELOOP,
    "gen_ai.guardrail.": GUARDRAIL,
    "gcp.vertex.agent.": ADK,
    "pydantic_ai.": PYDANTIC,
    "logfire.": LOGFIRE,
    "mcp.": MCP,
}
_WHOLE: Mapping[str, int] = {
    "gen_ai.prompt": BLOBS,
    "gen_ai.completion": BLOBS,
    "gen_ai.prompt.name": 0,
    "gen_ai.prompt.version": 0,
    "gen_ai.usage.raw": LOGFIRE,
    "request_data": LOGFIRE,
    "response_data": LOGFIRE,
    "events": PYDANTIC,
    "all_messages_events": PYDANTIC,
    "final_result": PYDANTIC,
    "model_name": PYDANTIC,
}
_BY_WORD: dict[str, list[tuple[str, int]]] = {}
for _beginning, _mark in _BEGINNINGS.items():
    _BY_WORD.setdefault(_beginning.partition(".")[0], []).append((_beginning, _mark))


def mark_of(name: str) -> int:
    """Return the bits of the modules that know ``name``; 0 for a name that the table alone can read."""
    for beginning, mark in _BY_WORD.get(name.partition(".")[0], ()):
        if name.startswith(beginning):
            return _WHOLE.get(name, mark)
    return _WHOLE.get(name, 0)


Rule = tuple[str, bool, Callable[[Json], Json], int]
"""How one attribute name is read. A bare tuple, because one is taken apart for every attribute that arrives.

Its column (empty for a name that only a dialect's module reads), whether text goes in as it is, the reader, the bits.
"""


def _seconds_or_ms(value: Json) -> float | None:
    """Return seconds. OpenTelemetry's unit is the second; Strands writes whole milliseconds under the same name."""
    return values.milliseconds(value) if isinstance(value, int) else values.amount(value)


def _unscrubbed(value: Json) -> str | None:
    """Return an id that Logfire has not blotted out."""
    found = values.text(value)
    return None if found is None or found.startswith("[Scrubbed due to") else found


def _scope(value: Json) -> str | None:
    return value if value in ("self", "aggregate") and isinstance(value, str) else None


def _only_json(value: Json) -> Json:
    """Return what is an object or array; a column that dialects share with anybody's name takes nothing else."""
    found = values.json_value(value)
    return None if type(found) is str or isinstance(found, int | float) else found


def _never(value: Json) -> None:  # noqa: ARG001 - one signature for all
    return None


_OF_TYPE: Mapping[ColumnType, Callable[[Json], Json]] = {
    "text": values.text,
    "integer": values.integer,
    "time_ns": values.count,
    "number": values.number,
    "boolean": values.boolean,
    "texts": values.texts,
    "json": values.json_value,
}
_OF_COLUMN: Mapping[str, Callable[[Json], Json]] = {
    "cost_usd": values.amount,
    "input_messages": messages.asked,
    "output_messages": messages.answered,
    "system_instructions": messages.instructions,
    "tool_definitions": tools.definitions,
    "metadata": _only_json,
    "ttft_s": values.amount,
    "usage_scope": _scope,
}
_OF_NAME: Mapping[str, Callable[[Json], Json]] = {
    "ai.response.msToFirstChunk": values.milliseconds,
    "gen_ai.server.time_to_first_token": _seconds_or_ms,
    "langsmith.span.tags": values.comma_texts,
    "session_id": _unscrubbed,
    "user_id": _unscrubbed,
}
_COUNTS = frozenset(
    name for name in NAMES if name.endswith("_tokens") or name in ("embedding_dimensions", "retrieval_top_k")
)


def _rule(column: str, name: str) -> Rule:
    kind = SPANS.by_name[column].type
    read = _OF_NAME.get(name) or _OF_COLUMN.get(column) or (values.count if column in _COUNTS else _OF_TYPE[kind])
    return column, kind == "text" and read is values.text, read, mark_of(name)


RULES: Mapping[str, Rule] = {
    **{name: ("", False, _never, mark) for name, mark in _WHOLE.items() if mark},
    **{name: _rule(column, name) for column, names in NAMES.items() for name in names},
}
"""Attribute name to its rule. A name that is not here may still begin like one of a dialect."""

RESOURCE_RULES: Mapping[str, Rule] = {
    name: _rule(column, name) for column, names in RESOURCE_NAMES.items() for name in names
}
