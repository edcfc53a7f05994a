"""A model server on the loopback that answers with chosen bytes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HOLD = b""
"""In a list of bytes: from here on say nothing and keep the connection open."""


@dataclass
class WireServer:
    """What it answers, one list of bytes a request (the last one again and again), and what it was asked."""

    answers: Sequence[Sequence[bytes]]
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    closed_by_client: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed_by_client.set()
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self.requests.append(head + await reader.readexactly(length))
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        for part in answer:
            if part == HOLD:
                await reader.readexactly(1)
            writer.write(part)
            await writer.drain()
        return b"connection: close" not in b"".join(answer).lower()


@asynccontextmanager
async def wire_server(*answers: Sequence[bytes]) -> AsyncIterator[WireServer]:
    """Serve ``answers`` on a free port."""
    made = WireServer(answers)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield made
    finally:
        server.close()


def reply(body: bytes, *, status: str = "200 OK", headers: str = "") -> list[bytes]:
    """Return a whole answer."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {len(body)}\r\n\r\n"
    return [head.encode() + body]


def stream(*parts: bytes) -> list[bytes]:
    """Return a streamed answer that ends with the connection; a HOLD among ``parts`` keeps it open."""
    return [b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n", *parts]
