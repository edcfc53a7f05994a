"""The images, recordings and files that a trace refers to."""

import re
from collections.abc import Generator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Header, Response

from genyard.core.digest import parse_digest
from genyard.core.media import OTHER_TYPE, MediaReference
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.trace_media import media_of
from genyard.server.api.traces import TraceText
from genyard.server.guard import AppDep, GuardedRoute, needs
from genyard.server.held import HeldResponse

router = APIRouter(tags=["traces"], route_class=GuardedRoute)

_RANGE = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})")
_PIECE = 256 * 1024
"""What is handed to the connection at a time, which keeps what its reader has not taken."""
_HEADERS = {
    "Accept-Ranges": "bytes",
    # A day, so that what was erased is gone from browsers too by then.
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/api/projects/{project}/traces/{trace}/media/{digest}", response_class=Response, **needs("trace:read"))
def media(
    project: str, trace: TraceText, digest: str, app: AppDep, range: Annotated[str, Header(max_length=100)] = ""
) -> Response:
    """Give one image, recording or file that the trace refers to.

    Pictures, sound and film that browsers draw are shown as what their bytes say they are. All else, SVG and HTML among
    it, is to be saved: its type is ``application/octet-stream``. A header ``Range`` of one range is answered by it.
    Some are given at once; others are told to come back.
    """
    wanted = parse_digest(digest)
    with ExitStack() as held:
        held.enter_context(app.media_reads.place(project))
        found = media_of(OneTrace.found(app.bench.lake, project, trace), wanted)
        kind = found.shown_as
        name = MediaReference(digest=wanted, media_type=kind or found.said, size=len(found.content)).file_name
        place = "inline" if kind else "attachment"
        headers = _HEADERS | {"Content-Disposition": f'{place}; filename="{name}"', "ETag": f'"{wanted}"'}
        return _answer(found.content, range, kind or OTHER_TYPE, headers, held)


def _answer(content: bytes, wanted: str, media_type: str, headers: dict[str, str], held: ExitStack) -> Response:
    """Return all of it, or the one range that a player asks for to jump within it (RFC 9110, section 14)."""
    asked, size = _RANGE.fullmatch(wanted), len(content)
    first, end, status = 0, size, 200
    if asked is not None and asked[0] != "bytes=-":
        first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        end = min(int(asked[2]) + 1, size) if asked[1] and asked[2] else size
        if first >= end:
            return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
        headers |= {"Content-Range": f"bytes {first}-{end - 1}/{size}"}
        status = 206
    return HeldResponse(
        _pieces(content, first, end),
        held=held.pop_all(),
        status_code=status,
        media_type=media_type,
        headers=headers | {"Content-Length": str(end - first)},
    )


def _pieces(content: bytes, first: int, end: int) -> Generator[bytes]:
    for start in range(first, end, _PIECE):
        yield content[start : min(start + _PIECE, end)]
