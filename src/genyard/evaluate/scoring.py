"""Scoring: every scorer on every answered case."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from genyard.core.digest import Digest
from genyard.core.ids import IdSource, RunId, ScoreId, TraceId
from genyard.core.records import Score, Subject
from genyard.develop.datasets import Row
from genyard.develop.scorers import Case, Scorer, ScoreValue
from genyard.evaluate.cases import Answered
from genyard.evaluate.statistics.cases import RepeatScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one scorer says of one answer."""

    metric: str
    row: Row
    answered: Answered
    score: ScoreValue

    def as_repeat(self) -> RepeatScore:
        """Return the row that the statistics take. Rows of one source are one cluster."""
        return RepeatScore(case=self.row.id, value=self.score.value, cluster=self.row.source or None)


def judge_all(
    rows: Mapping[str, Row], answers: Sequence[Answered], scorers: Sequence[Scorer]
) -> dict[str, list[Judgement]]:
    """Return the judgements by metric, in order of the answers. A failed case has no value."""
    return {
        scorer.name: [
            Judgement(metric=scorer.name, row=rows[one.key.row_id], answered=one, score=_score(scorer, rows, one))
            for one in answers
        ]
        for scorer in scorers
    }


def as_scores(
    judgements: Mapping[str, Sequence[Judgement]],
    scorers: Sequence[Scorer],
    *,
    project: str,
    dataset: Digest,
    system: Digest,
    run: RunId,
    at_ns: int,
    ids: IdSource,
) -> Iterator[Score]:
    """Yield the judgements as records for the lake. The subject is the dataset row."""
    for scorer in scorers:
        digest = scorer.artifact().digest
        for one in judgements[scorer.name]:
            yield Score(
                id=ScoreId(ids.uuid7()),
                project=project,
                at_ns=at_ns,
                subject=Subject(kind="row", id=f"{dataset}#{one.row.id}"),
                name=scorer.name,
                scorer_kind="code",
                scorer=digest,
                value=one.score.value,
                direction=scorer.direction,
                explanation=one.score.explanation,
                repeat=one.answered.key.repeat,
                run=run,
                trace_id=TraceId(one.answered.trace_id) if one.answered.trace_id else None,
                system=system,
            )


def _score(scorer: Scorer, rows: Mapping[str, Row], answered: Answered) -> ScoreValue:
    if answered.error:
        return ScoreValue(value=None, explanation=answered.error)
    row = rows[answered.key.row_id]
    return scorer.score(
        Case(
            inputs=row.inputs,
            expected=row.expected,
            answer=answered.text,
            retrieved=answered.documents,
            latency_s=answered.latency_s,
            cost_usd=answered.cost_usd,
        )
    )
