"""Connections that are opened and say nothing, or say it a byte at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from genyard.core.errors import GenyardError
from genyard.server import checks
from genyard.server.checks import RequestChecks
from genyard.server.errors import answer_error
from genyard.server.patience import PatientProtocol

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Hasty(PatientProtocol):
    patience_s = 0.05


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("hello")(scope, receive, send)


@asynccontextmanager
async def connected(
    protocol: type[PatientProtocol],
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a server that speaks by ``protocol``."""
    config = uvicorn.Config(greet, http=protocol, lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=ServerState(), app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


@pytest.mark.parametrize("sent", [b"", HEAD, b"G"])
def test_a_connection_that_never_says_what_it_wants_is_closed(sent: bytes) -> None:
    async def asked() -> bytes:
        async with connected(Hasty) as (reader, writer):
            writer.write(sent)
            return await reader.read()

    assert asyncio.run(asked()) == b""


def test_a_second_request_that_is_never_whole_is_closed_too() -> None:
    async def asked() -> bytes:
        async with connected(Hasty) as (reader, writer):
            writer.write(HEAD + b"\r\n" + HEAD)
            return await reader.read()

    assert asyncio.run(asked()).count(b"hello") == 1


def test_a_body_that_stops_coming_is_told_and_a_whole_one_waits_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BODY_PART_S", 0.01)
    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"x")], "query_string": b""}
    said: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await Request(scope, receive).body()
        except GenyardError as error:
            await answer_error(error)(scope, receive, send)
        else:
            await Response(body)(scope, receive, send)

    async def send(message: Message) -> None:
        said.append(message)

    async def asked(*parts: Message) -> None:
        left = list(parts)

        async def receive() -> Message:
            return left.pop(0) if left else await asyncio.Future()

        checked = RequestChecks(app, show=lambda _, error: answer_error(error), hosts=frozenset(), max_body_bytes=10)
        await checked(scope, receive, send)

    asyncio.run(asked({"type": "http.request", "body": b"a", "more_body": True}))
    asyncio.run(asked({"type": "http.request", "body": b"a", "more_body": False}))
    assert [one["status"] for one in said if "status" in one] == [422, 200]
