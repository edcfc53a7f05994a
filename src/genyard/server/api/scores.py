"""Scores from outside: what an application, its users or another program think of an answer."""

import uuid
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, model_validator

from genyard.access.principals import Actor
from genyard.core.clock import rfc3339
from genyard.core.ids import ScoreId, TraceId
from genyard.core.records import Score, Subject
from genyard.observe.scores import scores_of_trace, write_scores
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["scores"], route_class=GuardedRoute)

TraceText = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class ScoreRequest(Body):
    """One judgement of a trace, of one span of it, or of a session."""

    id: (
        Annotated[str, Field(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")] | None
    ) = None
    """A UUIDv7, whose time is the score's. A score sent again with it is kept once."""
    name: Annotated[str, Field(min_length=1, max_length=100)]
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    label: Annotated[str, Field(max_length=200)] = ""
    direction: Literal["higher", "lower"] = "higher"
    kind: Literal["code", "judge", "person"] = "code"
    explanation: Annotated[str, Field(max_length=20_000)] = ""
    trace_id: TraceText | None = None
    span_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    session_id: Annotated[str, Field(min_length=1, max_length=500)] | None = None

    @model_validator(mode="after")
    def _says_something_of_something(self) -> Self:
        if self.value is None and not self.label:
            raise ValueError("give a value or a label")
        if (self.trace_id is None) == (self.session_id is None):
            raise ValueError("name a trace_id, with a span_id where one span is meant, or a session_id")
        if self.span_id is not None and self.trace_id is None:
            raise ValueError("a span_id goes with its trace_id")
        return self


class ScoresRequest(Body):
    """Some scores."""

    scores: Annotated[list[ScoreRequest], Field(min_length=1, max_length=500)]


@router.post("/api/projects/{project}/scores", status_code=201, **needs("score:write"))
async def create(project: str, body: ScoresRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Keep scores; answered once they are durable."""
    scores = [_score(one, project, actor, new_id=app.bench.ids.uuid7()) for one in body.scores]
    commit = await run_in_threadpool(write_scores, app.bench.lake, scores, masking=app.bench.masking)
    await commit.done()
    return {"ids": [one.id for one in scores]}


@router.get("/api/projects/{project}/traces/{trace}/scores", **needs("score:read"))
def of_trace(project: str, trace: Annotated[str, Path(pattern="^[0-9a-f]{32}$")], app: AppDep) -> dict[str, Any]:
    """List the scores of a trace and of its spans, oldest first."""
    return {"scores": [_json(one) for one in scores_of_trace(app.bench.lake, project, TraceId(trace))]}


def _score(given: ScoreRequest, project: str, actor: Actor, *, new_id: str) -> Score:
    score_id = given.id or new_id
    return Score(
        id=ScoreId(score_id),
        project=project,
        at_ns=(uuid.UUID(score_id).int >> 80) * 1_000_000,
        subject=_subject(given),
        name=given.name,
        scorer_kind=given.kind,
        scorer=actor.principal,
        value=given.value,
        label=given.label,
        direction=given.direction,
        explanation=given.explanation,
        trace_id=TraceId(given.trace_id) if given.trace_id else None,
    )


def _subject(given: ScoreRequest) -> Subject:
    if given.span_id is not None:
        return Subject(kind="span", id=given.span_id)
    if given.trace_id is not None:
        return Subject(kind="trace", id=given.trace_id)
    return Subject(kind="session", id=str(given.session_id))


def _json(score: Score) -> dict[str, Any]:
    return {
        "at": rfc3339(score.at_ns),
        "direction": score.direction,
        "explanation": score.explanation,
        "id": score.id,
        "kind": score.scorer_kind,
        "label": score.label,
        "name": score.name,
        "scorer": score.scorer,
        "subject": {"id": score.subject.id, "kind": score.subject.kind},
        "value": score.value,
    }
