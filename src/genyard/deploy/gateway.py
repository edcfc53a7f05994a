"""The gateway: an endpoint asked in the OpenAI Chat Completions format.

The release decides how its model is asked. Parameters of a request that would change that are passed over and named
in a header; what a release cannot do at all (tools, several answers, a response format) is refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, TooLarge
from genyard.deploy.endpoints import Endpoint, endpoint
from genyard.develop.answer import Answer, Runnable
from genyard.develop.library import Library
from genyard.discover.chat import ChatRequest, Completion, Message, ModelRef
from genyard.discover.openai_request import Asked, decode_request
from genyard.store.remembered import Remembered

REFUSED = ("functions", "response_format", "tool_choice", "audio", "modalities", "logprobs")
CLIENT_FIELDS = ("user", "metadata", "store", "safety_identifier", "n")
"""Fields that say something of the client, or nothing that a release decides."""
HEARD = ("user", "assistant")
"""The messages that a release is given; instructions are its own."""
MOST_NAMED = 20
MAX_CHAT_BYTES = 8 * 1024 * 1024
"""Of a body, which is read between the pieces of other answers. A prompt has at most 1,000,000 characters."""
MOST_REMEMBERED = 1024
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRequest:
    """A request to an endpoint, read and checked."""

    endpoint: str
    inputs: Mapping[str, Json]
    stream: bool
    include_usage: bool
    ignored: tuple[str, ...]
    """Parameters and messages that the release decides itself."""
    user_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The endpoint at the moment of a request, and what answers there."""

    endpoint: Endpoint
    runnable: Runnable


def read_request(content: bytes) -> GatewayRequest:
    """Read the body of a chat request to an endpoint. Raises InvalidInput for what it cannot answer, TooLarge."""
    if len(content) > MAX_CHAT_BYTES:
        raise TooLarge(f"the chat request is over {MAX_CHAT_BYTES >> 20} MB", hint="send less of the conversation")
    asked = decode_request(content, lambda name: ModelRef(provider="genyard", model=name))
    request = asked.request
    refused = [name for name in REFUSED if request.params.get(name)] + (["tools"] if request.tools else [])
    if refused:
        raise InvalidInput(f"an endpoint takes no {refused[0]!r}", hint="what a release does is fixed in the release")
    if request.params.get("n") not in (None, 1):
        raise InvalidInput("an endpoint gives one answer a request", hint="leave n out")
    user = request.params.get("user")
    return GatewayRequest(
        endpoint=request.model.model,
        inputs=_inputs(request),
        stream=asked.stream,
        include_usage=asked.include_usage,
        ignored=_ignored(asked),
        user_id=user if isinstance(user, str) else None,
    )


class Serving:
    """Who answers at each endpoint. Safe to use from many threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._endpoints: Remembered[tuple[str, str], Endpoint] = Remembered(library.database, most=MOST_REMEMBERED)

    def known(self, project: str, name: str) -> Served | None:
        """Return who answers at an endpoint now, where nothing has to be read for it: it never waits."""
        found = self._endpoints.known((project, name))
        runnable = self._library.opened(project, found.release) if found else None
        return Served(endpoint=found, runnable=runnable) if found and runnable else None

    def serve(self, project: str, name: str) -> Served:
        """Read once who answers at an endpoint now. Raises NotFound when nobody does."""
        found = self._endpoints.read((project, name), lambda tx: endpoint(tx, project, name))
        return Served(endpoint=found, runnable=self._library.runnable(project, found.release))


def completion_of(answer: Answer, *, model: str) -> Completion:
    """Return an answer as a chat completion. Its id holds the trace id, so that either leads to the other."""
    return Completion(
        content=answer.text,
        finish_reason=answer.finish_reason,
        usage=answer.usage,
        response_model=model,
        response_id=answer_id(answer.trace_id),
    )


def answer_id(trace_id: str) -> str:
    """Return the id of a chat completion for a trace."""
    return f"chatcmpl-{trace_id}"


def headers(served: Served, request: GatewayRequest, *, trace_id: str, span_id: str) -> dict[str, str]:
    """Return the headers of every answer: which release made it, and the trace and span that show how."""
    found = {
        "genyard-release": served.endpoint.release,
        "genyard-endpoint": str(served.endpoint),
        "genyard-trace-id": trace_id,
        "genyard-span-id": span_id,
    }
    return found | ({"genyard-ignored": ", ".join(request.ignored)} if request.ignored else {})


def _inputs(request: ChatRequest) -> dict[str, Json]:
    """The last message of the user is the question; what was said before is ``history``, for prompts that use it."""
    messages = request.messages
    last = messages[-1]
    if last.role != "user" or not last.content.strip():
        raise InvalidInput("the last message is not a question of the user", hint="end messages with role user")
    return {"history": _history(messages[:-1]), "question": last.content}


def _history(messages: Sequence[Message]) -> list[Json]:
    return [{"content": one.content, "role": one.role} for one in messages if one.role in HEARD]


def _ignored(asked: Asked) -> tuple[str, ...]:
    """Name what is passed over. Only plain words can stand in a header, so other names are not repeated."""
    names = {name if _PLAIN.fullmatch(name) else "?" for name in asked.request.params if name not in CLIENT_FIELDS}
    names |= {f"{one.role} message" for one in asked.request.messages if one.role not in HEARD}
    return tuple(sorted(names))[:MOST_NAMED]
