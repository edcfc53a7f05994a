"""The shapes of the OpenAI Chat Completions and Embeddings formats, and the parts that both directions share.

Everything may be missing or null here, because servers that speak this format differ in what they leave out; the
modules ``openai_request``, ``openai_answer`` and ``openai_stream`` say what must be there.
"""

from typing import Annotated

import msgspec

from genyard.core.canonical import Json, JsonObject
from genyard.discover.chat import Message, ToolCall, Usage

Tokens = Annotated[int, msgspec.Meta(ge=0)]


class WireFunction(msgspec.Struct):
    """The function of a tool call; in a stream a part of it."""

    name: str | None = None
    arguments: str | None = None


class WireToolCall(msgspec.Struct):
    """A tool call; in a stream a part of the call at ``index``."""

    function: WireFunction | None = None
    id: str | None = None
    index: int | None = None


class WirePart(msgspec.Struct):
    """A part of a message's content."""

    type: str
    text: str | None = None


WireContent = str | list[WirePart] | None


class WireMessage(msgspec.Struct):
    """A message as it stands in a request, in an answer, or, in pieces, in a stream's deltas."""

    role: str | None = None
    content: WireContent = None
    name: str | None = None
    tool_calls: list[WireToolCall] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None


class WireInputDetails(msgspec.Struct):
    """What the input tokens were."""

    cached_tokens: Tokens | None = None


class WireOutputDetails(msgspec.Struct):
    """What the output tokens were."""

    reasoning_tokens: Tokens | None = None


class WireUsage(msgspec.Struct):
    """The tokens of one exchange."""

    prompt_tokens: Tokens | None = None
    completion_tokens: Tokens | None = None
    prompt_tokens_details: WireInputDetails | None = None
    completion_tokens_details: WireOutputDetails | None = None


class WireChoice(msgspec.Struct):
    """An answer (``message``) or a piece of one (``delta``)."""

    index: int = 0
    message: WireMessage | None = None
    delta: WireMessage | None = None
    finish_reason: str | None = None


class WireAnswer(msgspec.Struct):
    """A chat completion, or a chunk of one."""

    choices: list[WireChoice]
    id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    usage: WireUsage | None = None


def text_of(content: WireContent, *, between: str = "") -> str:
    """Return the text of a message's content; parts that are not text (a model's thinking) are left out."""
    if isinstance(content, list):
        return between.join(part.text for part in content if part.type == "text" and part.text)
    return content or ""


def tool_call_of(wire: WireToolCall) -> ToolCall:
    """Return a tool call. Its name is empty when the sender named no function."""
    function = wire.function or WireFunction()
    return ToolCall(id=wire.id or "", name=function.name or "", arguments=function.arguments or "")


def usage_of(wire: WireUsage | None) -> Usage | None:
    """Return the usage, or None when the sender reports none."""
    if wire is None or wire.prompt_tokens is None:
        return None
    inputs, outputs = wire.prompt_tokens_details, wire.completion_tokens_details
    return Usage(
        input_tokens=wire.prompt_tokens,
        output_tokens=wire.completion_tokens or 0,
        cache_read_tokens=(inputs.cached_tokens if inputs else None) or 0,
        reasoning_tokens=(outputs.reasoning_tokens if outputs else None) or 0,
    )


def message_to_json(message: Message) -> JsonObject:
    """Return a message as the API has it. What is empty is left out, but for the content."""
    body: dict[str, Json] = {"role": message.role, "content": message.content}
    if message.name:
        body["name"] = message.name
    if message.tool_calls:
        body["content"] = message.content or None
        body["tool_calls"] = [tool_call_to_json(call) for call in message.tool_calls]
    if message.tool_call_id:
        body["tool_call_id"] = message.tool_call_id
    return body


def tool_call_to_json(call: ToolCall) -> JsonObject:
    """Return a tool call as the API has it."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def usage_to_json(usage: Usage) -> JsonObject:
    """Return the usage as the API has it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
