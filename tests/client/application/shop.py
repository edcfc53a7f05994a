"""An application that is watched: what it saw is said as one JSON object. Run with the name of a scene."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import genyard


@genyard.observe(operation="retrieval")
def look_up(question: str, *, limit: int = 2) -> list[str]:
    return [question, str(limit)]


@genyard.observe
def pieces(text: str) -> Iterator[str]:
    yield from text.split(" ")


@genyard.observe(name="pieces, later")
async def pieces_later(text: str) -> AsyncIterator[str]:
    for piece in text.split(" "):
        yield piece


@genyard.observe(capture=False)
async def secret(text: str) -> str:
    return text


class Desk:
    @genyard.observe(operation="invoke_agent")
    def answer(self, question: str) -> str:
        look_up(question)
        genyard.score("confidence", 0.75, explanation="a guess")
        genyard.feedback("up", comment="thanks")
        self.trace_id = genyard.current_trace()
        return "because"


@genyard.observe(operation="execute_tool")
def hammer() -> str:
    return "bang"


@genyard.observe
def broken() -> None:
    raise KeyError("ours")


def answered() -> dict[str, Any]:
    traced = genyard.init("shop", version="7", environment="test", instrument=[])
    desk = Desk()
    with genyard.session("visit-1", user_id="ann", tags=["vip"]):
        said = desk.answer("Why?")
        with genyard.session(user_id="bob"):
            joined = "-".join(pieces("a b c"))
    asyncio.run(secret("hidden"))
    asyncio.run(_all_later())
    genyard.score("visit", True, session_id="visit-1", label="good")
    return {"said": said, "joined": joined, "trace": desk.trace_id, "traced": traced, "sent": genyard.flush(30)}


async def _all_later() -> None:
    assert [piece async for piece in pieces_later("x y")] == ["x", "y"]


def raising() -> dict[str, Any]:
    genyard.init("shop", instrument=[])
    genyard.feedback("up")
    assert genyard.current_trace() == ""
    try:
        broken()
    except KeyError as error:
        return {"raised": str(error), "sent": genyard.flush(30)}
    return {}


def released() -> dict[str, Any]:
    traced = genyard.init("shop", release="2026.11", instrument=["opnai", "anthropic"])
    desk = Desk()
    desk.answer("Why?")
    hammer()
    return {"trace": desk.trace_id, "traced": traced, "sent": genyard.flush(30)}


def without_init() -> dict[str, Any]:
    genyard.score("x", 1.0, trace_id="0" * 32)
    return {"said": Desk().answer("Why?"), "sent": genyard.flush(1)}


def at_exit() -> dict[str, Any]:
    genyard.init("shop", instrument=[])
    desk = Desk()
    desk.answer("Why?")
    return {"trace": desk.trace_id}


def with_a_provider() -> dict[str, Any]:
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    own = TracerProvider(resource=Resource({"service.name": "mine"}))
    trace.set_tracer_provider(own)
    genyard.init("shop", instrument=[])
    desk = Desk()
    desk.answer("Why?")
    return {"trace": desk.trace_id, "same": trace.get_tracer_provider() is own, "sent": genyard.flush(30)}


def instrumented() -> dict[str, Any]:
    import os

    import openai

    traced = genyard.init("shop", instrument=["openai"])
    with genyard.session("visit-2"):
        client = openai.OpenAI(base_url=os.environ["SHOP_MODEL"], api_key="k")
        asked = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Why?"}])
    return {"traced": traced, "tokens": asked.usage and asked.usage.prompt_tokens, "sent": genyard.flush(30)}


def spoiled() -> dict[str, Any]:
    genyard.init("shop", instrument=[])
    odd: list[Any] = ["high", object(), float("nan"), 10**400]
    for value in odd:
        genyard.score("odd", value, session_id="s")
    for _ in range(10_500):
        genyard.score("fine", 1.0, session_id="s")
    return {"sent": genyard.flush(30)}


def hurried() -> dict[str, Any]:
    genyard.init("shop", instrument=[])
    Desk().answer("Why?")
    return {"sent": genyard.flush(0.1)}


SCENES = {
    scene.__name__: scene
    for scene in (
        answered,
        raising,
        without_init,
        at_exit,
        with_a_provider,
        instrumented,
        released,
        spoiled,
        hurried,
    )
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(SCENES[sys.argv[1]]()))
