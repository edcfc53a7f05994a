"""Erasure in datasets: rows made from erased traces are tombstones in every version, and no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.govern.test_erasure import SECRET, SESSION, USER, erase, holding, keep, trace
from tests.homes import FILES, MANIFEST, PROJECT, checked_out, opened, resolver
from tests.store.lake_rows import Fields

from genyard.access import audit, projects
from genyard.app import App
from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.core.ids import RunId
from genyard.core.records import Artifact, Reference, Run, RunEnd
from genyard.develop.dataset_versions import dataset_version, erased_since, read_dataset
from genyard.develop.datasets import Dataset
from genyard.develop.trace_rows import Wish
from genyard.govern.erasure_requests import SubjectKind
from genyard.pipelines.collecting import Base, Collected, collect, uncollected
from genyard.store import artifacts, runs

TRACE = f"{1:032x}"
ROOT = f"{2:016x}"
ANSWER = "the planted answer 77b0"
RIGHT = "the planted correction c4c4"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path / "home") as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, PROJECT, by=app.local.actor, at_ns=1)
        keep(app, *asked(1, user_id=USER, conversation_id=SESSION), *asked(2, said="something else"))
        yield app


def asked(number: int, *, said: str = SECRET, **columns: str) -> list[Fields]:
    root, child = trace(number, said=said, **columns)
    words: Json = [{"role": "user", "parts": [{"type": "text", "content": said}]}]
    answer: Json = [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}]
    return [root | {"input_messages": words, "output_messages": answer}, child]


def add(app: App, *traces: str, name: str = "golden", given: str = "", base: Base | None = None) -> Collected:
    wish = Wish(expect="given" if given else "answer", given=given, with_user=True, with_session=True)
    return collect(app.bench, PROJECT, name, traces, wish=wish, by=app.local.actor, base=base)


def golden(app: App, version: int | None = None) -> Dataset:
    found = dataset_version(app.bench.library, PROJECT, "golden", version)
    return read_dataset(app.bench.library, PROJECT, found.digest, name="golden")


def answered(app: App, number: int, *, row: str, version: int) -> RunId:
    """Keep an evaluation that answered a row of a version in trace ``number``, and return its run."""
    run = RunId(app.bench.ids.uuid7())
    dataset = Reference(
        role="dataset", kind="dataset", digest=dataset_version(app.bench.library, PROJECT, "golden", version).digest
    )
    with app.bench.database.write() as tx:
        by = app.local.actor.principal
        runs.start(tx, Run(id=run, project=PROJECT, activity="evaluate", principal=by, started_ns=1, inputs=(dataset,)))
        runs.end(tx, RunEnd(run=run, status="done", ended_ns=2))
    keep(app, *[one | {"run_id": run, "row_id": row} for one in asked(number)])
    return run


@pytest.mark.parametrize(("kind", "value"), [("user", USER), ("session", SESSION), ("trace", TRACE)])
def test_no_file_of_the_home_holds_a_row_of_what_was_erased(app: App, kind: SubjectKind, value: str) -> None:
    row = add(app, TRACE, f"{2:032x}").outcomes[0].row
    assert row is not None
    add(app, TRACE, given=RIGHT)
    run = answered(app, 9, row=row.id, version=2)
    checked_out(app, files={**FILES, "data/golden.jsonl": golden(app).content.decode()})
    planted = [USER, SESSION, SECRET, RIGHT, TRACE]
    assert set(holding(app.home.path, *planted))
    looked = app.bench.erasures.look(PROJECT, kind, value)
    told = erase(app, kind, value)
    assert holding(app.home.path, *planted) == []
    assert (looked["rows"], told["rows"], told["traces"]) == (1, 1, 2)
    left = {version: golden(app, version) for version in (1, 2, 3)}
    assert [one.erased for one in left.values()] == [{row.id}] * 3
    assert [len(one.cases) for one in left.values()] == [1, 1, 1]
    with app.bench.database.read() as tx:
        old, new = (dataset_version(app.bench.library, PROJECT, "golden", at).digest for at in (2, 3))
        assert (erased_since(tx, PROJECT, old), erased_since(tx, PROJECT, new)) == (1, 0)
        assert runs.get(tx, PROJECT, run)[1] is not None
        assert audit.verify(tx, PROJECT).whole
    datasets = told["datasets"]
    assert isinstance(datasets, dict)
    assert datasets[old] == new


def test_what_an_index_is_made_of_is_not_read(app: App) -> None:
    blobs = app.bench.library.blobs(PROJECT)
    big = blobs.put(b"an index of gigabytes")
    index = Artifact(kind="index", body={}, references=(Reference(role="index", kind="blob", digest=big),))
    with app.bench.database.write() as tx:
        artifacts.put(tx, PROJECT, index, at_ns=1, by=app.local.actor.principal)
    path = blobs.local_path(big)
    path.chmod(0o600)
    path.write_bytes(b"damaged: whoever reads it fails")
    add(app, TRACE)
    checked_out(app, files={**FILES, "data/golden.jsonl": golden(app).content.decode() + "\n"})
    assert erase(app, "user", USER)["rows"] == 1
    assert holding(app.home.path, SECRET) == []


def test_what_was_erased_does_not_come_back(app: App) -> None:
    row = add(app, TRACE, f"{2:032x}").outcomes[0].row
    assert row is not None
    text = golden(app).content.decode()
    erase(app, "user", USER)
    with pytest.raises(InvalidInput, match="still has the text of 1 erased row") as refused:
        resolver(app, files={**FILES, "data/golden.jsonl": text}).dataset("golden")
    assert "genyard dataset pull golden" in refused.value.hint
    assert holding(app.home.path, SECRET) == []
    keep(app, *asked(1))
    assert [one.state for one in add(app, TRACE).outcomes] == ["refused"]
    told, _ = uncollected(app.bench, PROJECT, "golden", limit=9)
    assert [(one.row.id, one.row.erased) for one in told if one.row.erased] == [(row.id, True)]


def test_a_file_with_tombstones_is_a_dataset_of_what_is_left(app: App) -> None:
    add(app, TRACE, f"{2:032x}")
    erase(app, "user", USER)
    text = golden(app).content.decode()
    dataset, version = resolver(app, files={**FILES, "data/golden.jsonl": text}).dataset("golden")
    assert (len(dataset.cases), len(dataset.rows), version) == (1, 2, 2)
    nothing = "".join(line for line in text.splitlines(keepends=True) if "erased" in line)
    with pytest.raises(InvalidInput, match="all were erased"):
        resolver(app, files={**FILES, "data/golden.jsonl": nothing}).dataset("golden")


def test_a_row_goes_by_its_trace_when_the_trace_is_long_gone(app: App) -> None:
    add(app, TRACE, f"{2:032x}")
    app.bench.upkeep.drop_days(PROJECT, before="2026-01-01")
    told = erase(app, "trace", TRACE)
    assert (told["traces"], told["rows"]) == (0, 1)
    assert holding(app.home.path, SECRET) == []


def test_rows_of_others_and_other_projects_stay(app: App) -> None:
    add(app, TRACE, f"{2:032x}")
    schema = MANIFEST.replace("{golden: data/golden.jsonl}", "{golden: data/golden.jsonl, other: data/golden.jsonl}")
    other, _ = resolver(app, manifest=schema).dataset("other")
    erase(app, "user", USER)
    assert read_dataset(app.bench.library, PROJECT, other.artifact().digest) == Dataset.of(
        other.artifact(), app.bench.library.blobs(PROJECT)
    )
    assert golden(app).cases[0].inputs == {"question": "something else"}
