"""A bucket behind a wire on which answers get lost: what a test chooses is done there, and nobody is told."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_OF_ONE_WIRE = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})

Loses = Callable[[str, str], bool]
"""Whether the answer to this method and path gets lost."""
Hears = Callable[[str, str], None]


class LossyBucket:
    """Hands requests on to an S3 server. Its address is ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lost: list[str] = []
        """The paths whose answers got lost, in order."""
        self._loses: Loses | None = None
        self._hears: Hears | None = None
        self.instead = 0

    def lose(self, loses: Loses, *, instead: int = 0) -> None:
        """Lose the answers that ``loses`` names, from now on; ``instead`` is the status that is given for them.

        Without one the connection ends, and the client asks again.
        """
        self._loses, self.instead = loses, instead

    def tell(self, hears: Hears) -> None:
        """Tell of each request before the bucket gets it, from now on."""
        self._hears = hears

    def hear(self, method: str, path: str) -> None:
        if self._hears:
            self._hears(method, path)

    def loses(self, method: str, path: str) -> bool:
        lost = self._loses is not None and self._loses(method, path)
        self.lost += [path] if lost else []
        return lost


@contextmanager
def lossy(s3: str) -> Iterator[LossyBucket]:
    """Stand before the server at ``s3``."""
    behind = urlsplit(s3).netloc

    class Wire(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            bucket.hear(self.command, self.path)
            there = http.client.HTTPConnection(behind)
            there.request(self.command, self.path, body=body, headers=dict(self.headers))
            answer = there.getresponse()
            content = answer.read()
            there.close()
            lost = bucket.loses(self.command, self.path)
            if lost and bucket.instead:
                self.send_response(bucket.instead)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            if lost:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_WIRE:
                    self.send_header(name, value)
            size = answer.getheader("content-length") if self.command == "HEAD" else str(len(content))
            self.send_header("content-length", size or "0")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = hand_on

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Wire)
    server.daemon_threads = True
    bucket = LossyBucket(f"http://127.0.0.1:{server.server_address[1]}")
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
