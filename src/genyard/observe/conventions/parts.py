"""The parts of a message: text, reasoning, tool calls and their answers, in the words of every dialect."""

from collections.abc import Callable, Mapping
from typing import cast

from genyard.core.canonical import Json
from genyard.observe.conventions.values import structured

Object = Mapping[str, Json]


def said(text: str) -> list[Json]:
    """Return the parts of plain text."""
    return [{"type": "text", "content": text}]


def parts_of(content: Json) -> list[Json]:
    """Return the parts of a message's content: a text, a list, or the JSON text of a list of them."""
    if isinstance(content, str):
        found = structured(content) if content.startswith("[") else content
        if not isinstance(found, list | tuple) or not all(_looks_like_a_part(one) for one in found):
            return said(content) if content else []
        content = found
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list | tuple):
        return []
    return [part for part in map(part_of, content) if part is not None]


def _looks_like_a_part(value: Json) -> bool:
    return isinstance(value, Mapping) and bool(value) and ("type" in value or _named(value) is not None)


def part_of(raw: Json) -> Json:
    """Return one part; None for what is empty."""
    if isinstance(raw, str):
        return {"type": "text", "content": raw} if raw else None
    if not isinstance(raw, Mapping):
        return raw
    raw = cast("Object", {name: value for name, value in raw.items() if value is not None})
    inner = raw.get("message_content")
    if isinstance(inner, Mapping):  # OpenInference wraps it.
        raw = inner
    kind = raw.get("type")
    read = _BY_TYPE.get(kind) if isinstance(kind, str) else _named(raw)
    return raw if read is None else read(raw)


def tool_calls(message: Object) -> list[Json]:
    """Return the calls that stand beside a message's content."""
    calls = message.get("tool_calls")
    found = [_openai_call(one) for one in calls if isinstance(one, Mapping)] if isinstance(calls, list | tuple) else []
    legacy = message.get("function_call")
    if isinstance(legacy, Mapping):
        found.append(call(None, legacy.get("name"), legacy.get("arguments")))
    return found


def call(identity: Json, name: Json, arguments: Json) -> Json:
    """Return a tool call. Arguments that are text are read where they are an object or an array."""
    found: dict[str, Json] = {"type": "tool_call"}
    if identity:
        found["id"] = identity
    found["name"] = name if isinstance(name, str) else ""
    return found if arguments is None else found | {"arguments": structured(arguments)}


def answer(identity: Json, response: Json) -> Json:
    """Return what a tool answered to a call."""
    found: dict[str, Json] = {"type": "tool_call_response"}
    if identity:
        found["id"] = identity
    return found | {"response": structured(response)}


def _openai_call(raw: Object) -> Json:
    inner = raw.get("tool_call")
    raw = inner if isinstance(inner, Mapping) else raw
    function = raw.get("function")
    named = function if isinstance(function, Mapping) else raw
    return call(raw.get("id"), named.get("name"), named.get("arguments", named.get("args")))


def _text(raw: Object) -> Json:
    content = raw.get("content", raw.get("text", raw.get("refusal")))
    if not isinstance(content, str):
        return raw
    return {"type": "text", "content": content} | _others(raw, "type", "content", "text", "refusal", "annotations")


def _reasoning(raw: Object) -> Json:
    content = raw.get("content", raw.get("text", raw.get("thinking", raw.get("summary"))))
    if isinstance(content, list | tuple):
        texts = [one.get("text") for one in content if isinstance(one, Mapping)]
        content = "\n".join(text for text in texts if isinstance(text, str))
    if not isinstance(content, str):
        return raw
    kept = _others(raw, "type", "content", "text", "thinking", "summary")
    return {"type": "reasoning", "content": content} | kept if content or kept else None


def _others(raw: Object, *known: str) -> dict[str, Json]:
    return {name: value for name, value in raw.items() if name not in known}


def _call(raw: Object) -> Json:
    if raw.get("type") == "tool_call":
        found = call(raw.get("id"), raw.get("name"), raw.get("arguments", raw.get("args")))
        return cast("dict[str, Json]", found) | _others(raw, "type", "id", "name", "arguments", "args")
    identity = raw.get("toolCallId", raw.get("call_id", raw.get("id")))
    named = raw.get("toolName", raw.get("name"))
    return call(identity, named, raw.get("input", raw.get("args", raw.get("arguments"))))


def _answer(raw: Object) -> Json:
    if raw.get("type") == "tool_call_response":
        found = answer(raw.get("id"), raw.get("response", raw.get("result")))
        return cast("dict[str, Json]", found) | _others(raw, "type", "id", "response", "result", "name")
    identity = raw.get("toolCallId", raw.get("call_id", raw.get("tool_use_id")))
    return answer(identity, _alone(raw.get("output", raw.get("result", raw.get("content")))))


def _alone(value: Json) -> Json:
    """Return what a result holds, out of the wrapping of the SDK that names its type."""
    if isinstance(value, Mapping) and value.get("type") in ("json", "text") and "value" in value:
        return value["value"]
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], Mapping):
        only = value[0]
        if "json" in only:
            return only["json"]
        if isinstance(only.get("text"), str) and only.get("type", "text") == "text":
            return only["text"]
    return value


def _bedrock_call(raw: Object) -> Json:
    use = raw["toolUse"]
    return call(use.get("toolUseId"), use.get("name"), use.get("input")) if isinstance(use, Mapping) else raw


def _bedrock_answer(raw: Object) -> Json:
    result = raw["toolResult"]
    if not isinstance(result, Mapping):
        return raw
    return answer(result.get("toolUseId"), _alone(result.get("content")))


def _bedrock_reasoning(raw: Object) -> Json:
    held = raw["reasoningContent"]
    text = held.get("reasoningText") if isinstance(held, Mapping) else None
    content = text.get("text") if isinstance(text, Mapping) else None
    return {"type": "reasoning", "content": content} if isinstance(content, str) else raw


def _gemini_call(raw: Object) -> Json:
    use = raw.get("function_call", raw.get("functionCall"))
    return call(use.get("id"), use.get("name"), use.get("args")) if isinstance(use, Mapping) else raw


def _gemini_answer(raw: Object) -> Json:
    result = raw.get("function_response", raw.get("functionResponse"))
    return answer(result.get("id"), result.get("response")) if isinstance(result, Mapping) else raw


Read = Callable[[Object], Json]

_BY_TYPE: Mapping[str, Read] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "refusal": _text,
    "reasoning": _reasoning,
    "thinking": _reasoning,
    "tool_call": _call,
    "tool-call": _call,
    "tool_use": _call,
    "function_call": _call,
    "tool_call_response": _answer,
    "tool-result": _answer,
    "tool_result": _answer,
    "function_call_output": _answer,
}
_BY_KEY: Mapping[str, Read] = {
    "toolUse": _bedrock_call,
    "toolResult": _bedrock_answer,
    "reasoningContent": _bedrock_reasoning,
    "function_call": _gemini_call,
    "functionCall": _gemini_call,
    "function_response": _gemini_answer,
    "functionResponse": _gemini_answer,
    "text": _text,
}
"""Bedrock and Gemini name no type: the key says it."""


def _named(raw: Object) -> Read | None:
    return next((read for name, read in _BY_KEY.items() if name in raw), None)
