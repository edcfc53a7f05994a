"""``genyard traces``, ``sessions`` and ``stats``: what was asked, answered and spent."""

from pathlib import Path
from typing import Annotated

import typer

from genyard.cli import trace_files
from genyard.cli.output import Lines, more_lines, table
from genyard.cli.query_command import QueryCommand
from genyard.cli.session import AfterOption, JsonFlag, ProjectOption, Session, session
from genyard.cli.trace_rows import FOLLOWED, NO_TRACE, count_of, money_of, row_of, trace_lines
from genyard.client.api import Reply
from genyard.core.errors import InvalidInput

_LISTED = 20
_IN_SESSION = 200

QueryArgument = Annotated[str, typer.Argument(help='Which traces, such as: status:error cost>0.01 "lost badge".')]
SinceOption = Annotated[
    str, typer.Option("--since", help="How far back, or from when: 30m, 24h, 7d, 2w, 2026-11-23 (UTC); else 7 days.")
]
UntilOption = Annotated[str, typer.Option("--until", help="Before when, as --since; else now.")]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="How many.")]


def add_to(cli: typer.Typer) -> None:
    cli.command(cls=QueryCommand)(traces)
    cli.command()(sessions)
    cli.command(cls=QueryCommand)(stats)


def traces(
    query: QueryArgument = "",
    since: SinceOption = "",
    until: UntilOption = "",
    sort: Annotated[
        str, typer.Option("--sort", help="start, latency, ttft, cost, tokens or score.NAME; :asc turns it round.")
    ] = "start",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="How many: 20 in a list, all in a file unless given.")
    ] = None,
    after: AfterOption = "",
    columns: Annotated[
        str, typer.Option("--columns", help="What to show instead of the usual, such as service,model,user,tags.")
    ] = "",
    endpoint: Annotated[str, typer.Option("--endpoint", help="Only answers of this one, such as helpdesk@prod.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Show what arrives from now on, until Ctrl-C.")] = False,
    export: Annotated[
        str, typer.Option("--export", help="Write whole traces: jsonl, otlp or parquet, or a file that ends so.")
    ] = "",
    view: Annotated[
        str, typer.Option("--view", help="Show a saved view: its query, and its time, order and columns.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="The file to export to, instead of the output.")] = None,
    media: Annotated[
        Path | None, typer.Option("--media", help="A folder to save their images, recordings and files in.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--import", help="Keep the traces of a file: conversations, or an export in otlp.")
    ] = None,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List the traces that a query chooses, newest first: follow them, export them or their media, or import some."""
    with session(as_json=as_json, project=project, makes_home=file is not None) as here:
        if view:
            saved = _saved(here, view, "traces")
            query, sort = f"{saved['query']} {query}".strip(), saved["sort"]
            since, columns = since or saved["since"], columns or saved["columns"]
        if file:
            trace_files.import_file(here, file)
        elif media:
            trace_files.save_media(here, media, query=query, since=since, until=until, limit=limit)
        elif export:
            trace_files.export(here, export, out, query=query, since=since, until=until, limit=limit)
        elif follow:
            _follow(here, query)
        else:
            found = here.project.traces(
                query,
                since=since,
                until=until,
                sort=sort,
                limit=limit or _LISTED,
                after=after,
                endpoint=endpoint,
                columns=columns,
            )
            none = _none_found(sort) if query or endpoint or sort != "start" else NO_TRACE
            here.output.show(found, lambda reply: trace_lines(reply, columns=columns, none=none))


def _none_found(sort: str) -> str:
    scored = f", or none has a value to sort by {sort}" if sort != "start" else ""
    return f"no trace matches{scored}: genyard traces --since 30d looks further back"


def sessions(
    of: Annotated[str, typer.Argument(help="A session, to show its traces; else a list.")] = "",
    where: Annotated[str, typer.Option("--where", help="A query, as of traces.")] = "",
    view: Annotated[str, typer.Option("--view", help="Show a saved view of sessions.")] = "",
    since: SinceOption = "",
    until: UntilOption = "",
    limit: LimitOption = None,
    after: AfterOption = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List sessions, the one that was last active first; or show the traces of one."""
    with session(as_json=as_json, project=project) as here:
        if view:
            saved = _saved(here, view, "sessions")
            where, since = f"{saved['query']} {where}".strip(), since or saved["since"]
        if of:
            found = here.project.session(of, since=since, until=until, limit=limit or _IN_SESSION, after=after)
            here.output.show(found, trace_lines)
        else:
            found = here.project.sessions(where, since=since, until=until, limit=limit or _LISTED, after=after)
            here.output.show(found, _session_lines)


def stats(
    query: QueryArgument = "",
    by: Annotated[
        str, typer.Option("--by", help="Split by model, release, endpoint, kind, service, env or user.")
    ] = "",
    every: Annotated[str, typer.Option("--every", help="hour, day or whole.")] = "day",
    since: SinceOption = "",
    until: UntilOption = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Show traffic, errors, exact percentiles of latency, tokens, cost and scores by hour or day."""
    with session(as_json=as_json, project=project) as here:
        found = here.project.stats(query, since=since, until=until, every=every, by=by)
        here.output.show(found, _stat_lines)


def _saved(here: Session, name: str, page: str) -> Reply:
    found = here.project.view(name)
    if found["page"] != page:
        raise InvalidInput(f"{name} is a view of {found['page']}", hint=f"genyard {found['page']} --view {name}")
    return found


def _follow(here: Session, query: str) -> None:
    for one in here.project.follow(query):
        here.output.show(one, lambda trace: ["  ".join(row_of(trace, FOLLOWED))])


def _session_lines(reply: Reply) -> Lines:
    rows = [
        [
            one["last_at"],
            one["id"],
            str(one["traces"]),
            str(one["errors"]),
            count_of(one["tokens"]),
            money_of(one["cost_usd"]),
            one["preview"],
        ]
        for one in reply["sessions"]
    ]
    heads = ["last", "session", "traces", "errors", "tokens", "cost", "began with"]
    yield from table(heads, rows) if rows else ["no session: no trace in this time says which conversation it is of"]
    yield from more_lines(reply)


def _stat_lines(reply: Reply) -> Lines:
    length = {"hour": 16, "day": 10}.get(reply["every"], 0)
    at = [] if reply["every"] == "whole" else [reply["every"]]
    split = [reply["by"]] if reply["by"] else []
    rows = [
        [
            *(one["at"][:length] for _ in at),
            *([one["group"] or "—"] if split else []),
            str(one["count"]),
            str(one["errors"]),
            *(_ms(one[name]) for name in ("p50_ms", "p95_ms", "p99_ms")),
            "—" if one["ttft_p50_s"] is None else f"{one['ttft_p50_s'] * 1000:.0f} ms",
            count_of(one["tokens"]),
            money_of(one["cost_usd"]),
        ]
        for one in reply["points"]
    ]
    heads = [*at, *split, "count", "errors", "p50", "p95", "p99", "first token", "tokens", "cost"]
    yield from table(heads, rows) if rows else ["nothing was traced in this time"]
    for one in reply["scores"]:
        group = f" {one['group'][:20]}" if one["group"] else ""
        day = f" {one['at'][:length]}" if at else ""
        yield f"score {one['name']}{group}{day}: mean {one['mean']:.3f} of {one['count']}"


def _ms(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} ms"
