"""Traces: lists, a live tail, one with its spans, one span."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import chain
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from genyard.access import projects
from genyard.access.principals import Actor
from genyard.app import App
from genyard.core.clock import rfc3339
from genyard.core.errors import InvalidInput, TooLarge
from genyard.observe.explorer import arrivals, facets, traces
from genyard.observe.explorer.exports import MOST_EXPORTED, Export, Format, Given
from genyard.observe.explorer.inlined import inlined
from genyard.observe.explorer.list_columns import CHOICES, read_columns
from genyard.observe.explorer.nested_spans import nested_spans
from genyard.observe.explorer.one_trace import LIGHT_COLUMNS, OneTrace
from genyard.observe.explorer.order import read_order
from genyard.observe.explorer.parquet import parquet_of
from genyard.observe.explorer.query_text import full_name
from genyard.observe.explorer.trace_trees import TraceTrees
from genyard.observe.explorer.traces import Row
from genyard.observe.explorer.whole_traces import whole_traces
from genyard.observe.otlp.replies import told
from genyard.observe.otlp.written import export_request
from genyard.server.asked import AskedDep, Word
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs
from genyard.server.held import HeldResponse
from genyard.store.columns import SPANS

router = APIRouter(tags=["traces"], route_class=GuardedRoute)

MOST_SPANS = 5_000
MOST_NESTED = 2_000
_SHORTER = 4
_ENDINGS: Mapping[Format, str] = {"jsonl": ".jsonl", "otlp": ".otlp.jsonl", "parquet": ".parquet"}
TraceText = Annotated[str, Path(pattern="^[0-9a-f]{6,32}$")]
Limit = Annotated[int, Query(ge=1, le=500)]
Place = Annotated[str | None, Query(max_length=200)]


@router.get("/api/projects/{project}/traces", **needs("trace:read"))
def listing(
    asked: AskedDep,
    limit: Limit = 50,
    after: Place = None,
    sort: Word = "start",
    fields: Word = "",
    columns: Annotated[str, Query(max_length=400)] = "",
) -> dict[str, Any]:
    """List the traces of a time window, newest first or by ``sort``.

    ``fields`` gives these columns only. ``columns`` are those that somebody wants to see beside the usual ones, by the
    names that saved views have; ``service`` and ``environment`` are null unless they are among them.
    """
    order = read_order(sort)
    chosen = tuple(filter(None, fields.split(",")))
    more = tuple(CHOICES[name] for name in read_columns(columns) if CHOICES[name] in traces.MORE)
    page = traces.listing(
        asked.window, asked.query, order=order, limit=limit, after=after, columns=chosen or (*traces.SHOWN, *more)
    )
    return {"next": page.next, "traces": page.rows if chosen else [trace_json(row) for row in page.rows]}


@router.post("/api/projects/{project}/traces", **needs("trace:write"))
async def keep(project: str, request: Request, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Keep the spans of an OTLP/JSON request, such as a line of an export; answered once they are durable.

    A new project comes into being as with a checkout.
    """
    if not app.known_projects.is_known(project):
        await run_in_threadpool(_ensure, app, project, actor)
    refused = await app.intake.keep("traces", project, await request.body(), "json")
    return {"refused": len(refused), "reasons": told(refused)}


@router.get("/api/projects/{project}/traces/tail", **needs("trace:read"))
def tail(asked: AskedDep, after: Annotated[int | None, Query(ge=0, lt=2**63)] = None) -> dict[str, Any]:
    """List the traces that arrived since ``next`` of the last answer; without ``after`` only say where to begin."""
    if after is None:
        return {"next": arrivals.newest_arrival(asked.window), "traces": []}
    found = arrivals.arrived(asked.window, asked.query, after=after)
    return {"next": found.next, "traces": [trace_json(row) for row in found.rows]}


@router.get("/api/projects/{project}/traces/export", response_class=StreamingResponse, **needs("trace:read"))
def export(
    project: str,
    asked: AskedDep,
    app: AppDep,
    actor: ActorDep,
    format: Format = "jsonl",
    limit: Annotated[int, Query(ge=1, le=MOST_EXPORTED)] = MOST_EXPORTED,
    count: bool = False,
) -> StreamingResponse:
    """Give whole traces: a span a line as JSON, with ``otlp`` OTLP/JSON requests, or one Parquet file of the columns.

    Two events tell of it: when it begins, and when all was given. A few run at once; others are told to come back. With
    ``count`` the header ``X-Genyard-Traces`` says how many there are, of which it gives the newest ``limit``.
    """
    with ExitStack() as held:
        held.enter_context(app.exports.place(project))
        parts = whole_traces(asked.window, asked.query, limit=limit)
        made = Export(id=app.bench.ids.uuid7(), project=project, by=actor.principal, format=format)
        headers = {"X-Genyard-Traces": str(traces.count(asked.window, asked.query))} if count else {}
        first = next(parts, [])  # what is wrong with the query is said before the answer begins
        with app.bench.database.write() as tx:
            made.begin(tx, asked.window, asked.query, limit=limit, at_ns=app.bench.clock.now_ns())
        name = f"traces-{made.id[:8]}{_ENDINGS[format]}"
        return HeldResponse(
            _given(app, made, chain([first], parts)),
            held=held.pop_all(),
            media_type="application/vnd.apache.parquet" if format == "parquet" else "application/x-ndjson",
            headers=headers | {"Content-Disposition": f'attachment; filename="{name}"'},
        )


@router.get("/api/projects/{project}/traces/{trace}", **needs("trace:read"))
def show(
    project: str,
    trace: TraceText,
    app: AppDep,
    limit: Annotated[int, Query(ge=1, le=MOST_SPANS)] = 1_000,
    after: Place = None,
    payloads: bool = True,
) -> dict[str, Any]:
    """Show one trace: its spans in order of start, in pages; without payloads where they are not wanted.

    A page has fewer than ``limit`` spans where their payloads are too long for one answer.
    """
    found = OneTrace.found(app.bench.lake, project, trace)
    columns = SPANS.names if payloads else LIGHT_COLUMNS
    limit = min(limit, found.spans)
    while True:
        try:
            rows = found.rows(columns=columns, after=_place(after), limit=limit + 1)
            break
        except TooLarge:
            if limit == 1:
                raise
            limit = max(1, limit // _SHORTER)
    last = rows[limit - 1] if len(rows) > limit else None
    place = f"{last['start_ns']}-{last['span_id']}" if last else None
    return {"next": place, "span_count": found.spans, "spans": rows[:limit], "trace_id": found.id}


@router.get("/api/projects/{project}/traces/{trace}/tree", **needs("trace:read"))
def tree(
    request: Request,
    project: str,
    trace: TraceText,
    app: AppDep,
    span: Word = "",
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_NESTED)] = 500,
) -> dict[str, Any]:
    """Show one trace with each span's children inside it, or what is below ``span``; ``limit`` spans, the top first."""
    trees: TraceTrees = request.app.state.trace_trees
    found = OneTrace.found(app.bench.lake, project, trace)
    part = nested_spans(trees.tree(found), span=span, after=after, limit=limit)
    return {"next": part.next, "span_count": found.spans, "spans": part.spans, "trace_id": found.id}


@router.get("/api/projects/{project}/traces/{trace}/spans/{span}", **needs("trace:read"))
def span(project: str, trace: TraceText, span: str, app: AppDep) -> dict[str, Any]:
    """Show one span with its payloads."""
    return {"span": OneTrace.found(app.bench.lake, project, trace).span(span)}


@router.get("/api/projects/{project}/facets", **needs("trace:read"))
def values(asked: AskedDep, column: Word, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> dict[str, Any]:
    """List the values of a column, ``model`` or ``attributes.KEY``, and how many traces have each."""
    found = facets.facets(asked.window, full_name(column), asked.query, limit=limit)
    return {"column": column, "values": [asdict(one) for one in found]}


def trace_json(row: Row) -> dict[str, Any]:
    """Return a trace as a list shows it."""
    return {
        "at": rfc3339(int(str(row["start_ns"]))),
        "cost_usd": row["trace_cost"],
        "duration_ms": int(str(row["duration_ns"] or 0)) / 1e6,
        "endpoint": row["endpoint"],
        "environment": row.get("environment"),
        "errors": row["trace_errors"],
        "model": row["trace_model"],
        "name": row["span_name"],
        "preview": row["preview"] or row["span_name"],
        "release": row["release"],
        "service": row.get("service_name"),
        "session": row["conversation_id"],
        "spans": row["trace_spans"],
        "status": "error" if row["status"] == "error" else "ok",
        "tags": row["tags"],
        "tokens": row["trace_tokens"],
        "trace_id": row["trace_id"],
        "ttft_s": row["ttft_s"],
        "user": row["user_id"],
    }


def _ensure(app: App, project: str, actor: Actor) -> None:
    with app.bench.database.write() as tx:
        projects.ensure(tx, project, by=actor, at_ns=app.bench.clock.now_ns())
    app.known_projects.check(project)


def _given(app: App, made: Export, parts: Iterable[list[Row]]) -> Generator[bytes]:
    given = Given()
    counted = given.counted(parts)
    yield from parquet_of(counted) if made.format == "parquet" else _lines(app, made, counted)
    with app.bench.database.write() as tx:
        made.end(tx, given, at_ns=app.bench.clock.now_ns())


def _lines(app: App, made: Export, parts: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    for part in parts:
        values: Iterable[object] = part
        if made.format == "otlp":
            values = map(export_request, inlined(app.bench.lake.media, made.project, part))
        for value in values:
            yield msgspec.json.encode(value) + b"\n"


def _place(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    start, _, span_id = text.partition("-")
    if not (start.isascii() and start.isdigit() and len(start) < 20 and span_id):
        raise InvalidInput(f"{text!r} is not a place in a trace", hint="take it from the page before")
    return int(start), span_id
