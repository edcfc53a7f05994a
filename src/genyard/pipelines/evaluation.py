"""Evaluate a system on a dataset: answer every case, score it, keep the scores, report the figures.

What was answered before is taken from the spans of earlier runs of the same system. An evaluation of the same system,
dataset, metrics and repeats that is done already is not made again: its figures are read back.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from genyard.access.principals import Actor
from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest, digest_of_json
from genyard.core.errors import Cancelled
from genyard.core.ids import RunId
from genyard.core.records import Code, Reference, Run, RunEnd
from genyard.develop.answer import Runnable, Runtime, answer, whole_answer
from genyard.develop.answer_spans import Stamps
from genyard.develop.datasets import Dataset
from genyard.develop.scorers import Scorer
from genyard.evaluate.cases import Answered, CaseKey, Question
from genyard.evaluate.report import report, rows_of
from genyard.evaluate.runner import Progress, run_cases
from genyard.evaluate.scoring import Judgement, as_scores, judge_all
from genyard.evaluate.statistics.cases import CaseScore
from genyard.observe.scores import write_scores
from genyard.pipelines.earlier import earlier_answers
from genyard.pipelines.workbench import Workbench
from genyard.store import runs

ACTIVITY = "evaluate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is evaluated: everything by digest, so that the same plan has the same outcome."""

    project: str
    system: Digest
    system_name: str
    dataset: Dataset
    dataset_version: int
    scorers: Sequence[Scorer]
    repeats: int

    def digest(self) -> Digest:
        """Return what identifies the whole evaluation."""
        metrics = {scorer.name: scorer.artifact().digest for scorer in self.scorers}
        return digest_of_json({"draw": self.draw(), "metrics": metrics, "system": self.system})

    def draw(self) -> Digest:
        """Return what identifies the answers drawn: another dataset content or more repeats are another look."""
        return digest_of_json({"dataset": self.dataset.artifact().digest, "repeats": self.repeats})


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """An evaluation that is done."""

    run: RunId
    plan: Plan
    answers: Sequence[Answered]
    judgements: Mapping[str, Sequence[Judgement]]
    reused: int
    """How many answers were there before this run."""
    ended_ns: int

    @property
    def failed(self) -> int:
        return sum(1 for one in self.answers if one.error)

    def _errors(self) -> list[Json]:
        """Return why cases failed, the commonest reasons first."""
        counted = Counter(one.error for one in self.answers if one.error).most_common(3)
        return [{"count": count, "message": message} for message, count in counted]

    def rows(self, metric: str) -> tuple[CaseScore, ...]:
        """Return one row a case for a metric."""
        return rows_of(self.judgements[metric])

    @cached_property
    def metrics_json(self) -> list[Json]:
        """Each metric with its interval and the dataset it is of. Kept, because intervals may take resampling."""
        where: dict[str, Json] = {"dataset": self.plan.dataset.name, "dataset_version": self.plan.dataset_version}
        seed = seed_of(self.plan.system)
        return [
            where | dict(one.as_json())
            for scorer in self.plan.scorers
            for one in report(scorer, self.judgements[scorer.name], repeats=self.plan.repeats, seed=seed)
        ]

    def as_json(self) -> JsonObject:
        """Return the figures, as the report of a run shows them."""
        return {
            "cases": {
                "errors": self._errors(),
                "failed": self.failed,
                "reused": self.reused,
                "total": len(self.answers),
            },
            "dataset": self.plan.dataset.name,
            "dataset_digest": self.plan.dataset.artifact().digest,
            "dataset_version": self.plan.dataset_version,
            "metrics": self.metrics_json,
            "repeats": self.plan.repeats,
            "rows": len(self.plan.dataset.cases),
            "run": self.run,
            "system": self.plan.system,
        }


def seed_of(system: Digest) -> int:
    """Return the seed of every resampling on a system, so that a re-run gives the same digits."""
    return int(system.removeprefix("sha256:")[:8], 16)


def evaluate(
    bench: Workbench,
    plan: Plan,
    *,
    by: Actor,
    code: Code | None,
    on_progress: Callable[[Progress], None],
    check: Callable[[], None],
) -> Evaluation:
    """Carry out ``plan`` and keep its run, spans and scores. Call it off the event loop: it has one of its own.

    Raises InvalidInput for a row that the system cannot take, and what ``check`` raises to stop it.
    """
    questions = _questions(plan)
    earlier = earlier_answers(bench, plan.project, plan.system, questions)
    before = _done_before(bench, plan, questions, earlier)
    if before is not None:
        return before
    run = _start(bench, plan, by=by, code=code)
    try:
        answers = asyncio.run(_answers(bench, plan, run, questions, earlier, on_progress=on_progress, check=check))
        judgements = _judged(plan, answers)
        _keep_scores(bench, plan, run, judgements)
    except BaseException as error:
        failed = isinstance(error, Exception) and not isinstance(error, Cancelled)
        status: Literal["cancelled", "failed"] = "failed" if failed else "cancelled"
        _end(bench, RunEnd(run=run.id, status=status, ended_ns=bench.clock.now_ns(), error=str(error)))
        raise
    reused = sum(1 for one in answers if one.key in earlier)
    done = Evaluation(
        run=run.id, plan=plan, answers=answers, judgements=judgements, reused=reused, ended_ns=bench.clock.now_ns()
    )
    _end(bench, RunEnd(run=run.id, status="done", ended_ns=done.ended_ns, result=done.as_json()))
    return done


def _questions(plan: Plan) -> list[Question]:
    return [
        Question(row_id=row.id, inputs=row.inputs, inputs_digest=digest_of_json(row.inputs))
        for row in plan.dataset.cases
    ]


def _judged(plan: Plan, answers: Sequence[Answered]) -> dict[str, list[Judgement]]:
    return judge_all({row.id: row for row in plan.dataset.cases}, answers, plan.scorers)


def _done_before(
    bench: Workbench, plan: Plan, questions: Sequence[Question], earlier: Mapping[CaseKey, Answered]
) -> Evaluation | None:
    """Return the same plan's evaluation from an earlier run, where its answers are all there still.

    Scorers of code judge a stored answer as they judged it first, so its scores are computed again, not read.
    """
    keys = [question.key(repeat) for question in questions for repeat in range(plan.repeats)]
    answers = [found for key in keys if (found := earlier.get(key)) is not None]
    if len(answers) < len(keys):
        return None
    wanted = plan.digest()
    with bench.database.read() as tx:
        known = runs.touching(tx, plan.project, plan.system)
    for run, end in known:
        if end is not None and end.status == "done" and run.parameters.get("plan") == wanted:
            return Evaluation(
                run=run.id,
                plan=plan,
                answers=answers,
                judgements=_judged(plan, answers),
                reused=len(answers),
                ended_ns=end.ended_ns,
            )
    return None


async def _answers(
    bench: Workbench,
    plan: Plan,
    run: Run,
    questions: Sequence[Question],
    earlier: Mapping[CaseKey, Answered],
    *,
    on_progress: Callable[[Progress], None],
    check: Callable[[], None],
) -> list[Answered]:
    runnable = bench.library.runnable(plan.project, plan.system)
    async with bench.runtime() as runtime:
        return await run_cases(
            questions,
            repeats=plan.repeats,
            concurrency=bench.settings.eval_concurrency,
            ask=_asker(bench, plan, runnable, runtime, run),
            earlier=earlier,
            on_progress=on_progress,
            check=check,
        )


def _asker(
    bench: Workbench, plan: Plan, runnable: Runnable, runtime: Runtime, run: Run
) -> Callable[[Question, int], Awaitable[Answered]]:
    async def ask(question: Question, repeat: int) -> Answered:
        stamps = Stamps(project=plan.project, run_id=run.id, row_id=question.row_id, repeat=repeat)
        said = await whole_answer(answer(runnable, question.inputs, runtime=runtime, stamps=stamps))
        await bench.tracing.committed(said.span_id)
        return Answered(
            key=question.key(repeat),
            text=said.text,
            documents=tuple(source.document for source in said.sources),
            latency_s=said.latency_s,
            cost_usd=said.cost_usd,
            trace_id=said.trace_id,
        )

    return ask


def _start(bench: Workbench, plan: Plan, *, by: Actor, code: Code | None) -> Run:
    run = Run(
        id=RunId(bench.ids.uuid7()),
        project=plan.project,
        activity=ACTIVITY,
        principal=by.principal,
        started_ns=bench.clock.now_ns(),
        code=code,
        parameters={
            "dataset": plan.dataset.name,
            "draw": plan.draw(),
            "metrics": [scorer.name for scorer in plan.scorers],
            "plan": plan.digest(),
            "repeats": plan.repeats,
            "system": plan.system_name,
        },
        inputs=(
            Reference(role="system", kind="system", digest=plan.system),
            Reference(role="dataset", kind="dataset", digest=plan.dataset.artifact().digest),
        ),
    )
    with bench.database.write() as tx:
        runs.start(tx, run)
    return run


def _keep_scores(bench: Workbench, plan: Plan, run: Run, judgements: Mapping[str, Sequence[Judgement]]) -> None:
    scores = as_scores(
        judgements,
        plan.scorers,
        project=plan.project,
        dataset=plan.dataset.artifact().digest,
        system=plan.system,
        run=run.id,
        at_ns=bench.clock.now_ns(),
        ids=bench.ids,
    )
    write_scores(bench.lake, list(scores), masking=bench.masking).wait()


def _end(bench: Workbench, end: RunEnd) -> None:
    with bench.database.write() as tx:
        runs.end(tx, end)
