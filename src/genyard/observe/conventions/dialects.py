"""Which dialect a span speaks, what its operation is, and what each dialect's module reads from it.

The order of the calls in ``read_dialects`` is the precedence of ``docs/dialects.md``: what is filled first stays.
"""

from collections.abc import Mapping
from typing import NamedTuple

from genyard.core.canonical import Json
from genyard.observe.conventions import (
    agents,
    events,
    langfuse,
    langsmith,
    mlflow,
    openinference,
    pydantic,
    traceloop,
    vercel,
)
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.names import (
    ADK,
    BLOBS,
    GUARDRAIL,
    LANGFUSE,
    LANGSMITH,
    LOGFIRE,
    MCP,
    MLFLOW,
    OPENINFERENCE,
    PYDANTIC,
    TRACELOOP,
    VERCEL,
)
from genyard.observe.conventions.values import unquoted
from genyard.observe.conventions.words import operation_of, vercel_operation
from genyard.observe.wire import WireSpan

_KINDS: Mapping[str, str] = {
    "langfuse.observation.type": "langfuse",
    "mlflow.spanType": "mlflow",
    "langsmith.span.kind": "langsmith",
    "openinference.span.kind": "openinference",
    "ai.operationId": "vercel_ai",
    "mcp.method.name": "mcp",
}
"""The attribute that names a span's kind, and its dialect. The first that is there decides."""


class Heard(NamedTuple):
    """What a span was understood to be."""

    dialect: str
    operation: str
    raw: str
    """The sender's word for the operation; empty for none."""


def heard(span: WireSpan, columns: Mapping[str, Json]) -> Heard:
    """Return the dialect and the operation of a span whose plain names are read into ``columns``."""
    attributes = span.attributes
    for name, dialect in _KINDS.items():
        if name in attributes:
            return _of_kind(dialect, attributes[name], columns, attributes)
    dialect = _dialect(span, columns)
    word = columns.get("operation")
    if dialect == "traceloop" and not isinstance(word, str):
        word = attributes.get("traceloop.span.kind") or attributes.get("llm.request.type")
    if isinstance(word, str):
        return Heard(dialect, operation_of(word), word)
    return Heard(dialect, "other" if dialect == "none" else _guessed(columns), "")


def _of_kind(dialect: str, kind: Json, columns: Mapping[str, Json], attributes: Mapping[str, Json]) -> Heard:
    word = str(unquoted(kind)) if dialect == "mlflow" else str(kind)
    if dialect == "vercel_ai":
        return Heard(dialect, vercel_operation(word), word)
    if dialect == "mcp":
        said = columns.get("operation")
        if isinstance(said, str):
            return Heard(dialect, operation_of(said), said)
        return Heard(dialect, "execute_tool" if word == "tools/call" else "mcp", word)
    operation = operation_of(word)
    if dialect == "langfuse" and operation == "other" and _is_generation(columns, attributes):
        operation = "chat"
    if dialect == "openinference" and operation == "chat" and any(one.startswith("llm.prompts.") for one in attributes):
        operation = "completion"
    return Heard(dialect, operation, word)


def _is_generation(columns: Mapping[str, Json], attributes: Mapping[str, Json]) -> bool:
    """Return whether a span of an old Langfuse SDK, which calls anything a span, is a model call."""
    return "response_model" in columns or "langfuse.observation.usage_details" in attributes


def _dialect(span: WireSpan, columns: Mapping[str, Json]) -> str:
    if any(name in span.attributes for name in ("llm.request.type", "gen_ai.is_streaming")):
        return "traceloop"
    known = False
    for name in span.attributes:
        if name.startswith("traceloop."):
            return "traceloop"
        known = known or name.startswith("gen_ai.")
    if span.scope.name.startswith("logfire"):
        return "logfire"
    return "gen_ai" if known or "operation" in columns else "none"


def _guessed(columns: Mapping[str, Json]) -> str:
    """Return the operation of a span that names none."""
    if "tool_name" in columns:
        return "execute_tool"
    model = "request_model" in columns or "response_model" in columns
    if "agent_name" in columns and not model:
        return "invoke_agent"
    return "chat" if model else "other"


def read_dialects(draft: Draft, marks: int) -> None:
    """Fill what the table of names could not, out of the structures of the dialects that a span carries."""
    if marks & LANGFUSE:
        langfuse.read_langfuse(draft)
    if draft.span.events:
        events.read_events(draft)
    if marks & MCP:
        agents.read_mcp(draft)
    if marks & GUARDRAIL:
        agents.read_guardrail(draft)
    if marks & OPENINFERENCE:
        openinference.read_openinference(draft)
    if marks & (PYDANTIC | LOGFIRE):
        pydantic.read_pydantic(draft)
        pydantic.read_logfire(draft)
    _read_frameworks(draft, marks)
    if marks & TRACELOOP:
        traceloop.read_messages(draft)
    if marks & OPENINFERENCE:
        openinference.read_messages(draft)
    _read_generic(draft, marks)


def _read_frameworks(draft: Draft, marks: int) -> None:
    if marks & VERCEL:
        vercel.read_vercel(draft)
    if marks & MLFLOW:
        mlflow.read_mlflow(draft)
    if marks & LANGSMITH:
        langsmith.read_langsmith(draft)
    if marks & TRACELOOP:
        traceloop.read_traceloop(draft)
    if marks & ADK:
        agents.read_adk(draft)


def _read_generic(draft: Draft, marks: int) -> None:
    if marks & BLOBS:
        langsmith.read_blobs(draft)
    if marks & OPENINFERENCE:
        openinference.read_values(draft)
    if marks & TRACELOOP:
        traceloop.read_entity(draft)
