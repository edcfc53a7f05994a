import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from tests.discover.asking import OPENAI, ask, drained
from tests.discover.wire_server import HOLD, WireServer, reply, stream, wire_server

from genyard.core.clock import CountingClock
from genyard.core.errors import InvalidInput, ProviderBroken, ProviderOverloaded, ProviderRejected, ProviderTimeout
from genyard.discover.chat import Usage
from genyard.discover.connections import Connections
from genyard.discover.openai_http import EMBED_BATCH, MAX_BODY_BYTES, OpenAIModel
from genyard.discover.streams import closing

KEY = "sk-secret-key"
ANSWER = (
    b'{"id":"c1","model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":5,"completion_tokens":1}}'
)
FIRST = b'data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"H"}}]}\r\n\r\n'
SECOND = b': ping\n\ndata: {"choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]}\n\n'
COUNTED = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}}\n\n'
DONE = b"data: [DONE]\n\n"


@dataclass
class Asked:
    server: WireServer
    model: OpenAIModel


@asynccontextmanager
async def opened() -> AsyncIterator[Connections]:
    connections = Connections(trust_environment=False)
    try:
        yield connections
    finally:
        await connections.aclose()


@asynccontextmanager
async def asked(*answers: Sequence[bytes], key: str = KEY) -> AsyncIterator[Asked]:
    async with wire_server(*answers) as server, opened() as connections:
        model = OpenAIModel(server.url, key, connections, clock=CountingClock(), timeout_s=5, key_hint="set THE_KEY")
        yield Asked(server, model)


async def completed(*answers: Sequence[bytes], deadline_s: float | None = None) -> str:
    async with asked(*answers) as one:
        return (await one.model.complete(ask(deadline_s=deadline_s))).content


async def streamed(*parts: bytes) -> list[str]:
    async with asked(stream(*parts)) as one:
        return (await drained(one.model, ask()))[0]


def test_a_question_goes_out_with_its_key_and_its_answer_comes_back() -> None:
    async def main() -> None:
        async with asked(reply(ANSWER)) as one:
            completion = await one.model.complete(ask())
            request = one.server.requests[0].lower()
        assert (completion.content, completion.usage) == ("Hi", Usage(input_tokens=5, output_tokens=1))
        assert request.startswith(b"post /v1/chat/completions ")
        assert b"authorization: bearer sk-secret-key" in request

    asyncio.run(main())


def test_without_a_key_none_is_sent() -> None:
    async def main() -> None:
        async with asked(reply(ANSWER), key="") as one:
            await one.model.complete(ask())
            assert b"authorization" not in one.server.requests[0].lower()

    asyncio.run(main())


def test_a_stream_comes_in_pieces_and_ends_with_the_whole() -> None:
    async def main() -> None:
        async with asked(stream(FIRST, SECOND, COUNTED, DONE)) as one:
            pieces, completion = await drained(one.model, ask())
            assert b'"include_usage":true' in one.server.requests[0]
        assert pieces == ["H", "i"]
        assert (completion.content, completion.usage) == ("Hi", Usage(input_tokens=5, output_tokens=1))

    asyncio.run(main())


def test_a_stream_may_end_without_its_mark_when_it_gave_a_reason() -> None:
    assert asyncio.run(streamed(FIRST, SECOND)) == ["H", "i"]


def test_a_connection_is_used_again_after_a_stream() -> None:
    body = FIRST + SECOND + DONE
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)

    async def main() -> None:
        async with asked([chunked]) as one:
            await drained(one.model, ask())
            await drained(one.model, ask())
            assert (len(one.server.requests), one.server.connections) == (2, 1)

    asyncio.run(main())


def test_a_server_that_never_ends_its_stream_does_not_hold_the_answer_up() -> None:
    assert asyncio.run(streamed(FIRST, SECOND, DONE, HOLD)) == ["H", "i"]


def test_half_a_stream_is_broken() -> None:
    with pytest.raises(ProviderBroken, match="the stream stopped before it was finished"):
        asyncio.run(streamed(FIRST))


def test_an_error_within_a_stream_is_raised() -> None:
    with pytest.raises(ProviderOverloaded, match="broke the stream off: busy"):
        asyncio.run(streamed(FIRST, b'data: {"error":{"message":"busy","type":"server_error"}}\n\n'))


def test_a_refused_key_names_the_setting_and_not_the_key() -> None:
    body = b'{"error":{"message":"Incorrect API key provided: sk-secret-key"}}'
    with pytest.raises(ProviderRejected) as raised:
        asyncio.run(completed(reply(body, status="401 Unauthorized")))
    assert raised.value.hint == "set THE_KEY"
    assert KEY not in raised.value.message


def test_a_rejected_stream_tells_the_providers_words() -> None:
    async def main() -> None:
        async with asked(reply(b'{"error":{"message":"no such model"}}', status="404 Not Found")) as one:
            await drained(one.model, ask())

    with pytest.raises(ProviderRejected, match="no such model"):
        asyncio.run(main())


def test_an_overload_says_when_to_come_back() -> None:
    with pytest.raises(ProviderOverloaded) as raised:
        asyncio.run(completed(reply(b"{}", status="429 Too Many Requests", headers="retry-after: 2\r\n")))
    assert raised.value.retry_after_s == 2.0


@pytest.mark.parametrize("body", [b"<html></html>", b"{}", b'{"choices":"none"}'])
def test_rubbish_is_broken(body: bytes) -> None:
    with pytest.raises(ProviderBroken):
        asyncio.run(completed(reply(body)))


def test_an_answer_over_the_bound_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n"
    with pytest.raises(ProviderBroken, match="more than 16 MB"):
        asyncio.run(completed([head, b" " * (MAX_BODY_BYTES + 1), HOLD]))


def test_a_server_that_says_nothing_ends_in_a_timeout() -> None:
    with pytest.raises(ProviderTimeout):
        asyncio.run(completed([HOLD], deadline_s=0.01))


def test_a_stream_that_dries_up_ends_in_a_timeout() -> None:
    async def main() -> None:
        async with asked(stream(FIRST, HOLD)) as one:
            await drained(one.model, ask(deadline_s=0.05))

    with pytest.raises(ProviderTimeout):
        asyncio.run(main())


def test_a_lost_connection_is_broken() -> None:
    with pytest.raises(ProviderBroken, match="was lost"):
        asyncio.run(completed([b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\nconnection: close\r\n\r\n{"]))


def test_a_server_that_is_not_there_is_broken() -> None:
    async def main() -> None:
        async with asked(reply(ANSWER)) as one:
            url = one.server.url
        async with opened() as connections:
            await OpenAIModel(url, "", connections, clock=CountingClock()).complete(ask())

    with pytest.raises(ProviderBroken, match="cannot be reached"):
        asyncio.run(main())


def test_cancelling_closes_the_connection() -> None:
    async def main() -> None:
        async with asked(stream(FIRST, HOLD)) as one:
            begun = asyncio.Event()

            async def read() -> None:
                async for _ in one.model.stream(ask()):
                    begun.set()

            task = asyncio.create_task(read())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(one.server.closed_by_client.wait(), 5)

    asyncio.run(main())


def test_leaving_a_stream_closes_the_connection() -> None:
    async def main() -> None:
        async with asked(stream(FIRST, HOLD)) as one:
            async with closing(one.model.stream(ask())) as pieces:
                await anext(pieces)
            await asyncio.wait_for(one.server.closed_by_client.wait(), 5)

    asyncio.run(main())


def test_embeddings_are_asked_in_batches() -> None:
    def vectors(count: int) -> bytes:
        rows = b",".join(b'{"index":%d,"embedding":[%d]}' % (index, index) for index in range(count))
        return b'{"data":[' + rows + b"]}"

    async def main() -> None:
        async with asked(reply(vectors(EMBED_BATCH)), reply(vectors(2))) as one:
            found = await one.model.embed(OPENAI, ["text"] * (EMBED_BATCH + 2))
            assert len(one.server.requests) == 2
            assert await one.model.embed(OPENAI, []) == []
        assert found[-2:] == [[0.0], [1.0]]

    asyncio.run(main())


@pytest.mark.parametrize("key", ["a\nb", "a b", "schlüssel"])
def test_a_key_that_no_header_carries_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        OpenAIModel("http://127.0.0.1/v1", key, Connections(), clock=CountingClock())
    assert key not in raised.value.message
