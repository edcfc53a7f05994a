"""OTLP/HTTP: where applications send what they saw."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from genyard.access.principals import Actor
from genyard.app import App
from genyard.core.errors import GenyardError, InvalidInput
from genyard.observe.otlp.bodies import plain
from genyard.observe.otlp.metrics import MOST_BYTES, NOT_KEPT, count_points
from genyard.observe.otlp.replies import MEDIA_TYPES, RETRY_AFTER_S, Encoding, accepted, failed
from genyard.observe.together import KeptSignal
from genyard.observe.wire import Refused
from genyard.server.checks import bound_body
from genyard.server.guard import ActorDep, AppDep, ExporterRoute, needs
from genyard.server.openai import project_of

router = APIRouter(tags=["otlp"], route_class=ExporterRoute)

LANGFUSE, LANGSMITH = "/api/public/otel/v1/traces", "/otel/v1/traces"
"""Where the exporters of these two send, below the host that they are told."""
PATHS = frozenset({"/v1/traces", "/v1/logs", "/v1/metrics", LANGFUSE, LANGSMITH})


@router.post("/v1/traces", **needs("trace:write"))
@router.post(LANGFUSE, **needs("trace:write"))
@router.post(LANGSMITH, **needs("trace:write"))
async def traces(request: Request, app: AppDep, actor: ActorDep) -> Response:
    """Keep the spans of an ``ExportTraceServiceRequest``, in protobuf or JSON; answered once they are durable."""
    return await _keep("traces", request, app, actor)


@router.post("/v1/logs", **needs("trace:write"))
async def logs(request: Request, app: AppDep, actor: ActorDep) -> Response:
    """Keep what log records of an ``ExportLogsServiceRequest`` say of spans; answered once it is durable."""
    return await _keep("logs", request, app, actor)


@router.post("/v1/metrics", **needs("trace:write"))
async def metrics(request: Request, app: AppDep, actor: ActorDep) -> Response:  # noqa: ARG001 - one signature for all
    """Read an ``ExportMetricsServiceRequest`` and say that none of it is kept."""
    encoding = _encoding(request)
    if encoding is None:
        return _unknown_type()
    bound_body(request.scope, MOST_BYTES)
    count = await run_in_threadpool(count_points, await _body(request, app, most=MOST_BYTES), encoding)
    refused = [Refused(name="metrics", reason=NOT_KEPT)] * count
    return _answer(200, accepted("metrics", encoding, refused), encoding)


async def _keep(signal: KeptSignal, request: Request, app: App, actor: Actor) -> Response:
    encoding = _encoding(request)
    if encoding is None:
        return _unknown_type()
    refused = await app.intake.keep(signal, project_of(actor), await _body(request, app), encoding)
    return _answer(200, accepted(signal, encoding, refused), encoding)


def answer_otlp_error(request: Request, error: GenyardError) -> Response:
    """Return the answer for an error on one of ``PATHS``."""
    encoding = _encoding(request) or "json"
    status, body = failed(error, encoding)
    response = _answer(status, body, encoding)
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _unknown_type() -> Response:
    told = InvalidInput("the Content-Type is not one of OTLP", hint="send application/x-protobuf or application/json")
    return _answer(415, failed(told, "json")[1], "json")


async def _body(request: Request, app: App, *, most: int | None = None) -> bytes:
    body, encoding = await request.body(), request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return body  # its size was bounded on the way in, and there is nothing to do in a thread
    return await run_in_threadpool(plain, body, encoding, most=most or app.bench.settings.max_body_mb << 20)


def _encoding(request: Request) -> Encoding | None:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return next((one for one, name in MEDIA_TYPES.items() if name == media_type), None)


def _answer(status: int, body: bytes, encoding: Encoding) -> Response:
    return Response(body, status_code=status, media_type=MEDIA_TYPES[encoding])
