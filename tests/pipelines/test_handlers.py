"""The jobs by name: what a worker does with one, and that it stops when it is told to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.homes import PROJECT, checked_out, opened

from genyard.app import App
from genyard.core.canonical import Json
from genyard.core.errors import Cancelled, NotFound
from genyard.core.ids import JobId, PrincipalId
from genyard.jobs.port import Value
from genyard.pipelines.handlers import EVALUATE, INDEX, RELEASE, handlers
from genyard.store import names, runs


@dataclass
class Context:
    """A job that runs its steps at once, and is cancelled at the ``stops_at``-th look."""

    payload: Json
    principal: PrincipalId
    stops_at: int = 0
    project: str = PROJECT
    job_id: JobId = JobId("job")
    told: list[tuple[int, int | None, str]] = field(default_factory=list)
    looks: int = 0

    def step(self, name: str, fn: Callable[[], Value], *, retries: int = 0) -> Value:  # noqa: ARG002
        return fn()

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        self.told.append((done, total, note))

    def cancelled(self) -> bool:
        return self.looks == self.stops_at

    def check(self) -> None:
        self.looks += 1
        if self.cancelled():
            raise Cancelled("stopped")

    def wait_for_person(self, question: Json, timeout_s: float) -> Json:
        raise NotImplementedError


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path) as app:
        yield app


def job(app: App, **asked: Any) -> Context:
    payload = {"checkout": checked_out(app).digest, "system": "desk", **asked}
    return Context(payload=payload, principal=app.local.actor.principal)


def run(app: App, name: str, context: Context) -> Any:
    return handlers(app.bench)[name](context)


def test_an_index_is_built_once(app: App) -> None:
    first, again = (run(app, INDEX, job(app))["indexes"][0] for _ in range(2))
    assert (first["built"], again["built"], first["documents"]) == (True, False, 3)
    assert first["digest"] == again["digest"]


def test_a_cancelled_job_stops_building_its_index(app: App) -> None:
    context = job(app)
    context.stops_at = 2
    with pytest.raises(Cancelled):
        run(app, INDEX, context)
    assert len(context.told) == 1
    with app.bench.database.read() as tx:
        assert names.named(tx, PROJECT, "index") == []


def test_an_evaluation_keeps_its_run_and_tells_how_far_it_is(app: App) -> None:
    context = job(app)
    report = run(app, EVALUATE, context)
    evaluation = report["evaluations"][0]
    assert context.told[-1] == (1, 1, "desk on golden")
    with app.bench.database.read() as tx:
        kept, end = runs.get(tx, PROJECT, evaluation["run"])
    assert end is not None
    assert (kept.activity, end.status, end.result["metrics"]) == ("evaluate", "done", evaluation["metrics"])


def test_a_cancelled_evaluation_ends_its_run_as_cancelled(app: App) -> None:
    run(app, INDEX, job(app))
    context = job(app)
    context.stops_at = 1
    with pytest.raises(Cancelled):
        run(app, EVALUATE, context)
    with app.bench.database.read() as tx:
        ends = [end.status for _, end in runs.listing(tx, PROJECT) if end]
    assert ends == ["cancelled"]


def test_a_release_is_cut_once(app: App) -> None:
    first, again = (run(app, RELEASE, job(app)) for _ in range(2))
    assert (first["digest"], first["version"], first["new"]) == (again["digest"], again["version"], not again["new"])


@pytest.mark.parametrize("asked", [{"system": "desc"}, {"dataset": "goldn"}, {"checkout": "sha256:" + "0" * 64}])
def test_what_the_checkout_lacks_fails_the_job(app: App, asked: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        run(app, EVALUATE, job(app, **asked))
