"""Streams of chat completion chunks in the OpenAI format: put together from a provider, cut up for a caller."""

from collections.abc import Iterator

import msgspec

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import ProviderBroken
from genyard.discover.chat import Completion, Delta, ToolCall, Usage
from genyard.discover.openai_answer import finish_reason, named
from genyard.discover.openai_wire import (
    WireAnswer,
    WireFunction,
    WireMessage,
    WireToolCall,
    text_of,
    tool_call_to_json,
    usage_of,
    usage_to_json,
)
from genyard.discover.sse import encode_event


class ChunkAssembler:
    """Puts the chunks of one stream together again. Only the first choice counts."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._calls: dict[int, _GrowingCall] = {}
        self._reason: str | None = None
        self._refused = False
        self._usage: Usage | None = None
        self._id = ""
        self._model = ""
        self._fingerprint = ""
        self._any = False

    def add(self, chunk: WireAnswer) -> str:
        """Take one chunk; return the text that it adds to the answer."""
        self._id = self._id or chunk.id or ""
        self._model = self._model or chunk.model or ""
        self._fingerprint = self._fingerprint or chunk.system_fingerprint or ""
        self._usage = usage_of(chunk.usage) or self._usage
        text = ""
        for choice in chunk.choices:
            if choice.index == 0:
                self._any = True
                self._reason = choice.finish_reason or self._reason
                text += self._delta(choice.delta or WireMessage())
        self._texts.append(text)
        return text

    def _delta(self, delta: WireMessage) -> str:
        for part in delta.tool_calls or ():
            self._call_for(part).add(part.function or WireFunction())
        self._refused = self._refused or bool(delta.refusal)
        return text_of(delta.content) + (delta.refusal or "")

    def _call_for(self, part: WireToolCall) -> "_GrowingCall":
        index = part.index
        if index is None:
            # Some servers number no calls: a new id then starts the next one.
            index = len(self._calls) if part.id or not self._calls else len(self._calls) - 1
        return self._calls.setdefault(index, _GrowingCall(part.id or ""))

    def finish(self, *, done: bool) -> Completion:
        """Return the whole answer. ``done``: whether the stream ended with its own mark.

        Raises ProviderBroken when the stream stopped before it was finished: with neither mark nor finish reason.
        """
        if self._reason is None and not (done and self._any):
            raise ProviderBroken("the stream stopped before it was finished")
        calls = named([self._calls[index].whole() for index in sorted(self._calls)])
        return Completion(
            content="".join(self._texts),
            finish_reason=finish_reason(self._reason, refused=self._refused),
            usage=self._usage,
            response_model=self._model,
            response_id=self._id,
            tool_calls=calls,
            system_fingerprint=self._fingerprint,
        )


class _GrowingCall:
    def __init__(self, call_id: str) -> None:
        self._id = call_id
        self._name = ""
        self._arguments: list[str] = []

    def add(self, part: WireFunction) -> None:
        self._name = self._name or part.name or ""
        self._arguments.append(part.arguments or "")

    def whole(self) -> ToolCall:
        return ToolCall(id=self._id, name=self._name, arguments="".join(self._arguments))


class ChunkWriter:
    """Cuts one answer into the events that a server of this format sends. ``created_s`` is Unix time in seconds.

    The caller ends the stream with ``sse.DONE``.
    """

    def __init__(self, *, answer_id: str, model: str, created_s: int, include_usage: bool) -> None:
        self._head: JsonObject = {
            "id": answer_id,
            "object": "chat.completion.chunk",
            "created": created_s,
            "model": model,
        }
        self._include_usage = include_usage
        self._role: JsonObject = {"role": "assistant"}

    def write(self, delta: Delta) -> bytes:
        """Return the events for one piece; for the last one also the finish reason and, if asked for, the usage."""
        if delta.completion is None:
            return self._event({"content": delta.content}, None)
        return b"".join(self._end(delta.completion))

    def _end(self, completion: Completion) -> Iterator[bytes]:
        calls: list[Json] = [
            {"index": index, **tool_call_to_json(call)} for index, call in enumerate(completion.tool_calls)
        ]
        yield self._event({"tool_calls": calls} if calls else {}, completion.finish_reason)
        if self._include_usage:
            usage = usage_to_json(completion.usage) if completion.usage else None
            yield encode_event(msgspec.json.encode({**self._head, "choices": [], "usage": usage}))

    def _event(self, delta: JsonObject, reason: str | None) -> bytes:
        choice: JsonObject = {"index": 0, "delta": {**self._role, **delta}, "finish_reason": reason}
        self._role = {}
        return encode_event(msgspec.json.encode({**self._head, "choices": [choice]}))
