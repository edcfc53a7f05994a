"""Traces from a file: conversations of a chat, or OTLP/JSON requests as an export writes them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from genyard.client.api import Client, Reply
from genyard.client.conversation_spans import Span, request_of, spans_of
from genyard.client.conversations import Line, conversation_of, read_lines

_AT_ONCE_BYTES = 4 << 20
"""Of a request, about; one conversation that is longer goes alone."""


class Imported(msgspec.Struct, kw_only=True):
    """Counts of what the server was sent, and why it refused some."""

    lines: int = 0
    """Lines of the file, or items of its list."""
    spans: int = 0
    refused: int = 0
    reasons: list[str] = msgspec.field(default_factory=list)


def import_traces(client: Client, path: Path, on_progress: Callable[[Reply], None]) -> Reply:
    """Send the traces of a file, and return how many. The same file sent again is the same spans.

    Raises InvalidInput for a line that holds none: lines before it may be kept then.
    """
    done = Imported()
    for lines, request in _requests(path):
        reply = client.post(client.of_project("traces"), request)
        done.lines += lines
        done.spans += _count(request) - reply["refused"]
        done.refused += reply["refused"]
        done.reasons += filter(None, [reply["reasons"]])
        on_progress({"progress": {"done": done.lines, "total": 0, "note": f"{done.spans} spans"}})
    counts: Reply = msgspec.to_builtins(done)
    return counts


def _requests(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield requests, each with how many lines it is of."""
    lines, size, spans = 0, 0, list[Span]()
    for line in read_lines(path):
        if "resourceSpans" in line.value:
            yield 1, dict(line.value)
            continue
        more = _spans(line, path)
        more_bytes = len(msgspec.json.encode(more))
        if spans and size + more_bytes > _AT_ONCE_BYTES:
            yield lines, request_of(spans)
            lines, size, spans = 0, 0, []
        lines, size, spans = lines + 1, size + more_bytes, spans + more
    if spans:
        yield lines, request_of(spans)


def _spans(line: Line, path: Path) -> list[Span]:
    # A conversation without a time is of the time of its file: the nearest that is known, and the same every time.
    return spans_of(conversation_of(line, path=path, written_ns=path.stat().st_mtime_ns))


def _count(request: dict[str, Any]) -> int:
    return sum(
        len(scope.get("spans") or ())
        for resource in request["resourceSpans"]
        for scope in resource.get("scopeSpans") or ()
    )
