"""The images, recordings and files that a trace refers to."""

from fastapi import APIRouter, Response

from genyard.core.digest import parse_digest
from genyard.core.media import OTHER_TYPE, MediaReference
from genyard.observe.one_trace import OneTrace
from genyard.observe.trace_media import media_of
from genyard.server.api.traces import TraceText
from genyard.server.guard import AppDep, needs

router = APIRouter(tags=["traces"])

_HEADERS = {
    # A day, so that what was erased is gone from browsers too by then.
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/api/projects/{project}/traces/{trace}/media/{digest}", response_class=Response, **needs("trace:read"))
def media(project: str, trace: TraceText, digest: str, app: AppDep) -> Response:
    """Give one image, recording or file that the trace refers to.

    Pictures, sound and film that browsers draw are shown as what their bytes say they are. All else, SVG and HTML among
    it, is to be saved: its type is ``application/octet-stream``.
    """
    wanted = parse_digest(digest)
    found = media_of(OneTrace.found(app.bench.lake, project, trace), wanted)
    kind = found.shown_as
    name = MediaReference(digest=wanted, media_type=kind or found.said, size=len(found.content)).file_name
    place = "inline" if kind else "attachment"
    headers = _HEADERS | {"Content-Disposition": f'{place}; filename="{name}"', "ETag": f'"{wanted}"'}
    return Response(found.content, media_type=kind or OTHER_TYPE, headers=headers)
