"""How a job lies in a row of the workflow library: the names in it, and how it is read back."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.core.ids import JobId, PrincipalId
from genyard.jobs.port import Job, JobError, JobState, Progress, Question

if TYPE_CHECKING:
    from dbos import WorkflowStatus

JOB: Final = "genyard.job"
TICK: Final = "genyard.tick"
WAKE: Final = "genyard.wake"
TIMERS: Final = "genyard.timers"
"""The queue of ticks and wakes: they take milliseconds and must not stand behind long jobs."""

STATUSES: Final[Mapping[JobState, list[str]]] = {
    "queued": ["ENQUEUED", "DELAYED"],
    "running": ["PENDING"],
    "waiting": ["CANCELLED"],
    "done": ["SUCCESS"],
    "failed": ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
    "cancelled": ["CANCELLED"],
}
_STATES: Final[Mapping[str, JobState]] = {
    status: state for state, statuses in STATUSES.items() for status in statuses if state != "waiting"
}


def plain_json(value: object, *, what: str) -> Any:
    """Return a copy of ``value`` as it reads back from JSON. Raises InvalidInput when it has no JSON form."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{what} has no JSON form: {error}") from error
    return json.loads(text)


# The values of attributes are JSON texts in ASCII, because PostgreSQL's jsonb refuses U+0000 and reorders keys.
def packed(value: Json) -> str:
    return json.dumps(value)


def unpacked(attributes: Mapping[str, Any], key: str) -> Any:
    """Return the attribute ``key``, or None."""
    text = attributes.get(key)
    return None if text is None else json.loads(text)


def attributes_of(row: "WorkflowStatus") -> Mapping[str, Any]:
    return row.attributes or {}


def reply_of(attributes: Mapping[str, Any], wait: int) -> dict[str, Json] | None:
    """Return ``{"reply": …}`` for the wait of this number: None as the reply where time ran out, None where neither."""
    answer = attributes.get(f"answer:{wait}")
    if answer is not None:
        return {"reply": json.loads(answer)}
    return {"reply": None} if attributes.get(f"timeout:{wait}") else None


def state_of(row: "WorkflowStatus") -> JobState:
    """Return a job's state.

    A cancelled row that nobody cancelled gave its place up: to wait, or for the moment until it is put back because
    its reply came just then.
    """
    state = _STATES[row.status]
    attributes = attributes_of(row)
    if state == "cancelled" and not attributes.get("cancelled"):
        return "waiting" if attributes.get("waiting") else "queued"
    return state


def job_of(row: "WorkflowStatus") -> Job:
    attributes = attributes_of(row)
    state = state_of(row)
    waiting = unpacked(attributes, "waiting") if state == "waiting" else None
    progress = unpacked(attributes, "progress")
    return Job(
        id=JobId(row.workflow_id),
        name=attributes.get("name", ""),
        project=row.authenticated_user or "",
        principal=PrincipalId(attributes.get("principal", "")),
        queue=attributes.get("queue", ""),
        input=_input(row),
        state=state,
        result=row.output if state == "done" else None,
        error=_error(row) if state == "failed" else None,
        created_ns=_ns(row.created_at) or 0,
        started_ns=_ns(row.dequeued_at),
        ended_ns=_ns(row.completed_at) if state in ("done", "failed", "cancelled") else None,
        attempts=row.recovery_attempts or 0,
        waiting_for=Question(ask=waiting["ask"], until_ns=waiting["until_ns"]) if waiting else None,
        progress=Progress(**progress) if progress else None,
    )


def _ns(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds * 1_000_000


def _input(row: "WorkflowStatus") -> Json:
    # An input that could not be read is left as text by the library; it is shown as it is.
    if not isinstance(row.input, Mapping):
        return row.input
    payload: Json = row.input["args"][1]
    return payload


def _error(row: "WorkflowStatus") -> JobError:
    error = row.error
    if error is None:
        return JobError(
            code="internal",
            message=f"the worker died {row.recovery_attempts} times while it did this job",
            hint="look into the worker's log, then resume the job",
        )
    data = getattr(error, "data", None) or {}
    return JobError(
        code=str(getattr(error, "code", None) or "internal"),
        message=str(error),
        hint=str(data.get("hint", "")),
    )
