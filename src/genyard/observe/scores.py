"""Scores in the lake: written by whoever judges, read by subject, run or trace."""

from collections import defaultdict
from collections.abc import Iterable
from typing import cast

from genyard.core.canonical import Json
from genyard.core.digest import Digest
from genyard.core.ids import RunId, ScoreId, TraceId
from genyard.core.records import Direction, Score, ScorerKind, Subject, SubjectKind
from genyard.observe.masking.port import RowMasking
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rows import Row
from genyard.store.wal import Commit


def write_scores(lake: Lake, scores: Iterable[Score], *, masking: RowMasking) -> Commit:
    """Hand scores over, masked; the commit says when they are durable. Raises InvalidInput, StorageFull, TooLarge."""
    by_project: defaultdict[str, list[Row]] = defaultdict(list)
    for one in scores:
        by_project[one.project].append(_row(one))
    # Scores have no column for what was repaired, so nothing is flagged.
    rows = [row for project, some in by_project.items() for row in masking.mask_rows(project, some, flag=False)]
    return lake.append("scores", rows)


def scores_of_subject(
    lake: Lake, project: str, subject: Subject, *, since_ns: int = 0, until_ns: int = EVER_NS
) -> list[Score]:
    """Return the scores of one subject, oldest first."""
    values = {"kind": subject.kind, "id": subject.id}
    return _scores(lake, project, "subject_kind = $kind AND subject_id = $id", values, since_ns, until_ns)


def scores_of_run(lake: Lake, project: str, run: RunId, *, since_ns: int = 0, until_ns: int = EVER_NS) -> list[Score]:
    """Return the scores that a run wrote, oldest first."""
    return _scores(lake, project, "run_id = $run", {"run": run}, since_ns, until_ns)


def scores_of_trace(
    lake: Lake, project: str, trace_id: TraceId, *, since_ns: int = 0, until_ns: int = EVER_NS
) -> list[Score]:
    """Return the scores of a trace and of what was answered in it, oldest first."""
    return _scores(lake, project, "trace_id = $trace", {"trace": trace_id}, since_ns, until_ns)


def _scores(lake: Lake, project: str, where: str, values: dict[str, str], since_ns: int, until_ns: int) -> list[Score]:
    rows = lake.query(
        f"SELECT * FROM scores WHERE {where} ORDER BY at_ns, score_id",
        table="scores",
        project=project,
        since_ns=since_ns,
        until_ns=until_ns,
        parameters=values,
    )
    return [_score(cast("dict[str, Json]", row)) for row in rows]


def _row(score: Score) -> dict[str, Json]:
    return {
        "project": score.project,
        "score_id": score.id,
        "at_ns": score.at_ns,
        "subject_kind": score.subject.kind,
        "subject_id": score.subject.id,
        "name": score.name,
        "scorer_kind": score.scorer_kind,
        "scorer": score.scorer,
        "value": score.value,
        "label": score.label or None,
        "direction": score.direction,
        "repeat": score.repeat,
        "cost_usd": score.cost_usd,
        "sampling": score.sampling,
        "run_id": score.run,
        "trace_id": score.trace_id,
        "release": score.release,
        "system": score.system,
        "explanation": score.explanation or None,
    }


def _score(row: dict[str, Json]) -> Score:
    subject = Subject(kind=cast("SubjectKind", row["subject_kind"]), id=str(row["subject_id"]))
    return Score(
        id=ScoreId(str(row["score_id"])),
        project=str(row["project"]),
        at_ns=cast("int", row["at_ns"]),
        subject=subject,
        name=str(row["name"]),
        scorer_kind=cast("ScorerKind", row["scorer_kind"]),
        scorer=str(row["scorer"]),
        value=cast("float | None", row["value"]),
        label=str(row["label"] or ""),
        direction=cast("Direction", row["direction"]),
        explanation=str(row["explanation"] or ""),
        repeat=cast("int", row["repeat"]),
        cost_usd=cast("float | None", row["cost_usd"]),
        sampling=str(row["sampling"]),
        run=cast("RunId | None", row["run_id"]),
        trace_id=cast("TraceId | None", row["trace_id"]),
        release=cast("Digest | None", row["release"]),
        system=cast("Digest | None", row["system"]),
    )
