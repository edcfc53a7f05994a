"""Erasure of what a user, a session or a trace left in the lake."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from genyard.pipelines.enqueue import enqueue_erasure
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["lake"], route_class=GuardedRoute)


class ErasureRequestBody(Body):
    """Whose traces are to go. With ``dry_run`` nothing goes; the answer says how much would."""

    kind: Literal["user", "session", "trace"]
    value: Annotated[str, Field(min_length=1, max_length=4096)]
    dry_run: bool = False


@router.post("/api/projects/{project}/erasures", status_code=202, **needs("data:erase"))
def erase(project: str, body: ErasureRequestBody, app: AppDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    """Erase what a user, a session or a trace left: rows, scores, blobs, and every file that held them."""
    erasures = app.bench.erasures
    if body.dry_run:
        response.status_code = 200
        return dict(erasures.look(project, body.kind, body.value))
    at_ns = app.bench.clock.now_ns()
    request = erasures.requests.make(project, body.kind, body.value, by=actor.principal, at_ns=at_ns)
    return {"asked": request.hash, "job": enqueue_erasure(app.jobs, request)}
