"""What is asked of a model and what it answers, in the words of the OpenAI Chat Completions API."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from genyard.core.canonical import JsonObject

Role = Literal["system", "developer", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a tool that the model asks for. ``arguments`` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a chat."""

    role: Role
    content: str = ""
    name: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A model: the adapter's name and the provider's own id. Parameters are kept beside it, in a request or a step."""

    provider: str
    """``openai``, ``embedded``, ``scripted``, or the base URL of an OpenAI-compatible server."""
    model: str

    def __str__(self) -> str:
        return f"{self.provider}#{self.model}" if "://" in self.provider else f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a model. ``params`` are the provider's own names: ``temperature``, ``max_tokens``, …"""

    model: ModelRef
    messages: tuple[Message, ...]
    params: JsonObject = field(default_factory=dict)
    tools: tuple[JsonObject, ...] = ()
    deadline_s: float | None = None
    """Seconds for everything, retries included; None means the settings' own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider counts them; cached input is part of ``input_tokens``, reasoning of ``output_tokens``."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A whole answer."""

    content: str
    finish_reason: FinishReason
    usage: Usage | None
    """None when the provider reports none."""
    response_model: str = ""
    response_id: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    system_fingerprint: str = ""
    cost_usd: float | None = None
    """None when the price is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of an answer on its way. The last one carries the whole ``completion``, and nothing else."""

    content: str = ""
    completion: Completion | None = None


class ChatModel(Protocol):
    """The port to every model. ``complete`` is ``stream`` run to its end; an adapter may do it in one exchange."""

    async def complete(self, request: ChatRequest) -> Completion:
        """Return the whole answer. Raises ProviderError."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """Yield pieces as they come, then one Delta with the completion. Raises ProviderError, also half way."""
        ...


class Embedder(Protocol):
    """The port to models that turn text into vectors."""

    async def embed(self, model: ModelRef, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text, in order. Raises ProviderError."""
        ...
