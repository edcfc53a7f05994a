"""Checks on every request before anything reads it: the host, the origin, the size; and headers on every answer."""

import asyncio
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genyard.core.errors import Forbidden, GenyardError, InvalidInput, TooLarge
from genyard.server.errors import Show

BODY_PART_S = 30.0
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope["method"], Headers(scope=scope))
        if refused:
            await self._show(Request(scope), refused)(scope, receive, send)
            return
        counted = _Counted(receive, self._max)
        await self._app(scope, counted.receive, _with_headers(send))

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


class _Counted:
    """Reads a body that did not say how long it is, up to the bound, and waits for no part of it for ever."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self._whole = False

    async def receive(self) -> Message:
        message = await self._next()
        self._whole = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLarge("the body is over the bound", hint="set GENYARD_MAX_BODY_MB")
        return message

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
