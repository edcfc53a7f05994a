"""The API without a network: an ASGI app on a loop of its own, asked through the same client."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from tests.waiting import happened

from genyard.client.api import Client
from genyard.client.in_process import InProcessTransport, Message
from genyard.core.errors import GenyardError, HomeLocked

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Server:
    """A server of which a test says how it answers; it remembers what it was asked and that it was closed."""

    token = "key"

    def __init__(self, answer: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self.asgi = answer
        self.closed = False

    async def close(self) -> None:
        self.closed = True


def transport(server: Server) -> InProcessTransport:
    async def start() -> Server:
        return server

    return InProcessTransport(start)


async def begin(send: Send, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})


async def body(send: Send, text: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": more})


def test_a_request_arrives_as_it_was_sent() -> None:
    seen: list[dict[str, Any]] = []

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        seen.append({**scope, "body": (await receive())["body"]})
        await begin(send)
        await body(send, b'{"ok": 1}')

    server = Server(answer)
    with Client("http://genyard.local", key="key", transport=transport(server)) as client:
        assert client.post("/api/x/%2E%2Fä", {"ä": "🪪"}) == {"ok": 1}
        assert client.get("/api/y", of="a b&c") == {"ok": 1}
    first, second = seen
    assert (first["method"], first["path"], first["raw_path"]) == ("POST", "/api/x/./ä", b"/api/x/%2E%2F%C3%A4")
    assert first["body"] == '{"ä":"🪪"}'.encode()
    assert dict(first["headers"])[b"authorization"] == b"Bearer key"
    assert second["query_string"] in (b"of=a+b%26c", b"of=a%20b%26c")
    assert server.closed


def test_a_response_streams_piece_by_piece() -> None:
    taken = threading.Event()

    async def answer(_: Message, __: Receive, send: Send) -> None:
        await begin(send)
        await body(send, b'data: {"text": "one"}\n\n', more=True)
        assert await asyncio.to_thread(happened, taken)
        await body(send, b'data: {"text": "two"}\n\n')

    with Client("http://genyard.local", key="k", transport=transport(Server(answer))) as client:
        events = client.stream_answer("/answers", {})
        assert next(events) == {"text": "one"}
        taken.set()
        assert list(events) == [{"text": "two"}]


def test_leaving_a_stream_half_way_stops_the_app() -> None:
    stopped = threading.Event()

    async def answer(_: Message, __: Receive, send: Send) -> None:
        await begin(send)
        try:
            while True:
                await body(send, b'data: {"text": "more"}\n\n', more=True)
                await asyncio.sleep(0)
        finally:
            stopped.set()

    with Client("http://genyard.local", key="k", transport=transport(Server(answer))) as client:
        events = client.stream_answer("/answers", {})
        next(events)
        events.close()  # type: ignore[attr-defined]  # it is a generator
        assert happened(stopped)


def test_an_app_that_answered_its_own_failure_is_heard_and_not_raised() -> None:
    async def answer(_: Message, __: Receive, send: Send) -> None:
        await begin(send, 500)
        await body(send, b'{"error": {"code": "internal", "message": "the server failed"}}')
        raise RuntimeError("for the log")

    with (
        Client("http://genyard.local", key="k", transport=transport(Server(answer))) as client,
        pytest.raises(GenyardError, match="the server failed"),
    ):
        client.get("/x")


@pytest.mark.parametrize("begun", [False, True])
def test_an_app_that_breaks_is_raised_where_it_was_asked(begun: bool) -> None:
    async def answer(_: Message, __: Receive, send: Send) -> None:
        if begun:
            await begin(send)
            await body(send, b"half", more=True)
        raise RuntimeError("broken")

    with (
        Client("http://genyard.local", key="k", transport=transport(Server(answer))) as client,
        pytest.raises(RuntimeError, match="broken"),
    ):
        client.get("/x")


def test_a_server_that_does_not_start_leaves_no_thread() -> None:
    before = threading.active_count()

    async def start() -> Server:
        raise HomeLocked("in use")

    with pytest.raises(HomeLocked):
        InProcessTransport(start)
    assert threading.active_count() == before


def test_many_threads_may_ask_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    async def answer(scope: Message, _: Receive, send: Send) -> None:
        await asyncio.to_thread(both.wait)
        await begin(send)
        await body(send, f'{{"path": "{scope["path"]}"}}'.encode())

    found: dict[str, object] = {}
    with Client("http://genyard.local", key="k", transport=transport(Server(answer))) as client:
        threads = [
            threading.Thread(target=lambda p=path: found.update({p: client.get(p)["path"]})) for path in ("/a", "/b")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {"/a": "/a", "/b": "/b"}


def test_the_request_of_a_closed_transport_is_an_error_and_does_not_hang() -> None:
    async def answer(_: Message, __: Receive, send: Send) -> None:
        await begin(send)
        await body(send, b"{}")

    client = Client("http://genyard.local", key="k", transport=transport(Server(answer)))
    client.close()
    with pytest.raises((RuntimeError, httpx2.HTTPError)):
        client.get("/x")


def test_closing_lets_what_is_under_way_come_to_its_end_first() -> None:
    begun, told = threading.Event(), threading.Event()
    order: list[str] = []

    def write() -> None:
        begun.set()
        assert happened(told)
        order.append("written")

    async def answer(_: Message, receive: Receive, __: Send) -> None:
        writing = asyncio.ensure_future(asyncio.to_thread(write))
        while (await receive())["type"] != "http.disconnect":
            pass
        told.set()
        await writing

    class Noting(Server):
        async def close(self) -> None:
            order.append("closed")

    client = Client("http://genyard.local", key="k", transport=transport(Noting(answer)))
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(client.get, "/x")
        assert happened(begun)
        client.close()
        assert asking.exception() is not None
    assert order == ["written", "closed"]
