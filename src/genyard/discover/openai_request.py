"""Chat and embedding requests in the OpenAI format: written for a provider, read strictly from a caller."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import msgspec

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import InvalidInput, TooLarge
from genyard.core.escape import one_line
from genyard.discover.chat import ChatRequest, Message, ModelRef, Role
from genyard.discover.openai_wire import WireMessage, message_to_json, text_of, tool_call_of

ROLES: tuple[Role, ...] = get_args(Role)
OWN_FIELDS = frozenset({"model", "messages", "tools", "stream", "stream_options"})
"""What a request's params may not hold, because the request has its own field for it."""

MOST_MESSAGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A chat request as a server of this format receives it."""

    request: ChatRequest
    stream: bool
    include_usage: bool
    """Whether the stream shall end with a chunk of usage."""


def encode_request(request: ChatRequest, *, stream: bool) -> bytes:
    """Return the body of a chat request. Raises InvalidInput for a parameter that cannot be passed on."""
    taken = OWN_FIELDS & request.params.keys()
    if taken:
        raise InvalidInput(f"{min(taken)!r} is not a parameter of a model", hint="leave it out of params")
    if request.params.get("n", 1) != 1:
        raise InvalidInput("the parameter 'n' asks for several answers at once", hint="ask again for each answer")
    body: dict[str, Json] = {
        "model": request.model.model,
        "messages": [message_to_json(one) for one in request.messages],
        **request.params,
    }
    if request.tools:
        body["tools"] = request.tools
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return msgspec.json.encode(body)


def decode_request(content: bytes, model: Callable[[str], ModelRef]) -> Asked:
    """Read the body of a chat request; ``model`` says what the name in its field ``model`` stands for.

    Raises InvalidInput, naming the place, for what is not a request and for what is not carried: parts of a message
    that are not text. Raises TooLarge for more messages than ``MOST_MESSAGES``.
    """
    try:
        body: dict[str, Json] = msgspec.json.decode(content, type=dict)
        name = msgspec.convert(body.pop("model", None), str)
        messages = msgspec.convert(body.pop("messages", None), list[WireMessage])
        tools: list[JsonObject] = msgspec.convert(body.pop("tools", None) or [], list[dict[str, object]])
        stream = msgspec.convert(body.pop("stream", None) or False, bool)
        options: JsonObject = msgspec.convert(body.pop("stream_options", None) or {}, dict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the body is not a chat request: {one_line(str(error))}") from error
    if not messages:
        raise InvalidInput("the chat request has no messages")
    if len(messages) > MOST_MESSAGES:
        raise TooLarge(f"the chat request has over {MOST_MESSAGES} messages", hint="send the last ones only")
    request = ChatRequest(
        model=model(name),
        messages=tuple(_message(one, f"messages[{position}]") for position, one in enumerate(messages)),
        params=body,
        tools=tuple(tools),
    )
    return Asked(request=request, stream=stream, include_usage=bool(options.get("include_usage")))


def _message(wire: WireMessage, place: str) -> Message:
    role = next((one for one in ROLES if one == wire.role), None)
    if role is None:
        raise InvalidInput(f"{place}.role is {one_line(repr(wire.role))}", hint=f"use one of {', '.join(ROLES)}")
    for part in wire.content if isinstance(wire.content, list) else ():
        if part.type != "text":
            raise InvalidInput(f"{place} has a part of type {one_line(repr(part.type))}", hint="send text parts only")
    calls = tuple(tool_call_of(call) for call in wire.tool_calls or ())
    if any(not call.name for call in calls):
        raise InvalidInput(f"{place} has a tool call that names no function")
    return Message(
        role=role,
        content=text_of(wire.content, between="\n\n"),
        name=wire.name or "",
        tool_calls=calls,
        tool_call_id=wire.tool_call_id or "",
    )


def encode_embedding_request(model: ModelRef, texts: Sequence[str]) -> bytes:
    """Return the body of an embedding request."""
    return msgspec.json.encode({"model": model.model, "input": texts, "encoding_format": "float"})
