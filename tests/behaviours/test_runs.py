"""Runs, on every database."""

from dataclasses import replace
from functools import partial

import pytest

from genyard.core.digest import digest_of_json
from genyard.core.errors import Conflict, NotFound
from genyard.core.ids import CountingIds, PrincipalId, RunId
from genyard.core.records import Artifact, Code, Reference, Run, RunEnd
from genyard.store import artifacts, names, runs
from genyard.store.engine import Database

SYSTEM = Reference(role="system", kind="system", digest=digest_of_json("system"))
DATASET = Reference(role="dataset", kind="dataset", digest=digest_of_json("dataset"))
REPORT = Reference(role="report", kind="blob", digest=digest_of_json("report"))
RUN = Run(
    id=RunId("0190"),
    project="acme",
    activity="evaluate",
    principal=PrincipalId("ana"),
    started_ns=1_750_000_000_000_000_001,
    parameters={"repeats": 3},
    inputs=(SYSTEM, DATASET),
    code=Code(commit="abc", diff=digest_of_json("diff")),
)
END = RunEnd(run=RUN.id, status="failed", ended_ns=2, outputs=(REPORT,), result={"n": 1}, error="NUL \0 and \x1b[31m")


def test_a_run_is_got_as_it_started_and_ended(database: Database) -> None:
    with database.write() as tx:
        runs.start(tx, RUN)
        assert runs.get(tx, "acme", RUN.id) == (RUN, None)
        runs.end(tx, END)
    with database.read() as tx:
        assert runs.get(tx, "acme", RUN.id) == (RUN, END)


def test_a_record_repeated_by_a_resumed_job_changes_nothing(database: Database) -> None:
    for _ in range(2):
        with database.write() as tx:
            runs.start(tx, RUN)
            runs.end(tx, END)
    with database.read() as tx:
        assert runs.listing(tx, "acme") == [(RUN, END)]


def test_a_run_starts_and_ends_in_one_way_only(database: Database) -> None:
    with database.write() as tx:
        runs.start(tx, RUN)
        runs.end(tx, END)
        with pytest.raises(Conflict, match="has started already"):
            runs.start(tx, replace(RUN, activity="tune"))
        with pytest.raises(Conflict, match="has ended already: failed"):
            runs.end(tx, replace(END, status="done"))


def test_what_never_started_cannot_end(database: Database) -> None:
    with pytest.raises(NotFound), database.write() as tx:
        runs.end(tx, END)


def test_projects_do_not_see_each_other(database: Database) -> None:
    with database.write() as tx:
        runs.start(tx, RUN)
        with pytest.raises(NotFound):
            runs.get(tx, "other", RUN.id)
        assert runs.listing(tx, "other") == []
        assert runs.touching(tx, "other", SYSTEM.digest) == []


def test_a_listing_is_read_in_pages_newest_first(database: Database, ids: CountingIds) -> None:
    made = [replace(RUN, id=RunId(ids.uuid7()), activity=activity) for activity in ("index", "tune", "tune", "tune")]
    with database.write() as tx:
        for run in made:
            runs.start(tx, run)
        first = runs.listing(tx, "acme", activity="tune", limit=2)
        rest = runs.listing(tx, "acme", activity="tune", limit=2, after=first[-1][0].id)
    assert [run for run, _ in first + rest] == made[:0:-1]


def test_touching_finds_runs_by_input_and_output(database: Database) -> None:
    later = replace(RUN, id=RunId("0191"), inputs=(REPORT,))
    with database.write() as tx:
        runs.start(tx, RUN)
        runs.end(tx, END)
        runs.start(tx, later)
        assert runs.touching(tx, "acme", REPORT.digest) == [(later, None), (RUN, END)]
        assert runs.touching(tx, "acme", SYSTEM.digest) == [(RUN, END)]
        assert runs.touching(tx, "acme", digest_of_json("unknown")) == []


def test_what_nobody_does_any_more_is_ended_as_interrupted_and_nothing_else(database: Database) -> None:
    cut = replace(RUN, id=RunId("0191"), project="other")
    with database.write() as tx:
        runs.start(tx, RUN)
        runs.end(tx, END)
        runs.start(tx, cut)
        for at_ns in (5, 6):
            runs.end_interrupted(tx, at_ns=at_ns)
    interrupted = RunEnd(run=cut.id, status="interrupted", ended_ns=5, error=runs.INTERRUPTED)
    with database.read() as tx:
        assert (runs.get(tx, "acme", RUN.id), runs.get(tx, "other", cut.id)) == ((RUN, END), (cut, interrupted))


def registered(database: Database, what: str, name: str) -> Reference:
    """Register a dataset under a name and return how a run refers to it."""
    artifact = Artifact(kind="dataset", body={"what": what})
    with database.write() as tx:
        artifacts.put(tx, "acme", artifact, at_ns=1, by=RUN.principal)
        names.add_version(tx, "acme", "dataset", name, artifact.digest, at_ns=1, by=RUN.principal)
    return Reference(role="dataset", kind="dataset", digest=artifact.digest)


def test_runs_that_made_versions_of_a_name_come_oldest_first_in_pages(database: Database) -> None:
    made = [registered(database, f"made {number}", "golden") for number in range(3)]
    other = registered(database, "other", "silver")
    with database.write() as tx:
        for number, reference in enumerate([*made, made[0], other]):
            run = replace(RUN, id=RunId(f"{number}"), activity="collect", inputs=())
            runs.start(tx, run)
            runs.end(tx, RunEnd(run=run.id, status="done", ended_ns=3, outputs=(reference,), result={}))
        runs.start(tx, replace(RUN, id=RunId("5"), activity="collect", inputs=(made[0],)))  # it read one and made none
        runs.start(tx, replace(RUN, id=RunId("6"), inputs=()))
        runs.end(tx, RunEnd(run=RunId("6"), status="done", ended_ns=3, outputs=(made[0],), result={}))
    with database.read() as tx:
        asked = partial(runs.that_made, tx, "acme", kind="dataset", name="golden", activity="collect")
        assert [run.id for run, _ in asked(limit=9)] == ["0", "1", "2", "3"]
        assert [run.id for run, _ in asked(limit=2, after=RunId("0"))] == ["1", "2"]
        assert runs.that_made(tx, "other", kind="dataset", name="golden", activity="collect", limit=9) == []


def test_a_run_that_begins_and_ends_at_once_is_recorded_whole(database: Database) -> None:
    with database.write() as tx:
        runs.done(
            tx,
            id=RUN.id,
            project="acme",
            activity="collect",
            by=RUN.principal,
            at_ns=7,
            inputs=(DATASET,),
            outputs=(REPORT,),
            result={"n": 1},
        )
    with database.read() as tx:
        run, end = runs.get(tx, "acme", RUN.id)
    assert run == Run(
        id=RUN.id, project="acme", activity="collect", principal=RUN.principal, started_ns=7, inputs=(DATASET,)
    )
    assert end == RunEnd(run=RUN.id, status="done", ended_ns=7, outputs=(REPORT,), result={"n": 1})
