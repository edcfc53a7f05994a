"""Runs: one row when an activity starts and one when it ends. Neither is ever changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, select

from genyard.core.canonical import JsonObject
from genyard.core.digest import Digest
from genyard.core.errors import Conflict, NotFound
from genyard.core.ids import PrincipalId, RunId
from genyard.core.records import Code, Reference, Run, RunEnd
from genyard.store.dialects import insert_new
from genyard.store.schema import names, run_ends, run_references, runs

INTERRUPTED = "the process that did it ended before it did"

Direction = Literal["input", "output"]
_Edges = Mapping[tuple[str, str], tuple[Reference, ...]]


def start(tx: Connection, run: Run) -> None:
    """Record that ``run`` started. The same record again changes nothing, so that a resumed job may repeat it.

    Raises Conflict when another run has its id.
    """
    body: JsonObject = {"parameters": run.parameters} | ({"code": run.code.as_json()} if run.code else {})
    row = {
        "id": run.id,
        "project": run.project,
        "activity": run.activity,
        "principal": run.principal,
        "started_ns": run.started_ns,
        "body": body,
    }
    if insert_new(tx, runs, row):
        _add_references(tx, run.id, run.project, "input", run.inputs)
    elif get(tx, run.project, run.id)[0] != run:
        raise Conflict(f"run {run.id} has started already, as another activity or at another time")


def end(tx: Connection, end: RunEnd) -> None:
    """Record how a run ended. The same record again changes nothing.

    Raises NotFound for a run that never started and Conflict when it ended in another way.
    """
    project = tx.execute(select(runs.c.project).where(runs.c.id == end.run)).scalar()
    if project is None:
        raise NotFound(f"no run {end.run}")
    body: JsonObject = {"error": end.error, "result": end.result}
    row = {"run": end.run, "status": end.status, "ended_ns": end.ended_ns, "body": body}
    if insert_new(tx, run_ends, row):
        _add_references(tx, end.run, project, "output", end.outputs)
    elif (present := get(tx, project, end.run)[1]) != end:
        raise Conflict(f"run {end.run} has ended already: {present.status if present else 'unknown'}")


def done(
    tx: Connection,
    *,
    id: RunId,
    project: str,
    activity: str,
    by: PrincipalId,
    at_ns: int,
    inputs: tuple[Reference, ...],
    outputs: tuple[Reference, ...],
    parameters: JsonObject | None = None,
    result: JsonObject | None = None,
) -> None:
    """Record a run that began and ended in this transaction: what it made is there with it, or neither is."""
    run = Run(
        id=id,
        project=project,
        activity=activity,
        principal=by,
        started_ns=at_ns,
        parameters=parameters or {},
        inputs=inputs,
    )
    start(tx, run)
    end(tx, RunEnd(run=id, status="done", ended_ns=at_ns, outputs=outputs, result=result or {}))


def end_interrupted(tx: Connection, *, at_ns: int) -> None:
    """End every run that has no end, as interrupted. For who is alone with the catalog and begins: nobody does them.

    A job that is taken up again does its work as a run of its own.
    """
    unended = select(runs.c.id).outerjoin(run_ends, run_ends.c.run == runs.c.id).where(run_ends.c.run.is_(None))
    for run in tx.execute(unended).scalars().all():
        end(tx, RunEnd(run=RunId(run), status="interrupted", ended_ns=at_ns, error=INTERRUPTED))


def get(tx: Connection, project: str, id: RunId) -> tuple[Run, RunEnd | None]:
    """Return a run and, once it has ended, how. Raises NotFound."""
    found = _load(tx, _joined(project).where(runs.c.id == id))
    if not found:
        raise NotFound(f"no run {id} in project {project}", hint="genyard runs lists them")
    return found[0]


def listing(
    tx: Connection, project: str, *, activity: str | None = None, limit: int = 50, after: RunId | None = None
) -> list[tuple[Run, RunEnd | None]]:
    """Return the newest runs first; ``after`` is the last id of the page before."""
    query = _joined(project)
    if activity is not None:
        query = query.where(runs.c.activity == activity)
    if after is not None:
        query = query.where(runs.c.id < after)
    return _load(tx, query.order_by(runs.c.id.desc()).limit(limit))


def touching(tx: Connection, project: str, digest: Digest) -> list[tuple[Run, RunEnd | None]]:
    """Return the runs that read or made ``digest``, the newest first."""
    edges = run_references
    touched = select(edges.c.run).where(edges.c.project == project, edges.c.digest == digest)
    return _load(tx, _joined(project).where(runs.c.id.in_(touched)).order_by(runs.c.id.desc()))


def that_made(
    tx: Connection, project: str, *, kind: str, name: str, activity: str, limit: int, after: RunId | None = None
) -> list[tuple[Run, RunEnd]]:
    """Return runs of an activity that made a version of ``kind/name``, the oldest first, from behind ``after`` on."""
    versions = select(names.c.digest).where(names.c.project == project, names.c.kind == kind, names.c.name == name)
    edges = run_references
    made = select(edges.c.run).where(
        edges.c.project == project, edges.c.direction == "output", edges.c.digest.in_(versions)
    )
    query = _joined(project).where(runs.c.activity == activity, runs.c.id.in_(made), run_ends.c.run.is_not(None))
    if after is not None:
        query = query.where(runs.c.id > after)
    found = _load(tx, query.order_by(runs.c.id).limit(limit))
    return [(run, end) for run, end in found if end is not None]


def _add_references(
    tx: Connection, run: RunId, project: str, direction: Direction, references: Sequence[Reference]
) -> None:
    rows = [
        {
            "run": run,
            "direction": direction,
            "position": position,
            "project": project,
            "role": one.role,
            "kind": one.kind,
            "digest": one.digest,
        }
        for position, one in enumerate(references)
    ]
    if rows:
        tx.execute(run_references.insert(), rows)


def _joined(project: str) -> Select[Any]:
    ended = (run_ends.c.status, run_ends.c.ended_ns, run_ends.c.body.label("end_body"))
    return select(runs, *ended).outerjoin(run_ends, run_ends.c.run == runs.c.id).where(runs.c.project == project)


def _load(tx: Connection, query: Select[Any]) -> list[tuple[Run, RunEnd | None]]:
    rows = tx.execute(query).all()
    edges = _references(tx, [row.id for row in rows])
    return [(_run(row, edges), _end(row, edges)) for row in rows]


def _references(tx: Connection, ids: Iterable[RunId]) -> _Edges:
    query = select(run_references).where(run_references.c.run.in_(ids)).order_by(run_references.c.position)
    found: defaultdict[tuple[str, str], tuple[Reference, ...]] = defaultdict(tuple)
    for row in tx.execute(query):
        found[row.run, row.direction] += (Reference(role=row.role, kind=row.kind, digest=row.digest),)
    return found


def _run(row: Row[Any], edges: _Edges) -> Run:
    code = row.body.get("code")
    return Run(
        id=row.id,
        project=row.project,
        activity=row.activity,
        principal=row.principal,
        started_ns=row.started_ns,
        parameters=row.body["parameters"],
        inputs=edges.get((row.id, "input"), ()),
        code=Code(commit=code["commit"], diff=code.get("diff")) if code else None,
    )


def _end(row: Row[Any], edges: _Edges) -> RunEnd | None:
    if row.status is None:
        return None
    return RunEnd(
        run=row.id,
        status=row.status,
        ended_ns=row.ended_ns,
        outputs=edges.get((row.id, "output"), ()),
        result=row.end_body["result"],
        error=row.end_body["error"],
    )
