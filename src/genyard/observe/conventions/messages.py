"""Messages in one form: ``{role, name?, parts: [{type, content}, …], finish_reason?}``, OpenTelemetry's since 1.37.

Text that is in this form already is kept as it came, after one decoder has read it. Anything else is made into it:
messages of OpenAI, Anthropic, Bedrock, Gemini, LangChain and Vercel. A part that nobody knows stays as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from genyard.core.canonical import Json
from genyard.observe.conventions.parts import parts_of, said, tool_calls
from genyard.observe.conventions.values import list_of, parsed, shallow, structured
from genyard.observe.conventions.words import finish_reason_of
from genyard.store.rows import WrittenJson

Object = Mapping[str, Json]


class _Text(Struct, tag_field="type", tag="text", forbid_unknown_fields=True, gc=False):
    content: str


class _Reasoning(Struct, tag_field="type", tag="reasoning", forbid_unknown_fields=True, gc=False):
    content: str


class _Call(Struct, tag_field="type", tag="tool_call", forbid_unknown_fields=True, gc=False):
    name: str
    arguments: dict[str, Any] | list[Any]
    id: str | UnsetType = UNSET


class _Response(Struct, tag_field="type", tag="tool_call_response", forbid_unknown_fields=True, gc=False):
    response: dict[str, Any] | list[Any]
    id: str | UnsetType = UNSET


class _Message(Struct, forbid_unknown_fields=True, gc=False):
    role: str
    parts: list[_Text | _Reasoning | _Call | _Response]
    name: str | UnsetType = UNSET
    finish_reason: Literal["stop", "length", "tool_call", "content_filter", "error"] | UnsetType = UNSET


_decode = msgspec.json.Decoder(list[_Message]).decode


def asked(value: Json) -> Json:
    """Return messages that were sent to a model; None for what holds none."""
    return _messages(value, role="user")


def answered(value: Json) -> Json:
    """Return messages that a model gave; None for what holds none."""
    return _messages(value, role="assistant")


def _messages(value: Json, *, role: str) -> Json:
    if type(value) is str:
        try:
            _decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            pass
        else:
            # Only what a tool took or gave can be deep.
            return WrittenJson(value) if '"tool_call' not in value or shallow(value) else None
    found = parsed(value)
    if found is None:
        return _spoken(value, role) if isinstance(value, str) and not value.lstrip().startswith(("{", "[")) else None
    return messages_of(found, role=role)


def _spoken(value: str, role: str) -> Json:
    return [{"role": role, "parts": said(value)}] if value else None


def messages_of(value: Json, *, role: str) -> list[Json] | None:
    """Return the messages of an object, a list of them, or a text; None where there are none.

    ``role`` is of those that name none.
    """
    value = structured(value)
    if isinstance(value, str):
        return [{"role": role, "parts": said(value)}] if value else None
    if isinstance(value, Mapping):
        inner = value.get("messages")
        return messages_of(inner, role=role) if isinstance(inner, list | tuple) else _whole([message_of(value, role)])
    if not isinstance(value, list | tuple):
        return None
    if len(value) == 1 and isinstance(value[0], list | tuple):  # LangChain asks with a batch of conversations.
        value = value[0]
    return _whole(message_of(one, role) for one in value)


def message_of(raw: Json, role: str) -> Json:
    """Return one message; None for what says nothing."""
    if isinstance(raw, str):
        return {"role": role, "parts": said(raw)} if raw else None
    if not isinstance(raw, Mapping):
        return None
    raw = _unwrapped(raw)
    named = raw.get("role") or _ROLES.get(str(raw.get("type", "")).lower())
    own = named if isinstance(named, str) else role
    if raw.get("type") in _ITEMS and "content" not in raw:
        items = parts_of([raw])
        return {"role": own, "parts": items} if items else None
    parts = _all_parts(raw, own)
    found: dict[str, Json] = {"role": own, "parts": parts}
    for name, value in raw.items():
        if value is not None and name not in _UNDERSTOOD and not name.startswith(("gen_ai.", "event.")):
            found[name] = value
    reason = raw.get("finish_reason")
    if isinstance(reason, str) and reason:
        found["finish_reason"] = finish_reason_of(reason)
    return found if parts or "finish_reason" in found else None


def choices_of(value: Json) -> list[Json] | None:
    """Return the messages of ``choices`` of OpenAI's answer, each with its finish reason."""
    if not isinstance(value, list | tuple):
        return None
    return _whole(choice_of(one) for one in value)


def choice_of(raw: Json) -> Json:
    """Return the message of one choice ``{message, finish_reason}``."""
    if not isinstance(raw, Mapping):
        return None
    message, reason = raw.get("message", raw.get("delta")), raw.get("finish_reason")
    found = message_of(structured(message) if isinstance(message, str) else message, "assistant")
    if found is None and isinstance(message, str | list):
        found = _whole_content(message)
    if not isinstance(found, dict):
        return None
    return found | ({"finish_reason": finish_reason_of(reason)} if isinstance(reason, str) and reason else {})


def finish_reasons_of(messages: Json) -> list[Json] | None:
    """Return the finish reasons that messages carry."""
    found = [
        one["finish_reason"]
        for one in list_of(messages)
        if isinstance(one, Mapping) and isinstance(one.get("finish_reason"), str)
    ]
    return found or None


def last_words(messages: Json, *, most: int) -> str | None:
    """Return up to ``most`` characters of what the user said last."""
    if type(messages) is WrittenJson:
        try:
            return _last_of(_decode(str(messages)), most)
        except (msgspec.DecodeError, RecursionError):
            pass
    for message in reversed(list_of(messages)):
        if isinstance(message, Mapping) and message.get("role") == "user":
            parts = message.get("parts")
            texts = [
                one.get("content") for one in list_of(parts) if isinstance(one, Mapping) and one.get("type") == "text"
            ]
            said_ = " ".join(text[:most] for text in texts if isinstance(text, str))
            if said_:
                return said_[:most]
    return None


def _last_of(messages: list[_Message], most: int) -> str | None:
    for message in reversed(messages):
        if message.role == "user":
            said_ = " ".join(part.content[:most] for part in message.parts if isinstance(part, _Text))
            if said_:
                return said_[:most]
    return None


def instructions(value: Json) -> Json:
    """Return a system's instructions as one text where they are text, else as they are."""
    found = structured(value)
    items = [found] if isinstance(found, Mapping) else found
    if not isinstance(items, list | tuple):
        return found or None
    said_: list[str] = []
    for one in items:
        content = (
            one if isinstance(one, str) else one.get("content", one.get("text")) if isinstance(one, Mapping) else 0
        )
        if not isinstance(content, str):
            return found
        said_.append(content)
    return "\n\n".join(said_) or None


def _whole(found: Iterable[Json]) -> list[Json] | None:
    return [one for one in found if one is not None] or None


def _whole_content(content: Json) -> Json:
    parts = parts_of(content)
    return {"role": "assistant", "parts": parts} if parts else None


def _unwrapped(raw: Object) -> Object:
    """Return the message inside LangChain's, or OpenInference's, wrapping."""
    for name in ("kwargs", "message"):
        inner = raw.get(name)
        if isinstance(inner, Mapping) and ("content" in inner or "role" in inner):
            named = {} if inner.get("role") or inner.get("type") else {"type": _class_of(raw)}
            return cast("Object", {**named, **inner})
    return raw


def _class_of(raw: Object) -> Json:
    """Return the word for who speaks in LangChain's ``id``, such as ``human`` of HumanMessage."""
    path = raw.get("id")
    last = path[-1] if isinstance(path, list | tuple) and path else ""
    return str(last).removesuffix("Chunk").removesuffix("Message").lower()


def _all_parts(raw: Object, role: str) -> list[Json]:
    calls = tool_calls(raw)
    content = raw.get("parts", raw.get("content", raw.get("contents")))
    identity = raw.get("tool_call_id") or (raw.get("id") if role == "tool" else None)
    if role in ("tool", "function") and "parts" not in raw and not _is_result(content):
        return _tool_answer(content, identity)
    thought = raw.get("reasoning_content")
    before = [cast("Json", {"type": "reasoning", "content": thought})] if isinstance(thought, str) and thought else []
    return [*before, *parts_of(content), *calls]


def _tool_answer(content: Json, identity: Json) -> list[Json]:
    if content is None:
        return []
    found: dict[str, Json] = {"type": "tool_call_response"}
    if isinstance(identity, str) and identity:
        found["id"] = identity
    return [found | {"response": _plain_text(structured(content))}]


def _plain_text(content: Json) -> Json:
    """Return the text of a list with one text part."""
    if isinstance(content, list | tuple) and len(content) == 1 and isinstance(content[0], Mapping):
        text = content[0].get("text", content[0].get("content"))
        if isinstance(text, str) and content[0].get("type", "text") == "text":
            return structured(text)
    return content


def _is_result(content: Json) -> bool:
    """Return whether ``content`` is a list of results that say themselves to which call they answer."""
    items = parsed(content)
    if not isinstance(items, list | tuple) or not items:
        return False
    return all(isinstance(one, Mapping) and bool(_RESULTS & {*one, one.get("type")}) for one in items)


_RESULTS: frozenset[object] = frozenset({"toolResult", "tool-result", "tool_result", "tool_call_response"})
_ITEMS = frozenset({"function_call", "function_call_output", "reasoning"})
"""Types of the items of OpenAI's Responses that are no messages."""
_ROLES: Mapping[str, str] = {
    "ai": "assistant",
    "function": "tool",
    "function_call": "assistant",
    "function_call_output": "tool",
    "human": "user",
    "reasoning": "assistant",
    "system": "system",
    "tool": "tool",
}
_UNDERSTOOD = frozenset(
    {"role", "parts", "content", "contents", "tool_calls", "function_call", "tool_call_id", "finish_reason", "id"}
    | {"reasoning_content", "type", "index", "arguments", "call_id", "output", "summary", "status"}
    | {"additional_kwargs", "response_metadata", "usage_metadata", "invalid_tool_calls", "example", "lc_attributes"}
)
"""Keys that are read, or that say nothing of what was said."""
