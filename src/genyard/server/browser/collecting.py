"""Datasets on the pages: which there are, their rows, and traces into them."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from genyard.access.principals import people_by_id
from genyard.access.roles import allowed
from genyard.app import App
from genyard.core.errors import OUTCOMES, Conflict, GenyardError, InvalidInput, NotFound
from genyard.develop.dataset_versions import dataset_version, read_dataset, rows_of_trace
from genyard.develop.datasets import Row
from genyard.develop.trace_rows import Expect, Wish, row_of_trace
from genyard.observe.explorer.one_trace import OneTrace
from genyard.pipelines.collecting import Outcome, collect
from genyard.server.browser.answer import page
from genyard.server.browser.facts import made_by
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.pages.dataset_view import (
    MOST_PICKED,
    AddView,
    DatasetRow,
    Filled,
    add_view,
    datasets_page,
    outcome_view,
    row_view,
    rows_page,
)
from genyard.server.pages.figures import plural
from genyard.server.pages.links import Links
from genyard.store import artifacts, names

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

ROWS = 50
MOST_VERSIONS = 20
"""How far back the history of a row is looked for."""
Name = Annotated[str, Query(max_length=64)]
Word = Annotated[str, Query(max_length=200)]
TraceText = Annotated[str, Query(pattern="^[0-9a-f]{6,32}(:[0-9a-f]{1,16})?$")]


@router.get("/p/{project}/datasets", **needs("dataset:read"))
def datasets(request: Request, project: str, app: AppDep, actor: ActorDep) -> HTMLResponse:
    """Datasets with their newest version."""
    with app.bench.database.read() as tx:
        people = people_by_id(tx)
        found = [(one, artifacts.get(tx, project, one.digest).body) for one in names.named(tx, project, "dataset")]
    rows = [
        DatasetRow(
            name=one.name,
            version=one.version,
            rows=int(str(body["count"])) - int(str(body.get("erased", 0))),
            erased=int(str(body.get("erased", 0))),
            traced=int(str(body.get("traced", 0))),
            registered_ns=one.at_ns,
            registered_by=people.get(one.by, one.by),
        )
        for one, body in found
    ]
    view = datasets_page(rows, links=Links(project))
    return page(request, "list.html", view, project=project, actor=actor, current="datasets")


@router.get("/p/{project}/datasets/{name}", **needs("dataset:read"))
def rows_of(request: Request, project: str, name: str, app: AppDep, actor: ActorDep, after: Word = "") -> HTMLResponse:
    """The rows of the newest version of a dataset."""
    version = dataset_version(app.bench.library, project, name)
    dataset = read_dataset(app.bench.library, project, version.digest, name=name)
    behind = sorted((row for row in dataset.rows if row.id > after), key=lambda row: row.id)
    open_rows = sum(not row.expected for row in dataset.cases)
    total = plural(len(dataset.cases), "row") + (f", {open_rows} to be filled" if open_rows else "")
    view = rows_page(
        name,
        version.version,
        behind[:ROWS],
        links=Links(project),
        total=total,
        next_row=behind[ROWS - 1].id if len(behind) > ROWS else "",
        first=not after,
    )
    return page(request, "list.html", view, project=project, actor=actor, current="datasets")


@router.get("/p/{project}/datasets/{name}/row", **needs("dataset:read"))
def one_row(request: Request, project: str, name: str, id: Word, app: AppDep, actor: ActorDep) -> HTMLResponse:
    """One row: what is expected, where it came from, what was expected before. Raises NotFound."""
    links = Links(project)
    version = dataset_version(app.bench.library, project, name)
    history = _history(app, project, name, id)
    if not history:
        raise NotFound(f"{version} has no such row", hint="see the list of its rows")
    row = history[0][2]
    with app.bench.database.read() as tx:
        release = made_by(tx, project, [{"release": row.origin.get("release"), "release_attested": True}])
    view = row_view(
        name,
        version.version,
        row,
        links=links,
        history=history,
        release=(f"{release.system} {release.version}", links.release(release.system, release.version))
        if release
        else ("", ""),
        may_add=not actor.scopes and allowed(actor.role, "dataset:write"),
    )
    return page(request, "thing.html", view, project=project, actor=actor, current="datasets")


@router.get("/p/{project}/add-to-dataset", **needs("dataset:write"))
def form(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    trace: Annotated[list[TraceText], Query(max_length=MOST_PICKED)] = [],  # noqa: B006  # FastAPI copies it
    dataset: Name = "",
) -> HTMLResponse:
    """What is asked in some traces, and a form that makes rows of them."""
    view = _form(app, project, trace, dataset)
    return page(request, "add_to_dataset.html", view, project=project, actor=actor, current="traces")


@router.post("/p/{project}/add-to-dataset", **needs("dataset:write"))
def add(
    request: Request,
    project: str,
    app: AppDep,
    actor: ActorDep,
    trace: Annotated[list[TraceText], Form(max_length=MOST_PICKED)] = [],  # noqa: B006  # FastAPI copies it
    dataset: Annotated[str, Form(max_length=64)] = "",
    new: Annotated[str, Form(max_length=64)] = "",
    expect: Annotated[Expect, Form()] = "nothing",
    given: Annotated[str, Form()] = "",
    tags: Annotated[str, Form()] = "",
    session: Annotated[bool, Form()] = False,
    user: Annotated[bool, Form()] = False,
) -> Response:
    """Add the rows, and show the one row, or what became of each trace."""
    name = new.strip() or dataset
    try:
        if not name:
            raise InvalidInput("no dataset was chosen", hint="choose one, or name a new one")
        wish = Wish.of_words(expect=expect, given=given, tags=tags.split(","), with_session=session, with_user=user)
        done = collect(app.bench, project, name, trace, wish=wish, by=actor).outcomes
    except (InvalidInput, Conflict) as error:
        filled = Filled(new=new, expect=expect, given=given, tags=tags, session=session, user=user)
        view = _form(app, project, trace, dataset, filled=filled, problem=f"{error.message}. {error.hint}".strip(" ."))
        status = OUTCOMES[error.code].http_status
        return page(request, "add_to_dataset.html", view, project=project, actor=actor, current="traces", status=status)
    links = Links(project)
    if len(done) == 1 and done[0].row:
        return RedirectResponse(links.dataset_row(name, done[0].row.id), status_code=303)
    told = [(one.asked, one.state, _words(one), one.row.id if one.row else "") for one in done]
    became = outcome_view(name, told, links=links, cli=f"genyard dataset show {name}")
    return page(request, "thing.html", became, project=project, actor=actor, current="datasets")


def _form(
    app: App, project: str, traces: list[str], dataset: str, *, filled: Filled | None = None, problem: str = ""
) -> AddView:
    """Return the form for ``traces``. Raises InvalidInput where there are none: there is nothing to add then."""
    if not traces:
        raise InvalidInput("no trace was chosen", hint="tick some in the list of traces, then ask again")
    with app.bench.database.read() as tx:
        known = [one.name for one in names.named(tx, project, "dataset")]
    asked = [(one, *_asked(app, project, one)) for one in dict.fromkeys(traces)]
    present = _present(app, project, asked[0][0], dataset) if len(asked) == 1 else None
    chosen = dataset or (present[0] if present else known[0] if known else "")
    return add_view(
        asked, links=Links(project), datasets=known, chosen=chosen, present=present, filled=filled, problem=problem
    )


def _words(one: Outcome) -> str:
    return one.row.asked if one.row else one.why


def _asked(app: App, project: str, asked: str) -> tuple[str, str, str]:
    """Return what a trace asks and answered, or what is wrong with it."""
    digits, _, span = asked.partition(":")
    try:
        spans = OneTrace.found(app.bench.lake, project, digits).rows()
        row = row_of_trace(spans, [], span=span, wish=Wish())
    except GenyardError as error:
        return "", "", error.message
    try:
        answered = row_of_trace(spans, [], span=span, wish=Wish(expect="answer")).expected["answers"]
    except InvalidInput:
        answered = []
    texts = answered if isinstance(answered, list) else []
    return row.asked, "\n".join(map(str, texts)), ""


def _present(app: App, project: str, asked: str, dataset: str) -> tuple[str, Row] | None:
    digits, _, span = asked.partition(":")
    return next(
        (
            (version.name, row)
            for version, row in rows_of_trace(app.bench.library, project, digits)
            if dataset in ("", version.name) and str(row.origin.get("span", "")).startswith(span)
        ),
        None,
    )


def _history(app: App, project: str, name: str, row_id: str) -> list[tuple[int, int, Row]]:
    """Return the versions in which a row changed, the newest first; the first is as it is now."""
    with app.bench.database.read() as tx:
        versions = names.versions(tx, project, "dataset", name)[:MOST_VERSIONS]
    found: list[tuple[int, int, Row]] = []
    for version in versions:
        dataset = read_dataset(app.bench.library, project, version.digest)
        row = next((one for one in dataset.rows if one.id == row_id), None)
        if row is None:
            break
        if found and found[-1][2] == row:
            found.pop()
        found.append((version.version, version.at_ns, row))
    return found
