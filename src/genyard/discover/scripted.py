"""The provider ``scripted``: answers given beforehand, for tests and benchmarks. It is a product, not a mock.

By name it answers

- ``scripted/echo``: the last message of the user;
- ``scripted/fixed:TEXT``: TEXT, always;

and any other name stands for a ``ScriptedModel`` that was given to ``Providers``.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from genyard.core.errors import ProviderBroken, ProviderError, ProviderRejected, ProviderTimeout
from genyard.discover.chat import ChatRequest, Completion, Delta, Usage

CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfStream:
    """An answer whose stream stops after ``content``."""

    content: str


Line = str | Completion | HalfStream | ProviderError
"""One answer of a script: a text, a whole completion, half a stream, or a failure to raise."""

Script = Mapping[str, Line] | Sequence[Line] | Callable[[ChatRequest], Line]
"""Answers by the last message of the user, in order of the calls, or made from the request."""


class ScriptedModel:
    """A model that says what its script says.

    A text costs nothing and counts a token for every four characters begun. ``latency_s`` passes before every answer;
    one that is longer than the deadline of the request ends in ProviderTimeout.
    """

    def __init__(
        self, script: Script, *, latency_s: float = 0.0, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._next = _reading(script)
        self._latency_s = latency_s
        self._sleep = sleep

    async def complete(self, request: ChatRequest) -> Completion:
        """Return the next answer. Raises what the script says, and ProviderRejected when it has no answer."""
        line = await self._line(request)
        if isinstance(line, HalfStream):
            raise _broken_off()
        return line if isinstance(line, Completion) else _completion(line, request)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield the next answer word by word, then the completion. Raises as ``complete`` does, also half way."""
        line = await self._line(request)
        content = line if isinstance(line, str) else line.content
        start = 0
        while start < len(content):
            end = content.find(" ", start) + 1 or len(content)
            yield Delta(content=content[start:end])
            start = end
        if isinstance(line, HalfStream):
            raise _broken_off()
        yield Delta(completion=line if isinstance(line, Completion) else _completion(line, request))

    async def _line(self, request: ChatRequest) -> str | Completion | HalfStream:
        if self._latency_s > 0:
            await self._wait(request.deadline_s)
        line = self._next(request)
        if isinstance(line, ProviderError):
            raise line
        return line

    async def _wait(self, deadline_s: float | None) -> None:
        if deadline_s is not None and deadline_s < self._latency_s:
            await self._sleep(deadline_s)
            raise ProviderTimeout("the scripted model gave no answer within the deadline")
        await self._sleep(self._latency_s)


def echo(request: ChatRequest) -> str:
    """The script of ``scripted/echo``."""
    return next((one.content for one in reversed(request.messages) if one.role == "user"), "")


def fixed(text: str) -> ScriptedModel:
    """Return the model ``scripted/fixed:TEXT``."""
    return ScriptedModel(lambda _: text)


def _reading(script: Script) -> Callable[[ChatRequest], Line]:
    if isinstance(script, Mapping):
        return lambda request: _looked_up(script, echo(request))
    if not isinstance(script, Sequence):
        return script
    lines = iter(script)

    def following(_: ChatRequest) -> Line:
        try:
            return next(lines)
        except StopIteration:
            raise ProviderRejected(f"the script ended after {len(script)} answers") from None

    return following


def _looked_up(script: Mapping[str, Line], asked: str) -> Line:
    if asked not in script:
        raise ProviderRejected(f"the script has no answer to {asked[:80]!r}", hint="its keys are whole user messages")
    return script[asked]


def _completion(content: str, request: ChatRequest) -> Completion:
    asked = sum(len(one.content) for one in request.messages)
    return Completion(
        content=content,
        finish_reason="stop",
        usage=Usage(input_tokens=_tokens(asked), output_tokens=_tokens(len(content))),
        response_model=request.model.model,
    )


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_A_TOKEN)


def _broken_off() -> ProviderBroken:
    return ProviderBroken("the stream stopped before it was finished")
