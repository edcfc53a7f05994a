"""Trying again: a wrapper around models and embedders, for failures that pass by themselves."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from genyard.core.clock import Clock
from genyard.core.errors import ProviderBroken, ProviderError, ProviderOverloaded
from genyard.discover.chat import ChatModel, ChatRequest, Completion, Delta, Embedder, ModelRef
from genyard.discover.streams import closing

PASSING = (ProviderOverloaded, ProviderBroken)
"""What is worth another try. A rejected request stays wrong, and after a timeout there is no time left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, how long and when. Waits are ``random() * min(cap_s, base_s * 2**attempt)``: full jitter."""

    retries: int
    deadline_s: float
    """Seconds for everything, waits included, where a request states none."""
    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
    """Uniform on [0, 1)."""
    base_s: float = 0.5
    cap_s: float = 20.0

    def begin(self, deadline_s: float | None) -> "Attempts":
        """Return the attempts of one call that starts now."""
        seconds = self.deadline_s if deadline_s is None else deadline_s
        return Attempts(self, ends_s=self.clock.monotonic_s() + seconds)


class Attempts:
    """The attempts of one call."""

    def __init__(self, policy: RetryPolicy, *, ends_s: float) -> None:
        self._policy = policy
        self._ends_s = ends_s
        self._failures = 0

    def left_s(self) -> float:
        """Return the seconds left for the call, never below zero."""
        return max(0.0, self._ends_s - self._policy.clock.monotonic_s())

    async def wait_after(self, error: ProviderError) -> None:
        """Wait until the next attempt. Raises ``error`` when there is none: too often, or no time left."""
        wait_s = self._wait_s(error)
        self._failures += 1
        if not isinstance(error, PASSING) or self._failures > self._policy.retries or wait_s >= self.left_s():
            raise error
        await self._policy.sleep(wait_s)

    def _wait_s(self, error: ProviderError) -> float:
        policy = self._policy
        jitter_s = policy.random() * min(policy.cap_s, policy.base_s * 2.0**self._failures)
        asked_s = error.retry_after_s if isinstance(error, ProviderOverloaded) else None
        # Jitter on top of what was asked, or all that were refused together come back together.
        return jitter_s if asked_s is None else asked_s + min(jitter_s, policy.base_s)


class RetryingModel:
    """A model that is asked again after a passing failure. A stream is begun again only before its first piece."""

    def __init__(self, inner: ChatModel, policy: RetryPolicy) -> None:
        self._inner = inner
        self._policy = policy

    async def complete(self, request: ChatRequest) -> Completion:
        attempts = self._policy.begin(request.deadline_s)
        while True:
            try:
                return await self._inner.complete(replace(request, deadline_s=attempts.left_s()))
            except ProviderError as error:
                await attempts.wait_after(error)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        attempts = self._policy.begin(request.deadline_s)
        begun = False
        while True:
            try:
                async with closing(self._inner.stream(replace(request, deadline_s=attempts.left_s()))) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except ProviderError as error:
                if begun:
                    raise
                await attempts.wait_after(error)


class RetryingEmbedder:
    """An embedder that is asked again after a passing failure."""

    def __init__(self, inner: Embedder, policy: RetryPolicy) -> None:
        self._inner = inner
        self._policy = policy

    async def embed(self, model: ModelRef, texts: Sequence[str]) -> list[list[float]]:
        attempts = self._policy.begin(None)
        while True:
            try:
                return await self._inner.embed(model, texts)
            except ProviderError as error:
                await attempts.wait_after(error)
