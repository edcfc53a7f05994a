"""A model provider in the OpenAI format whose answers a test holds in its hand, on a free loopback port."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from tests.waiting import DEADLINE_S

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
"""What every answer says that it took."""

Way = Literal["answer", "half", "rubbish", "overloaded", "rejected"]


class Upstream:
    """Counts what it is asked, and answers in the way that is set, at once or when it is let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """The last message of each call, in order of arrival."""
        self.requests: list[dict[str, Any]] = []
        self.way: Way = "answer"
        self.say: Callable[[str], str] = lambda question: f"You asked: {question}"
        self._changed = threading.Condition()
        self._free: int | None = None
        self.url = ""

    @property
    def model(self) -> str:
        """The model as ``genyard.yaml`` names it."""
        return f"{self.url}#scripted"

    def arrived(self, count: int) -> bool:
        """Wait until ``count`` calls have arrived, answered or not."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.asked) >= count, DEADLINE_S)

    def hold_after(self, count: int | None) -> None:
        """Answer ``count`` calls at once, counted from the first of all, and hold the others; None holds none."""
        with self._changed:
            self._free = count
            self._changed.notify_all()

    def let_go(self) -> None:
        """Answer all that is held, and everything from now on."""
        self.hold_after(None)

    def take(self, request: dict[str, Any]) -> None:
        """Note a call, and hold it where it is not free."""
        with self._changed:
            self.requests.append(request)
            self.asked.append(request["messages"][-1]["content"])
            number = len(self.asked)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._free is None or number <= self._free, DEADLINE_S)


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Serve an ``Upstream`` while the block runs."""
    here = Upstream()
    server = _Server(("127.0.0.1", 0), lambda *given: _Handler(here, *given))
    here.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.let_go()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no error here."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, upstream: Upstream, *given: Any) -> None:
        self._upstream = upstream
        super().__init__(*given)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._upstream.take(request)
        way = self._upstream.way
        if way in ("overloaded", "rejected"):
            self._reply(503 if way == "overloaded" else 400, "application/json", b'{"error": {"message": "not now"}}')
        elif way == "rubbish":
            self._reply(200, "text/html", b"<html>a captive portal</html>")
        else:
            text = self._upstream.say(request["messages"][-1]["content"])
            if request.get("stream"):
                self._reply(200, "text/event-stream", _events(text, half=way == "half"))
            else:
                self._reply(200, "application/json", _whole(text))

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _events(text: str, *, half: bool) -> bytes:
    first, _, rest = text.partition(" ")
    pieces = [f"{first} "] if half else [f"{first} ", rest]
    chunks = [_chunk({"content": piece}, None) for piece in pieces]
    if not half:
        chunks += [_chunk({}, "stop"), _chunk(None, None) | {"usage": USAGE}]
    lines = [f"data: {json.dumps(one)}\n\n" for one in chunks] + ([] if half else ["data: [DONE]\n\n"])
    return "".join(lines).encode()


def _whole(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    head = {"id": "c1", "object": "chat.completion", "created": 1, "model": "scripted-1"}
    return json.dumps(head | {"choices": choices, "usage": USAGE}).encode()


def _chunk(delta: dict[str, str] | None, reason: str | None) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "scripted-1", "choices": choices}
