"""Systems: asked as they are in a checkout, before anything is released."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field, JsonValue

from genyard.core.digest import Digest, parse_digest
from genyard.core.errors import GenyardError
from genyard.develop.answer import Answer, answer
from genyard.develop.answer_spans import Stamps
from genyard.develop.checkouts import open_checkout
from genyard.develop.resolve import Resolver
from genyard.server.body import Body
from genyard.server.errors import error_body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.store import names

router = APIRouter(tags=["systems"], route_class=GuardedRoute)


class AnswerRequest(Body):
    """What to ask, and of which checkout."""

    checkout: Annotated[str, Field(max_length=71)]
    inputs: Annotated[dict[str, JsonValue], Field(max_length=100)]


@router.get("/api/projects/{project}/systems", **needs("system:read"))
def listing(project: str, app: AppDep) -> dict[str, Any]:
    """List systems with their newest version."""
    with app.bench.database.read() as tx:
        found = names.named(tx, project, "system")
    return {"systems": [{"digest": one.digest, "name": one.name, "version": one.version} for one in found]}


@router.post("/api/projects/{project}/systems/{name}/answers", **needs("system:run"))
async def create_answer(
    project: str, name: str, body: AnswerRequest, app: AppDep, actor: ActorDep
) -> StreamingResponse:
    """Answer with a system of a checkout. The answer comes as server-sent events: pieces of text, then the whole."""
    bench = app.bench

    def resolved() -> Digest:
        checkout = open_checkout(bench.library, project, parse_digest(body.checkout))
        return Resolver(library=bench.library, project=project, checkout=checkout, by=actor).system(name).digest

    digest = await run_in_threadpool(resolved)
    runnable = await run_in_threadpool(bench.library.runnable, project, digest)

    async def events() -> AsyncIterator[bytes]:
        root_id = ""
        try:
            pieces = answer(runnable, body.inputs, runtime=app.runtime, stamps=Stamps(project=project))
            async for piece in pieces:
                root_id = piece.span_id or root_id
                if piece.text:
                    yield _event({"text": piece.text})
                if piece.answer:
                    await bench.tracing.committed(root_id)
                    yield _event({"answer": answer_json(piece.answer)})
        except GenyardError as error:
            with suppress(GenyardError):
                await bench.tracing.committed(root_id)
            yield _event(error_body(error))

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def answer_json(found: Answer) -> dict[str, Any]:
    """Return an answer as the API shows it."""
    shown: dict[str, Any] = msgspec.to_builtins(found)
    return shown


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"
