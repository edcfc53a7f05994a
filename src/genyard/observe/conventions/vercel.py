"""Vercel's AI SDK before 7, and its ``LegacyOpenTelemetry``: ``ai.*`` names."""

from genyard.core.canonical import Json
from genyard.observe.conventions import tools, values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import messages_of
from genyard.observe.conventions.parts import call, said
from genyard.observe.conventions.words import finish_reason_of


def read_vercel(draft: Draft) -> None:
    if str(draft.columns.get("operation_raw", "")).endswith("doStream"):
        draft.fill("stream", True)
    draft.fill("tool_definitions", tools.definitions(draft.rest.get("ai.prompt.tools")))
    _read_context(draft)
    if draft.operation == "embeddings":
        _read_embedding(draft)
    elif draft.asks_a_model:
        _read_call(draft)
    elif draft.operation == "invoke_agent":
        draft.fill("agent_name", values.text(draft.rest.get("ai.telemetry.functionId")))
        draft.fill_from("input", "ai.prompt")
        for name in ("ai.response.text", "ai.response.object", "ai.result.text", "ai.result.object"):
            draft.fill_from("output", name)


def _read_call(draft: Draft) -> None:
    asked = messages_of(draft.rest.get("ai.prompt.messages"), role="user")
    if draft.fill("input_messages", asked):
        draft.used(["ai.prompt.messages"])
    parts: list[Json] = []
    reasoning = draft.rest.get("ai.response.reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    text = _either(draft, "text", "object")
    if isinstance(text, str) and text:
        parts += said(text)
    for one in values.list_of(_either(draft, "toolCalls")):
        used = values.object_of(one)
        parts.append(call(used.get("toolCallId"), used.get("toolName"), used.get("input", used.get("args"))))
    reason = draft.span.attributes.get("ai.response.finishReason", draft.span.attributes.get("ai.finishReason"))
    ending: dict[str, Json] = {"finish_reason": finish_reason_of(reason)} if isinstance(reason, str) and reason else {}
    if parts and draft.fill("output_messages", [{"role": "assistant", "parts": parts} | ending]):
        draft.used(f"ai.{where}.{what}" for where in ("response", "result") for what in ("text", "toolCalls"))


def _either(draft: Draft, *names: str) -> Json:
    """Return what is under ``ai.response``, or under ``ai.result`` as up to version 3."""
    places = [f"ai.{where}.{name}" for name in names for where in ("response", "result")]
    return next((draft.rest[place] for place in places if draft.rest.get(place)), None)


def _read_embedding(draft: Draft) -> None:
    vectors = draft.rest.get("ai.embeddings", draft.rest.get("ai.embedding"))
    items = values.list_of(vectors)
    first = items[0] if items and isinstance(items[0], str | list | tuple) else vectors
    draft.fill("embedding_dimensions", len(values.list_of(first)) or None)


def _read_context(draft: Draft) -> None:
    """Read session and user out of the context that version 7 writes."""
    for place in ("ai.settings.context.", "ai.settings.runtimeContext.", "ai.telemetry.metadata."):
        for column, names in (("conversation_id", ("sessionId", "session_id")), ("user_id", ("userId", "user_id"))):
            for name in names:
                if draft.fill(column, values.text(draft.rest.get(place + name))):
                    draft.used([place + name])
