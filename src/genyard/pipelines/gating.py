"""From a checkout to a verdict: evaluate what the gates name, and what serves now on the same cases, then judge."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from genyard.access.principals import Actor
from genyard.core.canonical import JsonObject
from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput
from genyard.core.figures import TOO_FEW
from genyard.core.records import RunEnd
from genyard.develop.checkouts import Checkout
from genyard.develop.code_scorers import make_scorer
from genyard.develop.datasets import Dataset
from genyard.develop.manifest_model import GateEntry
from genyard.develop.resolve import ResolvedSystem, Resolver
from genyard.develop.scorers import Scorer
from genyard.develop.systems import PromptStep, System
from genyard.evaluate.gates import Condition, Judged, gate_json, judge, nothing_serves, same_system
from genyard.evaluate.runner import Progress
from genyard.pipelines.evaluation import ACTIVITY, Evaluation, Plan, evaluate, seed_of
from genyard.pipelines.workbench import Workbench
from genyard.store import artifacts, names, runs

OnProgress = Callable[[int, int, str], None]
REPEATABLE = ("embedded", "scripted")
"""The providers whose models say the same to the same question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be judged: a system of a checkout, on all its datasets or on one."""

    project: str
    checkout: Checkout
    system: ResolvedSystem
    dataset: str | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evaluations of a system and the verdict on them."""

    evaluations: tuple[Evaluation, ...]
    gate: JsonObject
    replaces: Digest | None
    """The release that serves where a condition compares with, if one does."""


@dataclass(slots=True)
class _Course:
    bench: Workbench
    wanted: Wanted
    by: Actor
    on_progress: OnProgress
    check: Callable[[], None]
    done: dict[tuple[Digest, str], Evaluation] = field(default_factory=dict)
    datasets: dict[str, tuple[Dataset, int]] = field(default_factory=dict)

    def scorers(self) -> list[Scorer]:
        return [
            make_scorer(one.name, metric=one.metric, options=one.options)
            for one in self.wanted.checkout.manifest.metrics
        ]

    def dataset(self, name: str) -> tuple[Dataset, int]:
        if name not in self.datasets:
            self.datasets[name] = self.resolver().dataset(name)
        return self.datasets[name]

    def resolver(self) -> Resolver:
        wanted = self.wanted
        return Resolver(library=self.bench.library, project=wanted.project, checkout=wanted.checkout, by=self.by)

    def evaluation(self, system: Digest, name: str, dataset_name: str) -> Evaluation:
        key = (system, dataset_name)
        if key not in self.done:
            self.done[key] = self._evaluate(system, name, dataset_name)
        return self.done[key]

    def _evaluate(self, system: Digest, name: str, dataset_name: str) -> Evaluation:
        dataset, version = self.dataset(dataset_name)
        plan = Plan(
            project=self.wanted.project,
            system=system,
            system_name=self.wanted.system.name,
            dataset=dataset,
            dataset_version=version,
            scorers=self.scorers(),
            repeats=self.wanted.repeats or self._repeats(dataset_name),
        )

        def tell(at: Progress) -> None:
            failed = f", {at.failed} failed" if at.failed else ""
            self.on_progress(at.done, at.total, f"{name} on {dataset_name}{failed}")

        return evaluate(
            self.bench,
            plan,
            by=self.by,
            code=self.wanted.checkout.code,
            on_progress=tell,
            check=self.check,
        )

    def _repeats(self, dataset: str) -> int:
        return max([one.repeats for one in self.conditions() if one.on == dataset], default=1)

    def conditions(self) -> list[Condition]:
        wanted = self.wanted
        return [
            _condition(one)
            for one in wanted.checkout.manifest.gates
            if (wanted.dataset is None or one.on == wanted.dataset) and one.applies_to(wanted.system.name)
        ]


def _condition(entry: GateEntry) -> Condition:
    return Condition(
        metric=entry.metric,
        on=entry.on,
        kind=entry.kind,
        limit=entry.limit,
        against=entry.not_worse_than,
        alpha=entry.alpha,
        looks=entry.looks,
        repeats=entry.repeats,
    )


def gather(
    bench: Workbench,
    wanted: Wanted,
    *,
    by: Actor,
    on_progress: OnProgress,
    check: Callable[[], None],
) -> Evidence:
    """Evaluate what is wanted and judge it.

    Raises NotFound for a dataset that the checkout lacks, InvalidInput when it has none.
    """
    course = _Course(bench=bench, wanted=wanted, by=by, on_progress=on_progress, check=check)
    datasets = [wanted.dataset] if wanted.dataset else sorted(wanted.checkout.manifest.datasets)
    if not datasets:
        raise InvalidInput(
            "genyard.yaml names no dataset to evaluate on", hint="write datasets: {golden: data/golden.jsonl}"
        )
    system = wanted.system
    evaluations = tuple(course.evaluation(system.digest, system.name, dataset) for dataset in datasets)
    judged, replaces = _judged(course)
    return Evidence(evaluations=evaluations, gate=gate_json(judged), replaces=replaces)


def _judged(course: _Course) -> tuple[list[Judged], Digest | None]:
    judged: list[Judged] = []
    replaces: Digest | None = None
    for condition in course.conditions():
        serving = _serving(course, condition.against) if condition.against else None
        if serving:
            replaces = serving.release
        judged.append(_judge(course, condition, serving))
    return judged, replaces


def _judge(course: _Course, condition: Condition, serving: "_Serving | None") -> Judged:
    system = course.wanted.system
    if condition.against and serving is None:
        return nothing_serves(condition)
    if serving and serving.system == system.digest:
        return same_system(condition)
    own = course.evaluation(system.digest, system.name, condition.on)
    baseline = None
    if serving:
        other = course.evaluation(serving.system, f"{system.name}@{condition.against}", condition.on)
        baseline = other.rows(condition.metric)
    systems = [system.digest, serving.system] if serving else [system.digest]
    return judge(
        condition,
        next(one for one in course.scorers() if one.name == condition.metric),
        own.rows(condition.metric),
        baseline,
        look=_look(course, own),
        seed=seed_of(system.digest),
        repeatable=all(_is_repeatable(course, one) for one in systems),
    )


def _is_repeatable(course: _Course, system: Digest) -> bool:
    """Return whether asking a system again gives the same answers. A model elsewhere promises that for no parameter."""
    found = System.of(course.bench.library.artifact(course.wanted.project, system))
    return all(step.model.provider in REPEATABLE for step in found.steps if isinstance(step, PromptStep))


class _Serving(NamedTuple):
    release: Digest
    system: Digest


def _serving(course: _Course, environment: str) -> _Serving | None:
    with course.bench.database.read() as tx:
        move = names.alias(tx, course.wanted.project, course.wanted.system.name, environment)
        if move is None:
            return None
        release = artifacts.get(tx, course.wanted.project, move.digest)
    return _Serving(release.digest, release.part("system"))


def _look(course: _Course, evaluation: Evaluation) -> int:
    """Return which look at this system and dataset this is: each new draw of answers is one, in order of time.

    One of too few rows is none: no gate decides on so few, whatever they say.
    """
    plan = evaluation.plan
    draws: list[object] = []
    with course.bench.database.read() as tx:
        known = runs.touching(tx, plan.project, plan.system)
    for run, end in reversed(known):
        same = run.activity == ACTIVITY and run.parameters["dataset"] == plan.dataset.name
        if same and _is_look(end) and run.parameters["draw"] not in draws:
            draws.append(run.parameters["draw"])
    return draws.index(plan.draw()) + 1 if plan.draw() in draws else len(draws) + 1


def _is_look(end: RunEnd | None) -> bool:
    if end is None or end.status != "done":
        return False
    rows = end.result.get("rows")
    return not isinstance(rows, int) or rows >= TOO_FEW
