import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.discover.asking import ask
from tests.discover.wire_server import reply, wire_server

from genyard.core.clock import SystemClock
from genyard.core.errors import InvalidInput, ProviderRejected
from genyard.core.settings import read_settings
from genyard.discover.chat import ModelRef
from genyard.discover.providers import Providers, parse_model
from genyard.discover.scripted import ScriptedModel

ANSWER = reply(b'{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}')
VECTOR = reply(b'{"data":[{"index":0,"embedding":[1,2]}]}')


@asynccontextmanager
async def providers(**environment: str) -> AsyncIterator[Providers]:
    made = Providers(
        read_settings(environment=environment),
        clock=SystemClock(),
        sleep=asyncio.sleep,
        random=lambda: 0.0,
        scripts={"mine": ScriptedModel(["My answer."])},
    )
    try:
        yield made
    finally:
        await made.aclose()


async def answer(name: str, **environment: str) -> str:
    model = parse_model(name)
    async with providers(**environment) as made:
        return (await made.model(model).complete(ask("Hello", model=model))).content


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("openai/gpt-5-mini", "openai", "gpt-5-mini"),
        ("openai/meta-llama/Llama-3", "openai", "meta-llama/Llama-3"),
        ("embedded/reader", "embedded", "reader"),
        ("scripted/fixed:a/b#c", "scripted", "fixed:a/b#c"),
        ("http://gpu:8000/v1#qwen3", "http://gpu:8000/v1", "qwen3"),
        ("https://[::1]:8000/v1/#a#b", "https://[::1]:8000/v1", "a#b"),
    ],
)
def test_models_are_read_as_people_write_them(text: str, provider: str, model: str) -> None:
    assert parse_model(text) == ModelRef(provider=provider, model=model)


@pytest.mark.parametrize("text", ["openai/m", "http://gpu:8000/v1#qwen3", "scripted/fixed:Yes"])
def test_a_model_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_model(text)) == text


def test_an_unknown_provider_names_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="'opneai' is not a provider") as raised:
        parse_model("opneai/gpt-5-mini")
    assert raised.value.hint == "did you mean openai/gpt-5-mini?"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openai",
        "openai/",
        "http://gpu/v1",
        "ftp://gpu/v1#m",
        "http://#m",
        "http://gpu:x/v1#m",
        "http://[::1/v1#m",
        "http://user:secret@gpu/v1#m",
        "http://gpu/v1?key=secret#m",
        "http://169.254.169.254/v1#m",
        "http://[fe80::1]/v1#m",
        "http://Metadata.Google.Internal./v1#m",
    ],
)
def test_what_is_no_model_or_may_not_be_asked_is_refused_without_its_secrets(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_model(text)
    assert "secret" not in raised.value.message.replace("its own secrets", "")


def test_the_key_goes_to_the_configured_server() -> None:
    async def main() -> bytes:
        async with wire_server(ANSWER) as server:
            settings = {"GENYARD_OPENAI_BASE_URL": server.url, "GENYARD_OPENAI_API_KEY": "sk-1"}
            assert await answer("openai/m", **settings) == "Hi"
            return server.requests[0]

    assert b"bearer sk-1" in asyncio.run(main()).lower()


def test_the_key_goes_to_no_other_server() -> None:
    async def main() -> bytes:
        async with wire_server(ANSWER) as server:
            assert await answer(f"{server.url}#m", GENYARD_OPENAI_API_KEY="sk-1") == "Hi"
            return server.requests[0]

    assert b"sk-1" not in asyncio.run(main())


def test_a_refusal_says_which_setting_mends_it() -> None:
    async def main() -> None:
        async with wire_server(reply(b"{}", status="401 Unauthorized")) as server:
            await answer("openai/m", GENYARD_OPENAI_BASE_URL=server.url)

    with pytest.raises(ProviderRejected) as raised:
        asyncio.run(main())
    assert "GENYARD_OPENAI_API_KEY" in raised.value.hint


def test_an_overload_is_tried_again() -> None:
    async def main() -> None:
        async with wire_server(reply(b"{}", status="503 Busy"), ANSWER) as server:
            assert await answer("openai/m", GENYARD_OPENAI_BASE_URL=server.url) == "Hi"
            assert len(server.requests) == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scripted/echo", "Hello"),
        ("scripted/fixed:Yes.", "Yes."),
        ("scripted/mine", "My answer."),
        ("embedded/reader", "I do not know."),
    ],
)
def test_what_runs_here_answers_for_nothing(name: str, content: str) -> None:
    async def main() -> None:
        model = parse_model(name)
        async with providers() as made:
            completion = await made.model(model).complete(ask("Hello", model=model))
        assert (completion.content, completion.cost_usd) == (content, 0.0)

    asyncio.run(main())


def test_a_script_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InvalidInput) as raised:
        asyncio.run(answer("scripted/yours"))
    assert "scripted/mine" in raised.value.hint


def test_an_embedder_is_asked_where_its_model_is() -> None:
    async def main() -> list[list[float]]:
        async with wire_server(VECTOR) as server, providers() as made:
            model = parse_model(f"{server.url}#e5")
            return await made.embedder(model).embed(model, ["text"])

    assert asyncio.run(main()) == [[1.0, 2.0]]


@pytest.mark.parametrize("name", ["embedded/reader", "scripted/echo"])
def test_what_runs_here_embeds_nothing(name: str) -> None:
    async def main() -> None:
        async with providers() as made:
            made.embedder(parse_model(name))

    with pytest.raises(InvalidInput, match="has no embedding model"):
        asyncio.run(main())
