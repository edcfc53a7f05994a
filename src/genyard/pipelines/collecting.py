"""Traces into a dataset: rows made of what was asked, and a new version of the dataset that has them.

``docs/design/datasets.md`` has the invariant, and where a crash may fall.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from genyard.access.principals import Actor
from genyard.access.publish import publish
from genyard.core.canonical import JsonObject
from genyard.core.errors import Conflict, GenyardError
from genyard.core.ids import RunId, TraceId
from genyard.core.records import Reference
from genyard.core.refs import check_name
from genyard.develop.dataset_versions import newest_dataset, read_dataset
from genyard.develop.datasets import Dataset, Row, parse_dataset
from genyard.develop.trace_rows import Wish, corrected, row_of_trace
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.scores import scores_of_trace
from genyard.pipelines.workbench import Workbench
from genyard.store import names, runs
from genyard.store.names import Version

COLLECT = "collect"
State = Literal["added", "corrected", "unchanged", "refused"]
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one trace. ``row`` is None where it was refused; ``why`` then says the reason."""

    asked: str
    state: State
    row: Row | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """``version`` is None for a preview, and where nothing was to be changed in a dataset that is not there."""

    outcomes: tuple[Outcome, ...]
    version: Version | None
    repeated: int
    """How many of the new rows ask what another row asks already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A row as it is now, and as it was before it was changed here (None: it was new)."""

    row: Row
    before: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The rows that others are added to: of the user's file, or of the newest version (None: the name is new)."""

    dataset: Dataset
    newest: Version | None
    from_file: bool = False


def collect(
    bench: Workbench,
    project: str,
    name: str,
    traces: Sequence[str],
    *,
    wish: Wish,
    by: Actor,
    base: Base | None = None,
    preview: bool = False,
) -> Collected:
    """Add the rows of ``traces`` (``TRACE`` or ``TRACE:SPAN``) to a dataset. The same trace again changes nothing.

    Without ``base`` they come to the newest version. Raises InvalidInput for a row that the dataset's schema does not
    take, Conflict where others change it all the time or an erasure is under way. A trace that cannot be a row is told
    of, and refuses no other.
    """
    check_name(name)
    wish = _masked(bench, project, wish)
    with bench.erasures.kept_away():
        return _collected(bench, project, name, traces, wish=wish, by=by, base=base, preview=preview)


def _collected(
    bench: Workbench,
    project: str,
    name: str,
    traces: Sequence[str],
    *,
    wish: Wish,
    by: Actor,
    base: Base | None,
    preview: bool,
) -> Collected:
    made = [_made(bench, project, one, wish) for one in dict.fromkeys(traces)]
    for _ in range(_TRIES):
        present = base or newest_base(bench, project, name)
        outcomes, dataset = _merged(present.dataset, made)
        repeated = _repeated(present.dataset, outcomes)
        changed = any(one.state in ("added", "corrected") for one in outcomes)
        if preview or not changed:
            return Collected(outcomes=outcomes, version=None if preview else present.newest, repeated=repeated)
        version = _published(bench, project, present, _checked(dataset), by=by, outcomes=outcomes)
        if version:
            return Collected(outcomes=outcomes, version=version, repeated=repeated)
    raise Conflict(f"dataset/{name} is changed by others all the time", hint="try again")


def newest_base(bench: Workbench, project: str, name: str) -> Base:
    """Return the newest version of a dataset, or an empty one."""
    found = newest_dataset(bench.library, project, name)
    return Base(dataset=found[1], newest=found[0]) if found else Base(dataset=Dataset(name=name, rows=()), newest=None)


def uncollected(
    bench: Workbench, project: str, name: str, *, limit: int, after: RunId | None = None
) -> tuple[list[News], RunId | None]:
    """Return the rows that were added or corrected here by up to ``limit`` runs from behind ``after`` on, oldest first.

    A file takes them up by this: of a row that several runs changed the last counts. A row that was erased is told of
    too. The id is where to go on: None at the end. At most two datasets are read for each run.
    """
    with bench.database.read() as tx:
        done = runs.that_made(tx, project, kind="dataset", name=name, activity=COLLECT, limit=limit + 1, after=after)
    more, done = len(done) > limit, done[:limit]
    found: dict[str, News] = {}
    digest, dataset = None, Dataset(name=name, rows=())
    for run, end in done:
        # Mostly a run begins with what the one before it made.
        if not run.inputs or run.inputs[0].digest != digest:
            dataset = (
                read_dataset(bench.library, project, run.inputs[0].digest)
                if run.inputs
                else Dataset(name=name, rows=())
            )
        before = {row.id: row for row in dataset.rows}
        digest = end.outputs[0].digest
        dataset = read_dataset(bench.library, project, digest)
        found |= {
            row.id: News(row=row, before=before.get(row.id))
            for row in dataset.rows
            if row != before.get(row.id) or row.erased
        }
    return [found[row_id] for row_id in sorted(found)], done[-1][0].id if more else None


def _masked(bench: Workbench, project: str, wish: Wish) -> Wish:
    """Mask what a person wrote, as a comment of theirs is masked."""
    masker = bench.masking.masker(project)
    return replace(
        wish, given=masker.mask_text(wish.given).text, tags=tuple(masker.mask_text(one).text for one in wish.tags)
    )


def _made(bench: Workbench, project: str, asked: str, wish: Wish) -> Outcome:
    digits, _, span = asked.strip().partition(":")
    try:
        found = OneTrace.found(bench.lake, project, digits)
        scores = scores_of_trace(bench.lake, project, TraceId(found.id))
        row = row_of_trace(found.rows(), scores, span=span, wish=wish)
    except GenyardError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return Outcome(asked=asked, state="refused", why=error.message + hint)
    return Outcome(asked=asked, state="added", row=row)


def _merged(base: Dataset, made: Sequence[Outcome]) -> tuple[tuple[Outcome, ...], Dataset]:
    rows = {row.id: row for row in base.rows}
    outcomes = []
    for one in made:
        outcome = _outcome(one, rows)
        if outcome.row:
            rows[outcome.row.id] = outcome.row
        outcomes.append(outcome)
    return tuple(outcomes), replace(base, rows=tuple(rows.values()))


def _outcome(made: Outcome, rows: Mapping[str, Row]) -> Outcome:
    present = rows.get(made.row.id) if made.row else None
    if made.row is None or present is None:
        return made
    if present.erased:
        return Outcome(asked=made.asked, state="refused", why="its row was erased")
    row = corrected(present, made.row)
    return replace(made, row=row, state="unchanged" if row == present else "corrected")


def _repeated(base: Dataset, outcomes: Sequence[Outcome]) -> int:
    seen = [row.inputs for row in base.cases]
    repeated = 0
    for one in outcomes:
        if one.row and one.state == "added":
            repeated += one.row.inputs in seen
            seen.append(one.row.inputs)
    return repeated


def _checked(dataset: Dataset) -> Dataset:
    """Return the dataset as a file of it is read, so that nothing comes in that a file could not hold."""
    path = f"dataset/{dataset.name} with the new rows"
    return parse_dataset(dataset.content, name=dataset.name, path=path, schema=dataset.schema)


def _published(
    bench: Workbench, project: str, base: Base, dataset: Dataset, *, by: Actor, outcomes: Sequence[Outcome]
) -> Version | None:
    """Publish the dataset with the run that made it; None where somebody else published one since ``base``."""
    bench.library.blobs(project).put(dataset.content)
    now_ns = bench.clock.now_ns()
    with bench.database.write() as tx:
        known = names.versions(tx, project, "dataset", dataset.name)
        if not base.from_file and (known[0].digest if known else None) != (base.newest.digest if base.newest else None):
            return None
        version = publish(tx, project, dataset.name, dataset.artifact(), by=by, at_ns=now_ns)
        runs.done(
            tx,
            id=RunId(bench.ids.uuid7()),
            project=project,
            activity=COLLECT,
            by=by.principal,
            at_ns=now_ns,
            parameters={"dataset": dataset.name},
            inputs=(_reference(base.newest),) if base.newest else (),
            outputs=(_reference(version),),
            result=counts(outcomes),
        )
    return version


def counts(outcomes: Sequence[Outcome]) -> JsonObject:
    """Return how many traces came to which end."""
    states: tuple[State, ...] = ("added", "corrected", "unchanged", "refused")
    return {state: sum(one.state == state for one in outcomes) for state in states}


def _reference(version: Version) -> Reference:
    return Reference(role="dataset", kind="dataset", digest=version.digest)
