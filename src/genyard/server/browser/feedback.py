"""What a person thinks of an answer: up or down, and why, from the page of its trace."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from genyard.core.ids import PrincipalId, ScoreId, TraceId
from genyard.core.records import Score, Subject
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.scores import scores_of_trace, write_scores
from genyard.server.browser.things import TraceText
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.links import Links
from genyard.store.lake import Lake

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

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
    """Keep what somebody thinks of a trace. Who thinks again changes it: a person has one opinion of an answer."""
    found = await run_in_threadpool(OneTrace.found, app.bench.lake, project, trace)
    earlier = await run_in_threadpool(_earlier, app.bench.lake, found, actor.principal)
    score = Score(
        # A score with the id and the time of another takes its place.
        id=earlier.id if earlier else ScoreId(app.bench.ids.uuid7()),
        project=project,
        at_ns=earlier.at_ns if earlier else app.bench.clock.now_ns(),
        subject=Subject(kind="trace", id=found.id),
        name=NAME,
        scorer_kind="person",
        scorer=actor.principal,
        value=float(thumbs == "up"),
        label=thumbs,
        explanation=comment.strip() or (earlier.explanation if earlier and earlier.label == thumbs else ""),
        trace_id=TraceId(found.id),
    )
    commit = await run_in_threadpool(write_scores, app.bench.lake, [score], masking=app.bench.masking)
    await commit.done()
    return RedirectResponse(Links(project).trace(found.id, tab="scores"), status_code=303)


def _earlier(lake: Lake, found: OneTrace, principal: PrincipalId) -> Score | None:
    """Return the newest judgement that somebody gave a trace here."""
    given = [
        one
        for one in scores_of_trace(lake, found.project, TraceId(found.id))
        if one.name == NAME and one.scorer == principal and one.subject == Subject(kind="trace", id=found.id)
    ]
    return given[-1] if given else None
