"""The HTTP API without a network: requests go to the app in this process.

One path and one set of checks serve people, pipelines and pages: the command line speaks HTTP even when no server
runs. The app runs on a loop of its own in a second thread; a response is read piece by piece, so that streaming
answers stream here too.
"""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Protocol, TypeVar

import httpx2

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

_END = b""
GRACE_S = 5.0
"""How long a request that was left may take to come to its end before the app is closed all the same."""
_T = TypeVar("_T")


class LocalServer(Protocol):
    """The app in this process, as the loader gives it."""

    asgi: AsgiApp
    token: str

    async def close(self) -> None:
        """Stop jobs, flush the lake, give the home's lock back."""
        ...


class InProcessTransport(httpx2.BaseTransport):
    """Carries requests to an ASGI app that lives on its own event loop thread."""

    def __init__(self, start: Callable[[], Awaitable[LocalServer]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._exchanges: dict[asyncio.Task[None], _Exchange] = {}
        """What is under way on the loop. Only the loop's own thread touches it."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="genyard-app", daemon=True)
        self._thread.start()
        try:
            self._server = asyncio.run_coroutine_threadsafe(_awaited(start()), self._loop).result()
        except BaseException:
            self._stop_loop()
            raise

    @property
    def token(self) -> str:
        """The key of the person at this computer."""
        return self._server.token

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = _Exchange(request)
        task = asyncio.run_coroutine_threadsafe(self._run(exchange), self._loop)
        try:
            status, headers = exchange.head()
        except BaseException:
            # Told, not cancelled: a transaction that it is in comes to its end.
            self._loop.call_soon_threadsafe(exchange.leave)
            raise
        return httpx2.Response(status, headers=headers, stream=_Body(exchange, task.cancel), request=request)

    async def _run(self, exchange: "_Exchange") -> None:
        task = asyncio.ensure_future(exchange.run(self._server.asgi))
        self._exchanges[task] = exchange
        task.add_done_callback(self._exchanges.pop)
        await task

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._stop_loop()

    async def _end(self) -> None:
        """Close the app when nothing is under way any more: the home is not closed under a transaction."""
        left = dict(self._exchanges)
        for exchange in left.values():
            exchange.leave()
        _, pending = await asyncio.wait(left, timeout=GRACE_S) if left else (set(), set())
        for task in pending:
            task.cancel()
        await self._server.close()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Exchange:
    """One request and its response, handed from the app's loop to the caller's thread."""

    def __init__(self, request: httpx2.Request) -> None:
        self._request = request
        self._body = request.read()
        self._sent = False
        self._answered = False
        self._gone = asyncio.Event()
        self._arrived: queue.SimpleQueue[tuple[int, list[tuple[bytes, bytes]]] | bytes | BaseException] = (
            queue.SimpleQueue()
        )

    def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        first = self._arrived.get()
        if isinstance(first, BaseException):
            raise first
        assert isinstance(first, tuple)
        return first

    def pieces(self) -> Iterator[bytes]:
        while True:
            piece = self._arrived.get()
            if isinstance(piece, BaseException):
                raise piece
            assert isinstance(piece, bytes)
            if piece == _END:
                return
            yield piece

    def leave(self) -> None:
        """Tell the app that nobody waits for the response any more."""
        self._gone.set()

    async def run(self, app: AsgiApp) -> None:
        try:
            await app(self._scope(), self._receive, self._send)
            self._arrived.put(_END)
        except BaseException as error:  # noqa: BLE001  # it belongs to the thread that waits for the response
            # An app that answered an error of its own raises it once more, for a server's log.
            self._arrived.put(_END if self._answered else error)

    async def _receive(self) -> Message:
        if not self._sent:
            self._sent = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._arrived.put((message["status"], list(message["headers"])))
        elif message["type"] == "http.response.body":
            if message.get("body"):
                self._arrived.put(bytes(message["body"]))
            self._answered = not message.get("more_body", False)

    def _scope(self) -> Message:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "server": (url.host, url.port or 80),
            "client": ("127.0.0.1", 0),
        }


class _Body(httpx2.SyncByteStream):
    def __init__(self, exchange: _Exchange, cancel: Callable[[], bool]) -> None:
        self._exchange = exchange
        self._cancel = cancel

    def __iter__(self) -> Iterator[bytes]:
        return self._exchange.pieces()

    def close(self) -> None:
        self._cancel()


async def _awaited(waiting: Awaitable[_T]) -> _T:
    return await waiting
