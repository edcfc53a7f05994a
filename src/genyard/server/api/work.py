"""Indexes, evaluations and releases are made by jobs; the answer to a request for one is the job."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from genyard.access.principals import Actor
from genyard.app import App
from genyard.core.digest import parse_digest
from genyard.pipelines.enqueue import enqueue_once
from genyard.pipelines.handlers import EVALUATE, INDEX, RELEASE
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["jobs"], route_class=GuardedRoute)


class WorkRequest(Body):
    """What to work on: a system of a checkout."""

    checkout: Annotated[str, Field(max_length=71)]
    system: Annotated[str, Field(max_length=64)]


class EvaluationRequest(WorkRequest):
    """What to evaluate. Without ``dataset`` it is every dataset; without ``repeats`` what the gates ask for."""

    dataset: Annotated[str, Field(max_length=64)] | None = None
    repeats: Annotated[int, Field(ge=1, le=1000)] | None = None


@router.post("/api/projects/{project}/indexes", status_code=202, **needs("index:create"))
def index(project: str, body: WorkRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Build the indexes of a system."""
    return _enqueue(app, INDEX, project, body, actor)


@router.post("/api/projects/{project}/evaluations", status_code=202, **needs("evaluation:create"))
def evaluate(project: str, body: EvaluationRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Evaluate a system and judge it by its gates."""
    return _enqueue(app, EVALUATE, project, body, actor)


@router.post("/api/projects/{project}/releases", status_code=202, **needs("release:create"))
def release(project: str, body: WorkRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Cut a release: evaluate, judge, keep the evidence."""
    return _enqueue(app, RELEASE, project, body, actor)


def _enqueue(app: App, name: str, project: str, body: WorkRequest, actor: Actor) -> dict[str, Any]:
    parse_digest(body.checkout)
    app.home.check_room()
    payload = body.model_dump(exclude_none=True)
    return {"job": enqueue_once(app.jobs, name, payload, project=project, principal=actor.principal)}
