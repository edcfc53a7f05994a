"""OTLP over gRPC: the same intake behind another protocol. Needs the extra ``grpc``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

from fastapi.concurrency import run_in_threadpool
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from genyard.access.principals import Actor, require
from genyard.app import App
from genyard.core.errors import GenyardError, InvalidInput, Unauthenticated, Unreachable
from genyard.observe.otlp.metrics import NOT_KEPT, count_points
from genyard.observe.otlp.replies import RETRY_AFTER_S, accepted, code_of, failed
from genyard.observe.wire import Refused
from genyard.server.guard import actor_of_key
from genyard.server.openai import project_of

_AT_ONCE = 64
Export = Callable[[App, Actor, bytes], Awaitable[bytes]]


async def _traces(app: App, actor: Actor, body: bytes) -> bytes:
    return accepted("traces", "protobuf", await app.intake.keep("traces", project_of(actor), body, "protobuf"))


async def _logs(app: App, actor: Actor, body: bytes) -> bytes:
    return accepted("logs", "protobuf", await app.intake.keep("logs", project_of(actor), body, "protobuf"))


async def _metrics(app: App, actor: Actor, body: bytes) -> bytes:  # noqa: ARG001 - one signature for all
    count = await run_in_threadpool(count_points, body, "protobuf")
    return accepted("metrics", "protobuf", [Refused(name="metrics", reason=NOT_KEPT)] * count)


_SERVICES: dict[str, Export] = {
    "opentelemetry.proto.collector.trace.v1.TraceService": _traces,
    "opentelemetry.proto.collector.logs.v1.LogsService": _logs,
    "opentelemetry.proto.collector.metrics.v1.MetricsService": _metrics,
}


def check_installed() -> None:
    """Raise InvalidInput when the extra is not installed."""
    if find_spec("grpc") is None:
        raise InvalidInput(
            "GENYARD_GRPC_PORT is set and grpcio is not installed", hint='pip install "genyard[server,grpc]"'
        )


@asynccontextmanager
async def grpc_door(app: App, host: str, port: int) -> AsyncIterator[None]:
    """Listen while the block runs.

    Raises Unreachable when the port is taken.
    """
    import grpc.aio

    most = app.bench.settings.max_body_mb << 20
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", most), ("grpc.so_reuseport", 0)], maximum_concurrent_rpcs=_AT_ONCE
    )
    for service, export in _SERVICES.items():
        # On the wire it is the same as a method of one message; but that would be read before anybody sees the key.
        method = grpc.stream_unary_rpc_method_handler(_handler(app, export))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": method}),))
    try:
        server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError as error:
        raise Unreachable(f"{host}:{port} cannot be listened on", hint="name another in GENYARD_GRPC_PORT") from error
    await server.start()
    try:
        yield
    finally:
        await server.stop(grace=5)


def _handler(app: App, export: Export) -> Callable[[AsyncIterator[bytes], Any], Awaitable[bytes]]:
    async def handle(messages: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            actor = await run_in_threadpool(_actor, app, dict(context.invocation_metadata() or ()))
            async for body in messages:
                return await export(app, actor, body)
            raise InvalidInput("the call holds no message", hint="send an export request")
        except GenyardError as error:
            await _abort(context, error)
            raise

    return handle


def _actor(app: App, metadata: dict[str, Any]) -> Actor:
    scheme, _, presented = str(metadata.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not presented:
        raise Unauthenticated("no key was sent", hint="send the metadata authorization: Bearer gy_…")
    actor = actor_of_key(app, presented.strip())
    require(actor, "trace:write", project=actor.project)
    return actor


async def _abort(context: Any, error: GenyardError) -> None:
    """End the call with the code for ``error``; what may be sent again says when, or clients would not."""
    http_status, body = failed(error, "protobuf")
    status = Status.FromString(body)
    if http_status in (429, 503):
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=RETRY_AFTER_S)))
    code = code_of(http_status)
    details = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(_status_code(code), status.message, details)


def _status_code(code: int) -> Any:
    import grpc

    return next(one for one in grpc.StatusCode if one.value[0] == code)
