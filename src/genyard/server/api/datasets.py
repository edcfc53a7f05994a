"""Datasets: what is in them, and rows made from traces."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from genyard.access.principals import Actor
from genyard.app import App
from genyard.core.clock import rfc3339
from genyard.core.digest import parse_digest
from genyard.core.ids import RunId
from genyard.develop.checkouts import open_checkout
from genyard.develop.dataset_versions import dataset_version, read_dataset
from genyard.develop.resolve import Resolver
from genyard.develop.trace_rows import Wish
from genyard.pipelines.collecting import Base, Collected, collect, counts, uncollected
from genyard.server.body import Body
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.store import names
from genyard.store.names import Version

router = APIRouter(tags=["datasets"], route_class=GuardedRoute)

MOST_TRACES = 200
TraceText = Annotated[str, Field(pattern="^[0-9a-f]{6,32}(:[0-9a-f]{1,16})?$")]


class RowsRequest(Body):
    """Traces, as ``TRACE`` or ``TRACE:SPAN``, that are to be rows.

    Expected of them is nothing yet, ``expect``, or with ``answer`` what was answered. ``session`` and ``user`` keep
    their names on the row. With ``checkout`` they come to the rows of its file, else to the newest version.
    """

    traces: Annotated[list[TraceText], Field(min_length=1, max_length=MOST_TRACES)]
    expect: str = ""
    answer: bool = False
    tags: list[str] = []
    session: bool = False
    user: bool = False
    preview: bool = False
    checkout: Annotated[str, Field(max_length=71)] | None = None

    @model_validator(mode="after")
    def _one_expectation(self) -> Self:
        if self.expect and self.answer:
            raise ValueError("expect is what was answered, or what you give, not both")
        return self

    def wish(self) -> Wish:
        return Wish.of_words(
            expect="answer" if self.answer else "nothing",
            given=self.expect,
            tags=self.tags,
            with_session=self.session,
            with_user=self.user,
        )


@router.get("/api/projects/{project}/datasets", **needs("dataset:read"))
def listing(project: str, app: AppDep) -> dict[str, Any]:
    """List datasets with their newest version."""
    library = app.bench.library
    with library.database.read() as tx:
        found = names.named(tx, project, "dataset")
    return {"datasets": [version_json(one) | _count(app, project, one) for one in found]}


@router.get("/api/projects/{project}/datasets/{name}", **needs("dataset:read"))
def show(
    project: str,
    name: str,
    app: AppDep,
    version: Annotated[int | None, Query(ge=1, le=999_999_999)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str, Query(max_length=200)] = "",
) -> dict[str, Any]:
    """Show a version of a dataset with its rows in order of id, in pages."""
    found = dataset_version(app.bench.library, project, name, version)
    rows = read_dataset(app.bench.library, project, found.digest, name=name).rows
    page = [row for row in rows if row.id > after][: limit + 1]
    return (
        version_json(found)
        | _count(app, project, found)
        | {"next": page[limit - 1].id if len(page) > limit else None, "rows": [row.as_json() for row in page[:limit]]}
    )


@router.get("/api/projects/{project}/datasets/{name}/collected", **needs("dataset:read"))
def collected(
    project: str,
    name: str,
    app: AppDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str, Query(max_length=64)] = "",
) -> dict[str, Any]:
    """List the rows that were added, corrected or erased here, each with what was expected before: for the file.

    A page has the rows of ``limit`` changes, the oldest first; of a row that is on several the last counts.
    """
    dataset_version(app.bench.library, project, name)
    found, place = uncollected(app.bench, project, name, limit=limit, after=RunId(after) if after else None)
    rows = [{"before": one.before.as_json() if one.before else None, "row": one.row.as_json()} for one in found]
    return {"next": place, "rows": rows}


@router.post("/api/projects/{project}/datasets/{name}/rows", **needs("dataset:write"))
def add(project: str, name: str, body: RowsRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Make rows of traces and a new version of the dataset with them. The same trace again changes nothing."""
    wish, base = body.wish(), None
    if body.checkout:
        base, tags = _base(app, project, name, body.checkout, actor)
        wish = wish.tagged(tags)
    done = collect(app.bench, project, name, body.traces, wish=wish, by=actor, base=base, preview=body.preview)
    return collected_json(done)


def collected_json(done: Collected) -> dict[str, Any]:
    """Return what became of traces as the API shows it."""
    outcomes = [
        {"row": one.row.as_json() if one.row else None, "state": one.state, "trace": one.asked, "why": one.why}
        for one in done.outcomes
    ]
    version = version_json(done.version) if done.version else None
    return {"counts": counts(done.outcomes), "dataset": version, "repeated": done.repeated, "traces": outcomes}


def version_json(version: Version) -> dict[str, Any]:
    return {
        "at": rfc3339(version.at_ns),
        "digest": version.digest,
        "name": version.name,
        "version": version.version,
    }


def _base(app: App, project: str, name: str, checkout: str, actor: Actor) -> tuple[Base, tuple[str, ...]]:
    """Return the rows of the user's file, and the tags of which a row of this dataset must have one."""
    opened = open_checkout(app.bench.library, project, parse_digest(checkout))
    resolver = Resolver(library=app.bench.library, project=project, checkout=opened, by=actor)
    dataset, _ = resolver.dataset(name)
    digest = dataset.artifact().digest
    with app.bench.database.read() as tx:
        version = next(one for one in names.names_of(tx, project, digest) if one.name == name)
    return Base(dataset=dataset, newest=version, from_file=True), opened.manifest.datasets[name].tags


def _count(app: App, project: str, version: Version) -> dict[str, Any]:
    body = app.bench.library.artifact(project, version.digest).body
    erased = body.get("erased", 0)
    count = body["count"]
    assert isinstance(count, int) and isinstance(erased, int)
    return {"erased": erased, "rows_total": count}
