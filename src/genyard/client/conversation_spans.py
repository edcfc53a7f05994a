"""A conversation as the spans that a tracer of its agent would have written, in OTLP/JSON.

Ids are made of what the conversation says and when it was, so the same conversation sent again is the same spans.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from genyard.client.conversations import Conversation, Object

Span = Mapping[str, Any]

_STEP_NS = 1_000
"""Between two messages: their order is known, their times are not. So small that no latency is made up."""
_INTERNAL, _CLIENT = 1, 3


def spans_of(conversation: Conversation) -> list[Span]:
    """Return an agent's span, and below it one for each turn of the model and one for each call of a tool."""
    digest = hashlib.sha256(_text(conversation).encode())
    return list(_Writer(conversation, digest.hexdigest()).spans())


def request_of(spans: list[Span]) -> dict[str, Any]:
    """Return an OTLP/JSON export request of spans."""
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "genyard.import"}, "spans": spans}]}]}


class _Writer:
    """Writes the spans of one conversation."""

    def __init__(self, conversation: Conversation, digest: str) -> None:
        self._said = conversation
        self._digest = digest
        self._root = self._span_id("root")

    def spans(self) -> Iterator[Span]:
        said = self._said
        yield self._root_span()
        for place, message in enumerate(said.messages):
            if message["role"] == "assistant":
                yield self._turn(place, message)
                for number, call in enumerate(_calls(message)):
                    yield self._tool(place, number, call)

    def _root_span(self) -> Span:
        said = self._said
        answers = [place for place, one in enumerate(said.messages) if one["role"] == "assistant"]
        name = f"invoke_agent {said.agent}".strip()
        end = len(said.messages) - 1
        asked = said.messages[: answers[0]] if answers else said.messages
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": said.agent,
            "user.id": said.user,
            "session.id": said.session,
            "metadata": _text(said.metadata) if said.metadata else "",
            "gen_ai.input.messages": _text(asked) if asked else "",
            "gen_ai.output.messages": _text([said.messages[answers[-1]]]) if answers else "",
        }
        return self._span(self._root, "", name, kind=_INTERNAL, first=0, last=max(end, 0), attributes=attributes)

    def _turn(self, place: int, message: Object) -> Span:
        before = self._said.messages[:place]
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": self._said.model,
            "gen_ai.input.messages": _text(before) if before else "",
            "gen_ai.output.messages": _text([message]),
        }
        name = f"chat {self._said.model}".strip()
        span_id = self._span_id(f"turn {place}")
        return self._span(span_id, self._root, name, kind=_CLIENT, first=place, last=place, attributes=attributes)

    def _tool(self, place: int, number: int, call: Object) -> Span:
        function = call["function"]
        answered, result = self._result(place, call.get("id"))
        name, arguments = str(function.get("name", "")), function.get("arguments", "")
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": str(call.get("id") or ""),
            "gen_ai.tool.call.arguments": arguments if isinstance(arguments, str) else _text(arguments),
            "gen_ai.tool.call.result": result,
        }
        return self._span(
            self._span_id(f"call {place} {number}"),
            self._root,
            f"execute_tool {name}".strip(),
            kind=_INTERNAL,
            first=place,
            last=answered,
            attributes=attributes,
        )

    def _result(self, place: int, call_id: object) -> tuple[int, str]:
        """Return where a call was answered, and what with. Ids may come again later, so the next answer is its own."""
        for later in range(place + 1, len(self._said.messages)):
            message = self._said.messages[later]
            if message["role"] == "tool" and message.get("tool_call_id") == call_id:
                content = message.get("content")
                return later, content if isinstance(content, str) else _text(content)
        return place, ""

    def _span(
        self, span_id: str, parent: str, name: str, *, kind: int, first: int, last: int, attributes: Mapping[str, str]
    ) -> Span:
        start_ns = self._said.at_ns + first * _STEP_NS
        return {
            "traceId": self._digest[:32],
            "spanId": span_id,
            "parentSpanId": parent,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(start_ns),
            "endTimeUnixNano": str(self._said.at_ns + last * _STEP_NS),
            "attributes": [
                {"key": name, "value": {"stringValue": value}} for name, value in attributes.items() if value
            ],
        }

    def _span_id(self, what: str) -> str:
        return hashlib.sha256(f"{self._digest} {what}".encode()).hexdigest()[:16]


def _calls(message: Object) -> list[Object]:
    calls = message.get("tool_calls")
    found = calls if isinstance(calls, list) else []
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("function"), dict)]


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
