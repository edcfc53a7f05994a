"""Checks on every request before anything reads it: the host, the origin, the size; and headers on every answer."""

import asyncio
import logging
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genyard.core.errors import Forbidden, GenyardError, InvalidInput, Overloaded, TooLarge
from genyard.server.errors import Show

BODY_PART_S = 30.0
BODY_S = 60.0
"""For a body, and a second more for each ``LEAST_SENT`` bytes of it: no client holds its place a byte at a time."""
LEAST_SENT = 32 * 1024
AT_ONCE = 4
"""Bodies of the greatest size that may wait in memory together."""
_BODY = "genyard.body"
_log = logging.getLogger(__name__)
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)


class RequestChecks:
    """Refuses requests for another host (DNS rebinding), changes from another origin, and bodies over the bound."""

    def __init__(self, app: ASGIApp, *, show: Show, hosts: frozenset[str], max_body_bytes: int) -> None:
        self._app = app
        self._show = show
        self._hosts = hosts
        self._max = max_body_bytes
        self._held = Held(AT_ONCE * max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope["method"], Headers(scope=scope))
        if refused:
            await self._show(Request(scope), refused)(scope, receive, send)
            return
        counted = scope[_BODY] = _Counted(receive, self._max, self._held)
        try:
            await self._app(scope, counted.receive, _with_headers(send))
        except ClientDisconnect:
            _log.debug("a client left in the middle of its request")
        finally:
            self._held.bytes -= counted.taken

    def _refusal(self, method: str, headers: Headers) -> GenyardError | None:
        host = headers.get("host", "").lower()
        if self._hosts and _name(host) not in self._hosts:
            return Forbidden(
                f"this server is not called {host[:80]!r}", hint="set GENYARD_HOST to the name it is asked by"
            )
        origin = headers.get("origin")
        if origin and method in UNSAFE and origin.split("://", 1)[-1].lower() != host:
            return Forbidden("the request comes from another site")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._max:
            return TooLarge(f"the body is over {self._max // 1024 // 1024} MB", hint="set GENYARD_MAX_BODY_MB")
        return None


def bound_body(scope: Scope, most: int) -> None:
    """Let the body of a request have ``most`` bytes at most, where the server itself allows more."""
    counted: _Counted | None = scope.get(_BODY)
    if counted is not None:
        counted.most = min(counted.most, most)


class Held:
    """Bytes of bodies in memory, of all requests together. For one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0


class _Counted:
    """Reads a body up to the bound, and waits for none of it for ever."""

    def __init__(self, receive: Receive, most: int, held: Held) -> None:
        self._receive = receive
        self._held = held
        self.most = most
        self.taken = 0
        self._since_s = asyncio.get_running_loop().time()
        self._whole = False

    async def receive(self) -> Message:
        message = await self._next()
        self._whole = not message.get("more_body", False)
        size = len(message.get("body", b""))
        self.taken += size
        self._held.bytes += size
        if self.taken > self.most:
            raise TooLarge(f"the body is over {self.most >> 20} MB", hint="send less at once")
        if self._held.bytes > self._held.most:
            raise Overloaded("too much is being sent at once", hint="send it again in a moment", retry_after_s=1)
        if not self._whole:
            self._check_pace()
        return message

    def _check_pace(self) -> None:
        taken_s = asyncio.get_running_loop().time() - self._since_s
        if taken_s > BODY_S + self.taken / LEAST_SENT:
            raise InvalidInput(f"the body came too slowly: {self.taken} bytes in {taken_s:.0f} s", hint="send it again")

    async def _next(self) -> Message:
        if self._whole:  # what comes now is that the client has gone, and that may take as long as an answer
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_PART_S):
                return await self._receive()
        except TimeoutError as error:
            raise InvalidInput(
                f"no part of the body came for {BODY_PART_S:g} s", hint="send the request again"
            ) from error


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers.setdefault(name, value)
        await send(message)

    return sending


def _name(host: str) -> str:
    """Return a host without its port; an IPv6 address keeps its brackets."""
    return host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdecimal() else host


def loopback_hosts(extra: Iterable[str] = ()) -> frozenset[str]:
    """Return the names of this machine, and ``extra``."""
    return frozenset({"127.0.0.1", "localhost", "[::1]", "genyard.local", *extra})
