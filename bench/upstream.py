"""A model server on loopback that answers every chat request with ``yes`` after a fixed delay."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

USAGE = {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9}


@contextmanager
def upstream(*, delay_s: float) -> Iterator[str]:
    """Serve for as long as the block lasts; yields the address without ``/v1``."""

    async def chat(request: Request) -> Response:
        asked = await request.json()
        await asyncio.sleep(delay_s)
        if asked.get("stream"):
            return StreamingResponse(_chunks(), media_type="text/event-stream")
        message = {"role": "assistant", "content": "yes"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse({"id": "1", "object": "chat.completion", "model": "m", "choices": [choice], "usage": USAGE})

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        pass
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


async def _chunks() -> AsyncIterator[str]:
    head = {"id": "1", "object": "chat.completion.chunk", "model": "m"}
    delta = {"index": 0, "delta": {"role": "assistant", "content": "yes"}, "finish_reason": None}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    for body in ({"choices": [delta]}, {"choices": [end]}, {"choices": [], "usage": USAGE}):
        yield f"data: {json.dumps(head | body)}\n\n"
    yield "data: [DONE]\n\n"
