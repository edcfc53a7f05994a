"""The OpenAI-compatible doors: chat completions and models. They ask in the project of the key."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse

from genyard.access.principals import Actor, require
from genyard.app import App
from genyard.core.errors import GenyardError, HomeError
from genyard.core.refs import DEFAULT_PROJECT
from genyard.deploy.endpoints import endpoints, split_endpoint
from genyard.deploy.gateway import GatewayRequest, answer_id, completion_of, headers, read_request
from genyard.develop.answer import Piece, answer, whole_answer
from genyard.develop.answer_spans import Stamps
from genyard.discover.chat import Delta
from genyard.discover.openai_answer import encode_completion
from genyard.discover.openai_stream import ChunkWriter
from genyard.discover.sse import DONE, encode_event
from genyard.observe.tracing import context_from
from genyard.server.errors import answer_error, error_bytes
from genyard.server.guard import ActorDep, AppDep, PlainRoute, needs

router = APIRouter(tags=["openai"], route_class=PlainRoute)


@router.get("/v1/models", **needs("endpoint:serve"))
async def models(request: Request, app: AppDep, actor: ActorDep) -> Response:  # noqa: ARG001 - one signature for all
    """List the endpoints that this key may ask, as models; those of prod also without their environment."""
    return JSONResponse(await run_in_threadpool(_models, app, actor))


def _models(app: App, actor: Actor) -> dict[str, Any]:
    with app.bench.database.read() as tx:
        found = endpoints(tx, project_of(actor))
    found = [one for one in found if not actor.scopes or scope_of(one.system) in actor.scopes]
    named = [(str(one), one) for one in found]
    named += [(one.system, one) for one in found if one.environment == "prod"]
    data = [
        {"created": one.since_ns // 1_000_000_000, "id": name, "object": "model", "owned_by": "genyard"}
        for name, one in sorted(named)
    ]
    return {"data": data, "object": "list"}


@router.post("/v1/chat/completions", **needs("endpoint:serve"))
async def chat_completions(request: Request, app: AppDep, actor: ActorDep) -> Response:
    """Answer a chat request with the release that serves the endpoint named in ``model``."""
    project, started_s, outcome = project_of(actor), app.bench.clock.monotonic_s(), "ok"
    asked = read_request(await request.body())
    # Before anything is looked up: a key for one endpoint does not learn which others there are.
    require(actor, "endpoint:serve", project=project, scope=scope_of(split_endpoint(asked.endpoint)[0]))
    served = app.serving.known(project, asked.endpoint)
    if served is None:
        served = await run_in_threadpool(app.serving.serve, project, asked.endpoint)
    stamps = Stamps(
        project=project, release=served.endpoint.release, endpoint=str(served.endpoint), user_id=asked.user_id
    )
    pieces = answer(
        served.runnable, asked.inputs, runtime=app.runtime, stamps=stamps, context=context_from(request.headers)
    )
    begun = await anext(pieces)
    told = headers(served, asked, trace_id=begun.trace_id or "", span_id=begun.span_id)
    try:
        response = await (_stream if asked.stream else _whole)(app, asked, pieces, begun)
    except GenyardError as error:
        response, outcome = answer_error(error), error.code
        told |= await _stored(app, begun)
    app.meters.answered(str(served.endpoint), outcome, seconds=app.bench.clock.monotonic_s() - started_s)
    response.headers.update(told)
    return response


async def _whole(app: App, asked: GatewayRequest, pieces: AsyncIterator[Piece], begun: Piece) -> Response:
    found = await whole_answer(pieces)
    # Its spans are on their way to the disk by now: the answer is written out meanwhile.
    completion = completion_of(found, model=asked.endpoint)
    body = encode_completion(completion, created_s=app.bench.clock.now_ns() // 1_000_000_000)
    return Response(body, media_type="application/json", headers=await _stored(app, begun))


async def _stream(app: App, asked: GatewayRequest, pieces: AsyncIterator[Piece], begun: Piece) -> Response:
    events = _events(app, asked, pieces, begun)
    # The first event is waited for here, so that a model that fails at once is an error status and not a stream.
    first = await anext(events)

    async def told() -> AsyncIterator[bytes]:
        yield first
        try:
            async for event in events:
                yield event
        except GenyardError as error:
            await _stored(app, begun)
            yield encode_event(error_bytes(error))

    return StreamingResponse(told(), media_type="text/event-stream")


async def _events(app: App, asked: GatewayRequest, pieces: AsyncIterator[Piece], begun: Piece) -> AsyncIterator[bytes]:
    writer = ChunkWriter(
        answer_id=answer_id(begun.trace_id or ""),
        model=asked.endpoint,
        created_s=app.bench.clock.now_ns() // 1_000_000_000,
        include_usage=asked.include_usage,
    )
    async for piece in pieces:
        if piece.text:
            yield writer.write(Delta(content=piece.text))
        if piece.answer:
            # The headers are out already: what they would have said goes as a comment of the stream.
            for name, value in (await _stored(app, begun)).items():
                yield f": {name}: {value}\n\n".encode()
            yield writer.write(Delta(completion=completion_of(piece.answer, model=asked.endpoint)))
            yield DONE


async def _stored(app: App, begun: Piece) -> dict[str, str]:
    """Wait until an answer's spans are durable. It goes out even where they cannot be, and says so."""
    try:
        await app.bench.tracing.committed(begun.span_id)
    except HomeError:
        return {"genyard-trace-stored": "no"}
    return {}


def scope_of(system: str) -> str:
    """Return the scope of a key that may ask the endpoints of ``system``."""
    return f"serve:{system}"


def project_of(actor: Actor) -> str:
    """Return the project that a key asks in: its own, and ``default`` for one that is good for all."""
    return actor.project or DEFAULT_PROJECT
