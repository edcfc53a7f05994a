"""What a person thinks of an answer: up or down, and why, from the page of its trace."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from genyard.core.ids import ScoreId, TraceId
from genyard.core.records import Score, Subject
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.scores import write_scores
from genyard.server.browser.things import TraceText
from genyard.server.guard import ActorDep, AppDep, needs
from genyard.server.pages.links import Links

router = APIRouter(include_in_schema=False)

NAME = "feedback"
"""The score's name, as ``genyard.feedback`` gives it."""


@router.post("/p/{project}/traces/{trace}/feedback", **needs("score:write"))
async def give(
    project: str,
    trace: TraceText,
    app: AppDep,
    actor: ActorDep,
    thumbs: Annotated[Literal["up", "down"], Form()],
    comment: Annotated[str, Form(max_length=20_000)] = "",
) -> RedirectResponse:
    """Keep what somebody thinks of a trace. Each time is a score of its own: people change their minds."""
    found = await run_in_threadpool(OneTrace.found, app.bench.lake, project, trace)
    score = Score(
        id=ScoreId(app.bench.ids.uuid7()),
        project=project,
        at_ns=app.bench.clock.now_ns(),
        subject=Subject(kind="trace", id=found.id),
        name=NAME,
        scorer_kind="person",
        scorer=actor.principal,
        value=float(thumbs == "up"),
        label=thumbs,
        explanation=comment.strip(),
        trace_id=TraceId(found.id),
    )
    commit = await run_in_threadpool(write_scores, app.bench.lake, [score], masking=app.bench.masking)
    await commit.done()
    return RedirectResponse(Links(project).trace(found.id, tab="scores"), status_code=303)
