import asyncio
from collections.abc import Sequence

import pytest
from tests.discover.asking import OPENAI, ask, drained

from genyard.core.clock import Clock
from genyard.core.errors import ProviderBroken, ProviderError, ProviderOverloaded, ProviderRejected, ProviderTimeout
from genyard.discover.chat import ChatModel, ChatRequest, ModelRef
from genyard.discover.retry import RetryingEmbedder, RetryingModel, RetryPolicy
from genyard.discover.scripted import HalfStream, Line, ScriptedModel

BUSY = ProviderOverloaded("busy")


class SleepingClock:
    """A clock that only goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now_ns(self) -> int:
        return round(self.monotonic_s() * 1e9)

    def monotonic_s(self) -> float:
        return sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def policy(clock: SleepingClock, *, retries: int = 3, deadline_s: float = 60, random: float = 0.5) -> RetryPolicy:
    checked: Clock = clock
    return RetryPolicy(retries=retries, deadline_s=deadline_s, clock=checked, sleep=clock.sleep, random=lambda: random)


def completed(model: ChatModel, *, deadline_s: float | None = None) -> str:
    return asyncio.run(model.complete(ask(deadline_s=deadline_s))).content


def test_a_passing_failure_is_tried_again() -> None:
    clock = SleepingClock()
    model = RetryingModel(ScriptedModel([BUSY, ProviderBroken("lost"), "Hi"]), policy(clock))
    assert completed(model) == "Hi"


def test_waits_double_with_full_jitter_up_to_the_cap() -> None:
    clock = SleepingClock()
    model = RetryingModel(ScriptedModel([BUSY] * 8 + ["Hi"]), policy(clock, retries=8, deadline_s=1000, random=0.5))
    completed(model)
    assert clock.waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_the_last_failure_is_raised_when_the_retries_are_used_up() -> None:
    clock = SleepingClock()
    failures = [ProviderOverloaded(f"busy {number}") for number in range(4)]
    with pytest.raises(ProviderOverloaded, match="busy 3"):
        completed(RetryingModel(ScriptedModel(failures), policy(clock)))
    assert len(clock.waits) == 3


@pytest.mark.parametrize("failure", [ProviderRejected("no"), ProviderTimeout("late")])
def test_what_does_not_pass_is_not_tried_again(failure: ProviderError) -> None:
    clock = SleepingClock()
    with pytest.raises(type(failure)):
        completed(RetryingModel(ScriptedModel([failure, "Hi"]), policy(clock)))
    assert clock.waits == []


def test_the_wait_that_was_asked_for_is_kept() -> None:
    clock = SleepingClock()
    completed(
        RetryingModel(ScriptedModel([ProviderOverloaded("busy", retry_after_s=7), "Hi"]), policy(clock, random=0))
    )
    assert clock.waits == [7]


def test_nobody_waits_beyond_the_deadline() -> None:
    clock = SleepingClock()
    script: Sequence[Line] = [ProviderOverloaded("busy", retry_after_s=30), "Hi"]
    with pytest.raises(ProviderOverloaded):
        completed(RetryingModel(ScriptedModel(script), policy(clock)), deadline_s=10)
    assert clock.waits == []


def test_each_attempt_gets_what_is_left_of_the_deadline() -> None:
    clock = SleepingClock()
    deadlines: list[float | None] = []
    script: list[Line] = [ProviderOverloaded("busy", retry_after_s=4), "Hi"]

    def following(request: ChatRequest) -> Line:
        deadlines.append(request.deadline_s)
        return script.pop(0)

    completed(RetryingModel(ScriptedModel(following), policy(clock, deadline_s=10, random=0)))
    assert deadlines == [10, 6]


def test_a_stream_is_begun_again_before_its_first_piece() -> None:
    model = RetryingModel(ScriptedModel([BUSY, HalfStream(content=""), "Hi there"]), policy(SleepingClock()))
    assert asyncio.run(drained(model, ask()))[0] == ["Hi ", "there"]


def test_a_stream_is_not_begun_again_after_its_first_piece() -> None:
    clock = SleepingClock()
    model = RetryingModel(ScriptedModel([HalfStream(content="Hi "), "Hi there"]), policy(clock))
    with pytest.raises(ProviderBroken, match="stopped"):
        asyncio.run(drained(model, ask()))
    assert clock.waits == []


def test_an_embedder_is_asked_again() -> None:
    class Embedder:
        failures = [BUSY]

        async def embed(self, model: ModelRef, texts: Sequence[str]) -> list[list[float]]:  # noqa: ARG002
            if self.failures:
                raise self.failures.pop()
            return [[1.0] for _ in texts]

    embedder = RetryingEmbedder(Embedder(), policy(SleepingClock()))
    assert asyncio.run(embedder.embed(OPENAI, ["a", "b"])) == [[1.0], [1.0]]
