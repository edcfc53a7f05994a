"""``genyard traces``, ``sessions`` and ``stats``: what was asked, answered and spent."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, Session, session
from genyard.client.api import Reply
from genyard.core.errors import InvalidInput
from genyard.core.escape import visible
from genyard.core.figures import plural

_HOURS = {"m": 1 / 60, "h": 1, "d": 24}
_SINCE = re.compile(r"([0-9]{1,6}(?:\.[0-9]+)?)([mhd])")
_FORMATS = {".parquet": "parquet", ".otlp.jsonl": "otlp", ".jsonl": "jsonl"}
_TRACE_HEADS = ["time", "trace", "status", "endpoint", "took", "tokens", "cost", "asked"]

QueryArgument = Annotated[str, typer.Argument(help='Which traces, such as: status:error cost>0.01 "lost badge".')]
SinceOption = Annotated[str, typer.Option("--since", help="How far back: 30m, 24h, 7d.")]


_NO_TRACE = 'no trace in this time: genyard run "…" makes one, and so does an application that sends here'


def add_to(cli: typer.Typer) -> None:
    cli.command()(traces)
    cli.command()(sessions)
    cli.command()(stats)


def traces(
    query: QueryArgument = "",
    since: SinceOption = "7d",
    sort: Annotated[
        str, typer.Option("--sort", help="start, latency, ttft, cost, tokens or score.NAME; :asc turns it round.")
    ] = "start",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 20,
    endpoint: Annotated[str, typer.Option("--endpoint", help="Only answers of this one, such as helpdesk@prod.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Show what arrives from now on, until Ctrl-C.")] = False,
    export: Annotated[
        str, typer.Option("--export", help="Write whole traces: jsonl, otlp or parquet, or a file that ends so.")
    ] = "",
    view: Annotated[str, typer.Option("--view", help="Show a saved view: its query, time and order.")] = "",
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
    with session(as_json=as_json, project=project) as here:
        if view:
            saved = _saved(here, view, "traces")
            query, since, sort = f"{saved['query']} {query}".strip(), saved["since"], saved["sort"]
        if file:
            _import(here, file)
        elif media:
            _save_media(here, media, query=query, hours=hours_of(since), limit=limit)
        elif export:
            _export(here, export, out, query=query, hours=hours_of(since), limit=limit)
        elif follow:
            _follow(here, query)
        else:
            found = here.project.traces(
                query, hours=hours_of(since), sort=sort, limit=min(limit, 500), endpoint=endpoint
            )
            here.output.show(found, lambda reply: _trace_lines(reply, chosen=bool(query or endpoint)))


def sessions(
    of: Annotated[str, typer.Argument(help="A session, to show its traces; else a list.")] = "",
    where: Annotated[str, typer.Option("--where", help="A query, as of traces.")] = "",
    view: Annotated[str, typer.Option("--view", help="Show a saved view of sessions.")] = "",
    since: SinceOption = "7d",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many.")] = 20,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List sessions, the one that was last active first; or show the traces of one."""
    with session(as_json=as_json, project=project) as here:
        if view:
            saved = _saved(here, view, "sessions")
            where, since = f"{saved['query']} {where}".strip(), saved["since"]
        if of:
            found = here.project.session(of, hours=hours_of(since))
            here.output.show(found, lambda reply: _trace_lines(reply, chosen=True))
        else:
            found = here.project.sessions(where, hours=hours_of(since), limit=limit)
            here.output.show(found, _session_lines)


def stats(
    query: QueryArgument = "",
    by: Annotated[
        str, typer.Option("--by", help="Split by model, release, endpoint, kind, service, env or user.")
    ] = "",
    every: Annotated[str, typer.Option("--every", help="hour, day or whole.")] = "day",
    since: SinceOption = "7d",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Show traffic, errors, exact percentiles of latency, tokens, cost and scores by hour or day."""
    with session(as_json=as_json, project=project) as here:
        found = here.project.stats(query, hours=hours_of(since), every=every, by=by)
        here.output.show(found, _stat_lines)


def _saved(here: Session, name: str, page: str) -> Reply:
    found = here.project.view(name)
    if found["page"] != page:
        raise InvalidInput(f"{name} is a view of {found['page']}", hint=f"genyard {found['page']} --view {name}")
    return found


def hours_of(text: str) -> float:
    """Return the hours that ``30m``, ``24h`` or ``7d`` is. Raises InvalidInput."""
    found = _SINCE.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is no length of time", hint="write it as 30m, 24h or 7d")
    return float(found[1]) * _HOURS[found[2]]


def _export(here: Session, export: str, out: Path | None, *, query: str, hours: float, limit: int) -> None:
    named = next((form for ending, form in _FORMATS.items() if export.endswith(ending)), "")
    form, file = (named, Path(export)) if named else (export, out)
    if form != "parquet":
        _write(here.project.export(query, hours=hours, format=form, limit=limit), file)
    elif file is None:
        raise InvalidInput("Parquet is not for the eye", hint="give --out FILE, or --export FILE.parquet")
    else:
        here.project.export_parquet(file, query, hours=hours, limit=limit)


def _write(lines: Iterator[str], out: Path | None) -> None:
    if out is None:
        for line in lines:
            # In a pipe the bytes stay as they are; a terminal must not be steered by them.
            typer.echo(visible(line) if sys.stdout.isatty() else line)
        return
    with out.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _save_media(here: Session, folder: Path, *, query: str, hours: float, limit: int) -> None:
    with here.output.progress("saving") as on_progress:
        done = here.project.save_media(folder, query, hours=hours, limit=limit, on_progress=on_progress)
    here.output.show(done, lambda reply: _media_lines(reply, folder))


def _media_lines(done: Reply, folder: Path) -> Lines:
    gone = f", {_count(done['gone'])} gone" if done["gone"] else ""
    yield f"{plural(done['files'], 'file')} saved in {folder}{gone}"


def _import(here: Session, file: Path) -> None:
    with here.output.progress("importing") as on_progress:
        done = here.project.import_traces(file, on_progress=on_progress)
    here.output.show(done, _import_lines)


def _import_lines(done: Reply) -> Lines:
    refused = f", {_count(done['refused'])} refused" if done["refused"] else ""
    yield f"{_count(done['spans'])} spans kept, lines read: {_count(done['lines'])}{refused}"
    yield from done["reasons"]


def _follow(here: Session, query: str) -> None:
    for one in here.project.follow(query):
        here.output.show(one, lambda trace: ["  ".join(_trace_row(trace))])


def _trace_lines(reply: Reply, *, chosen: bool) -> Lines:
    rows = [_trace_row(one) for one in reply["traces"]]
    none = "no trace matches: genyard traces --since 30d looks further back" if chosen else _NO_TRACE
    yield from table(_TRACE_HEADS, rows) if rows else [none]


def _trace_row(one: Reply) -> list[str]:
    return [
        one["at"],
        one["trace_id"][:12],
        one["status"],
        one["endpoint"] or "—",
        f"{one['duration_ms']:.0f} ms",
        _count(one["tokens"]),
        money_of(one["cost_usd"]),
        one["preview"],
    ]


def _session_lines(reply: Reply) -> Lines:
    rows = [
        [
            one["last_at"],
            one["id"],
            str(one["traces"]),
            str(one["errors"]),
            _count(one["tokens"]),
            money_of(one["cost_usd"]),
            one["preview"],
        ]
        for one in reply["sessions"]
    ]
    heads = ["last", "session", "traces", "errors", "tokens", "cost", "began with"]
    yield from table(heads, rows) if rows else ["no session: no trace in this time says which conversation it is of"]


def _stat_lines(reply: Reply) -> Lines:
    length = {"hour": 16, "day": 10}.get(reply["every"], 16)
    split = [reply["by"]] if reply["by"] else []
    rows = [
        [
            one["at"][:length],
            *([one["group"] or "—"] if split else []),
            str(one["count"]),
            str(one["errors"]),
            *(_ms(one[name]) for name in ("p50_ms", "p95_ms", "p99_ms")),
            "—" if one["ttft_p50_s"] is None else f"{one['ttft_p50_s'] * 1000:.0f} ms",
            _count(one["tokens"]),
            money_of(one["cost_usd"]),
        ]
        for one in reply["points"]
    ]
    heads = [reply["every"], *split, "count", "errors", "p50", "p95", "p99", "first token", "tokens", "cost"]
    yield from table(heads, rows) if rows else ["nothing was traced in this time"]
    for one in reply["scores"]:
        group = f" {one['group'][:20]}" if one["group"] else ""
        yield f"score {one['name']}{group} {one['at'][:length]}: mean {one['mean']:.3f} of {one['count']}"


def _count(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def money_of(value: float | None) -> str:
    """Return dollars with four decimals; what is less than they can say is not shown as nothing."""
    if value is None:
        return "—"
    return "<$0.0001" if 0 < value < 0.00005 else f"${value:.4f}"


def _ms(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} ms"
