"""An answer that is made while it is sent, and gives back what it holds when it ends, however it ends."""

from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send


class HeldResponse(StreamingResponse):
    """Sends what ``parts`` yields, a thread at work only while a part is made. A reader that leaves ends ``parts``."""

    def __init__(self, parts: Generator[bytes], *, held: ExitStack, **named: Any) -> None:
        super().__init__(parts, **named)
        self._parts = parts
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with self._held:
                # It waits for its own threads, as that of a Parquet file, and it may not wait for the next sweep.
                await run_in_threadpool(self._parts.close)
