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
from genyard.server.patience import LEAST_TAKEN, PatientProtocol, patient

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


def test_more_connections_than_may_be_are_closed_and_room_is_given_back() -> None:
    protocol, state = patient(most=1), ServerState()

    async def asked() -> list[bytes]:
        config = uvicorn.Config(greet, http=protocol, lifespan="off", log_config=None)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )

        @asynccontextmanager
        async def asking() -> AsyncIterator[bytes]:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                writer.write(HEAD + b"\r\n")
                yield await reader.readline()
            except ConnectionError:
                yield b""
            finally:
                writer.close()

        async with asking() as first, asking() as second:
            said = [first, second]
        while state.connections:
            await asyncio.sleep(0)
        async with asking() as third:
            said.append(third)
        server.close()
        return said

    assert asyncio.run(asked()) == [b"HTTP/1.1 200 OK\r\n", b"", b"HTTP/1.1 200 OK\r\n"]


async def whole_body(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        body = await Request(scope, receive).body()
    except GenyardError as error:
        await answer_error(error)(scope, receive, send)
    else:
        await Response(body)(scope, receive, send)


class Checked:
    """An app behind the checks, which is given parts of bodies and says the status of each answer."""

    def __init__(self, app: ASGIApp = whole_body, *, most: int = 10) -> None:
        self.said: list[int] = []
        self._checks = RequestChecks(
            app, show=lambda _, error: answer_error(error), hosts=frozenset(), max_body_bytes=most
        )

    async def ask(self, *parts: Message, then: Message | None = None) -> None:
        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "headers": [(b"host", b"x")],
            "query_string": b"",
        }
        left = [*parts, *([then] if then else [])]

        async def receive() -> Message:
            if not left:
                await asyncio.Future()
            return left.pop(0)

        async def send(message: Message) -> None:
            self.said += [message["status"]] if "status" in message else []

        await self._checks(scope, receive, send)


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_that_stops_coming_is_told_and_a_whole_one_waits_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BODY_PART_S", 0.01)
    checked = Checked()
    asyncio.run(checked.ask(part(b"a", more=True)))
    asyncio.run(checked.ask(part(b"a")))
    assert checked.said == [422, 200]


def test_a_body_that_comes_a_byte_at_a_time_is_not_taken_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "BODY_S", -1.0)
    checked = Checked()
    asyncio.run(checked.ask(part(b"a", more=True), part(b"b")))
    asyncio.run(checked.ask(part(b"whole")))
    assert checked.said == [422, 200]


def test_bodies_that_wait_together_are_bounded_and_room_is_given_back() -> None:
    async def asked() -> list[int]:
        ended = asyncio.Event()

        async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
            async def slowly() -> Message:
                message = await receive()
                if message.get("body") == b"x" * 10:
                    await ended.wait()
                return message

            await whole_body(scope, slowly, send)

        checked = Checked(waiting)
        held = [asyncio.create_task(checked.ask(part(b"x" * 10))) for _ in range(checks.AT_ONCE)]
        await asyncio.sleep(0)
        await checked.ask(part(b"one more"))
        ended.set()
        await asyncio.gather(*held)
        await checked.ask(part(b"one more"))
        return checked.said

    assert asyncio.run(asked()) == [429, *[200] * checks.AT_ONCE, 200]


def test_a_client_that_leaves_in_the_middle_is_no_fault_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    checked = Checked()
    asyncio.run(checked.ask(part(b"a", more=True), then={"type": "http.disconnect"}))
    assert (checked.said, [one for one in caplog.records if one.levelname != "DEBUG"]) == ([], [])
