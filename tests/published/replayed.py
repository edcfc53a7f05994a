"""Recorded exchanges with model providers, and a local server that answers with them."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

INPUT_NAMES = ("prompt_tokens", "input_tokens", "promptTokenCount", "inputTokens")
OUTPUT_NAMES = ("completion_tokens", "output_tokens", "candidatesTokenCount", "outputTokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what a provider answered."""

    number: int
    id: str
    provider: str
    method: str
    path: str
    request: Any
    status: int
    response: Mapping[str, Any]

    @property
    def text(self) -> str | None:
        """The body of an answer that is no JSON object, such as a stream's."""
        said = self.response.get("string")
        return said if isinstance(said, str) else None

    @property
    def usage(self) -> Mapping[str, Any]:
        """What the provider says that it counted, at the end of a stream too; empty where it says nothing."""
        if self.text is not None:
            found = [usage_in(one) for one in _events(self.text)]
            return next((one for one in reversed(found) if one), {})
        return usage_in(self.response)

    def body(self) -> bytes:
        return self.text.encode() if self.text is not None else json.dumps(self.response).encode()

    def content_type(self) -> str:
        if self.text is None:
            return "application/json"
        return "text/event-stream" if _events(self.text) else "text/plain"


def read_exchanges(shared_data: Path) -> list[Exchange]:
    """Return all recorded exchanges."""
    lines = (shared_data / "provider_exchanges" / "exchanges.jsonl").read_text().splitlines()
    return [_exchange(number, json.loads(line)) for number, line in enumerate(lines)]


def usage_in(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the usage object of an answer, of a chunk, or of the response in a stream's event."""
    inner = answer.get("response")
    for place in (answer, inner if isinstance(inner, Mapping) else {}):
        found = place.get("usage") or place.get("usageMetadata")
        if isinstance(found, Mapping):
            return found
    return {}


def count(usage: Mapping[str, Any], names: Sequence[str]) -> int | None:
    """Return the first of ``names`` that is a whole number."""
    return next((usage[name] for name in names if isinstance(usage.get(name), int)), None)


@contextmanager
def replaying(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Serve exchange N below ``/N`` while the block runs, whatever is asked there; yields the address."""
    by_number = {str(one.number): one for one in exchanges}
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Handler(by_number, *given))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """Head and body leave together: apart, a connection that stays open waits 40 ms between them."""

    def __init__(self, exchanges: Mapping[str, Exchange], *given: Any) -> None:
        self._exchanges = exchanges
        super().__init__(*given)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def do_GET(self) -> None:
        exchange = self._exchanges[self.path.split("/")[1]]
        body = exchange.body()
        self.send_response(exchange.status)
        self.send_header("Content-Type", exchange.content_type())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _exchange(number: int, raw: Mapping[str, Any]) -> Exchange:
    response = raw["response"]
    return Exchange(
        number=number,
        id=raw["id"],
        provider=raw["provider"],
        method=raw["method"],
        path=raw["uri"].split("?")[0].split("#")[0],
        request=raw["request"],
        status=raw["status"]["code"],
        response=response if isinstance(response, Mapping) else {"string": response},
    )


def _events(text: str) -> list[Mapping[str, Any]]:
    lines = [line.removeprefix("data:").strip() for line in text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line.startswith("{")]
