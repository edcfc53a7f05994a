"""Connections that are opened and say nothing, or say it a byte at a time."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import ExitStack, asynccontextmanager
from inspect import GEN_CLOSED, getgeneratorstate

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.server import ServerState

from genyard.core.errors import GenyardError
from genyard.server import checks
from genyard.server.checks import RequestChecks
from genyard.server.errors import answer_error
from genyard.server.held import HeldResponse
from genyard.server.patience import LEAST_TAKEN, PatientProtocol

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Hasty(PatientProtocol):
    patience_s = 0.05


class Unread(PatientProtocol):
    reading_s = 0.05


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("hello")(scope, receive, send)


@asynccontextmanager
async def connected(
    protocol: type[PatientProtocol], app: ASGIApp = greet
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a server that speaks by ``protocol``."""
    config = uvicorn.Config(app, http=protocol, lifespan="off", log_config=None)
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


MUCH = 1 << 20


def pieces() -> Generator[bytes]:
    while True:
        yield b"x" * MUCH


def test_a_reader_that_stalls_ends_its_answer_and_gives_back_what_was_held() -> None:
    async def asked() -> bool:
        given_back = asyncio.Event()
        parts = pieces()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            held = ExitStack()
            held.callback(given_back.set)
            await HeldResponse(parts, held=held)(scope, receive, send)

        async with connected(Unread, app) as (_, writer):
            writer.write(HEAD + b"\r\n")
            await asyncio.wait_for(given_back.wait(), 30)
        return getgeneratorstate(parts) == GEN_CLOSED

    assert asyncio.run(asked())


class SlowlyRead(asyncio.Transport):
    """A transport of which a reader takes a little between looks, then nothing."""

    def __init__(self) -> None:
        super().__init__()
        # A look that finds enough taken looks a second time, for what to compare with the next time.
        self.sizes = [left * LEAST_TAKEN for left in (9, 8, 8, 7, 7)] + [6 * LEAST_TAKEN + 1]
        self.aborted = asyncio.Event()

    def get_write_buffer_size(self) -> int:
        return self.sizes.pop(0)

    def abort(self) -> None:
        self.aborted.set()

    def close(self) -> None:
        """It is gone already."""


def test_a_reader_that_takes_some_of_it_is_waited_for() -> None:
    async def watched() -> list[int]:
        transport = SlowlyRead()
        config = uvicorn.Config(greet, http=Unread, lifespan="off", log_config=None)
        config.load()
        protocol = Unread(config=config, server_state=ServerState(), app_state={})
        protocol.connection_made(transport)
        protocol.pause_writing()
        await asyncio.wait_for(transport.aborted.wait(), 30)
        protocol.connection_lost(None)
        return transport.sizes

    assert asyncio.run(watched()) == []


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
