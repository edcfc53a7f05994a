"""Chat completions and embeddings in the OpenAI format: read leniently from a provider, written for a caller."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import ProviderBroken
from genyard.core.escape import one_line
from genyard.discover.chat import Completion, FinishReason, ToolCall
from genyard.discover.openai_wire import WireAnswer, text_of, tool_call_of, tool_call_to_json, usage_of, usage_to_json

T = TypeVar("T")

_FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "safety": "content_filter",
}


class WireVector(msgspec.Struct):
    """One row of an embedding answer."""

    embedding: list[float]
    index: int


class WireEmbeddings(msgspec.Struct):
    """The body of an embedding answer."""

    data: list[WireVector]


def decode_completion(content: bytes) -> Completion:
    """Read the body of an answer: its first choice. Raises ProviderBroken, saying what is wrong, when it is not one."""
    answer = decode_answer(content)
    message = answer.choices[0].message if answer.choices else None
    if message is None:
        raise ProviderBroken("the provider's answer holds no message")
    return Completion(
        content=text_of(message.content) or message.refusal or "",
        finish_reason=finish_reason(answer.choices[0].finish_reason, refused=bool(message.refusal)),
        usage=usage_of(answer.usage),
        response_model=answer.model or "",
        response_id=answer.id or "",
        tool_calls=named([tool_call_of(call) for call in message.tool_calls or ()]),
        system_fingerprint=answer.system_fingerprint or "",
    )


def decode_answer(content: bytes | str) -> WireAnswer:
    """Read a chat completion or a chunk of one. Raises ProviderBroken when it is not one."""
    return _decode(content, WireAnswer, "a chat completion")


def named(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """Return the tool calls. Raises ProviderBroken when one names no function."""
    if any(not call.name for call in calls):
        raise ProviderBroken("a tool call in the provider's answer names no function")
    return tuple(calls)


def finish_reason(text: str | None, *, refused: bool = False) -> FinishReason:
    """Return the reason in the API's own words; none, or one that nobody knows, is ``stop``."""
    return "content_filter" if refused else _FINISH_REASONS.get((text or "").lower(), "stop")


def encode_completion(completion: Completion, *, created_s: int) -> bytes:
    """Return the body of an answer as a server of this format sends it. ``created_s`` is Unix time in seconds."""
    message: dict[str, Json] = {"role": "assistant", "content": completion.content}
    if completion.tool_calls:
        message["content"] = completion.content or None
        message["tool_calls"] = [tool_call_to_json(call) for call in completion.tool_calls]
    choice: JsonObject = {"index": 0, "message": message, "finish_reason": completion.finish_reason}
    body: dict[str, Json] = {
        "id": completion.response_id,
        "object": "chat.completion",
        "created": created_s,
        "model": completion.response_model,
        "choices": [choice],
    }
    if completion.system_fingerprint:
        body["system_fingerprint"] = completion.system_fingerprint
    if completion.usage:
        body["usage"] = usage_to_json(completion.usage)
    return msgspec.json.encode(body)


def decode_embeddings(content: bytes, *, count: int) -> list[list[float]]:
    """Read ``count`` vectors of one length, in order. Raises ProviderBroken when they are not that."""
    rows = sorted(_decode(content, WireEmbeddings, "a list of embeddings").data, key=lambda row: row.index)
    if [row.index for row in rows] != list(range(count)) or len({len(row.embedding) for row in rows}) > 1:
        raise ProviderBroken(f"the provider's answer does not hold {count} vectors of one length")
    return [row.embedding for row in rows]


def _decode(content: bytes | str, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProviderBroken(f"the provider's answer is not {what}: {one_line(str(error))}") from error
