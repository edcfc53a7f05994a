"""``genyard lake`` and ``genyard erase``: what the lake takes and may take, and what must go from it."""

import sys
from typing import Annotated, Any

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, Session, session
from genyard.client.api import Reply
from genyard.core.errors import Cancelled, InvalidInput
from genyard.core.escape import visible
from genyard.core.figures import plural, size

_HEADS = ["files", "rows", "size", "bytes a row"]


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(help="The tables of spans and scores.", invoke_without_command=True)
    group.callback()(show)
    group.command()(compact)
    group.command()(limits)
    cli.add_typer(group, name="lake")
    cli.command()(erase)


def show(context: typer.Context, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Show what the project's spans and scores take and its model calls cost, by day, and how much they may take."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.get(here.client.of_project("lake")), _lake_lines)


def compact(project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Merge small files and drop what was sent twice, now. A server does it by itself every ten minutes."""
    with session(as_json=as_json, project=project) as here:
        job = here.client.post(here.client.of_project("lake", "compact"))["job"]
        here.output.show(_waited(here, job, "compact"), _compact_lines)


def limits(
    keep_days: Annotated[int | None, typer.Option("--keep-days", min=0, help="Drop older days; 0 keeps all.")] = None,
    quota_gb: Annotated[
        float | None, typer.Option("--quota-gb", min=0, help="Refuse rows beyond this; 0 refuses none.")
    ] = None,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Say for how many days rows are kept, and how many GB of them; what is not given stays as it is."""
    with session(as_json=as_json, project=project, makes_home=True) as here:
        body: Reply = {"keep_days": keep_days or None} if keep_days is not None else {}
        body |= {"quota_bytes": int(quota_gb * 1e9)} if quota_gb is not None else {}
        here.output.show(here.client.post(here.client.of_project("lake", "limits"), body), lambda one: [_limit(one)])


def erase(
    user: Annotated[str, typer.Option("--user", help="The id of a user: all traces with it go.")] = "",
    conversation: Annotated[str, typer.Option("--session", help="The id of a session.")] = "",
    trace: Annotated[str, typer.Option("--trace", help="A whole trace id.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; where nobody sits at a terminal it is not asked.")
    ] = False,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Erase what a user, a session or a trace left in the lake, and every file that held it. It cannot be undone.

    At a terminal it says what would go, and asks. It needs the role admin.
    """
    given = [(kind, value) for kind, value in (("user", user), ("session", conversation), ("trace", trace)) if value]
    if len(given) != 1:
        raise InvalidInput("an erasure is of one user, session or trace", hint="give one of --user, --session, --trace")
    (kind, value) = given[0]
    with session(as_json=as_json, project=project) as here:
        body = {"kind": kind, "value": value, "dry_run": dry_run}
        if not dry_run and not yes and sys.stdin.isatty():
            _ask(here, body)
        reply = here.client.post(here.client.of_project("erasures"), body)
        here.output.show(reply if dry_run else _waited(here, reply["job"], "erase"), _erased_lines)


def _ask(here: Session, body: Reply) -> None:
    """Return when whoever sits at the terminal wants it. Raises Cancelled."""
    would_go = here.client.post(here.client.of_project("erasures"), body | {"dry_run": True})
    for line in _erased_lines(would_go):
        sys.stderr.write(f"{visible(line)}\n")
    sys.stderr.write(f"in project {here.client.project}, for good. Type yes to erase it: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise Cancelled("nothing was erased", hint="--yes does not ask")


def _waited(here: Session, job: str, title: str) -> Reply:
    with here.output.progress(title) as update:
        return here.client.wait(job, on_progress=update)


def _lake_lines(reply: Reply) -> Lines:
    rows = [_row(name, one) for name, one in reply["tables"].items()]
    if reply["media"]["files"]:
        rows.append(["media", str(reply["media"]["files"]), "", size(reply["media"]["bytes"]), ""])
    yield from table(["table", *_HEADS], rows)
    if reply["days"]:
        yield ""
        media = ["media"] if reply["media"]["files"] else []
        rows = [
            [*_row(one["day"], one), *(size(one["media_bytes"]) for _ in media), _cost(one["cost_usd"])]
            for one in reply["days"]
        ]
        yield from table(["day", *_HEADS, *media, "model calls"], rows)
    yield ""
    yield _limit(reply["limits"])
    yield f"in the log and not yet in files: {reply['log']['rows']} rows"


def _row(name: str, one: Reply) -> list[str]:
    per_row = "" if one["bytes_per_row"] is None else f"{one['bytes_per_row']:.0f}"
    return [name, str(one["files"]), str(one["rows"]), size(one["bytes"]), per_row]


def _cost(cost: float | None) -> str:
    return "" if cost is None else f"${cost:.2f}"


def _limit(one: Reply) -> str:
    kept = f"days are dropped after {one['keep_days']}" if one["keep_days"] else "days are kept for ever"
    quota = f"{size(one['used_bytes'])} of {size(one['quota_bytes'])}" if one["quota_bytes"] else "no quota"
    state = {"ok": "", "near": " (nearly full)", "full": " (full: rows are refused)"}[one["state"]]
    return f"{quota}{state}; {kept}"


def _compact_lines(reply: Reply) -> Lines:
    for name, one in reply.items():
        yield _compacted(name, one)


def _compacted(name: str, one: dict[str, Any]) -> str:
    if not one["files_before"]:
        return f"{name}: nothing to merge"
    again = f", {one['repeated']} rows sent twice dropped" if one["repeated"] else ""
    return (
        f"{name}: {one['files_before']} files ({size(one['bytes_before'])}) became {one['files_after']} "
        f"({size(one['bytes_after'])}), {one['rows']} rows{again}"
    )


def _left_lines(reply: Reply) -> Lines:
    """Yield the copies that left the house: nothing here can erase them."""
    if reply.get("export_count"):
        yield f"exports that may hold it: {reply['export_count']}; genyard audit tells who has them"
        yield from (f"  {one}" for one in reply["exports"])


def _erased_lines(reply: Reply) -> Lines:
    said = f"{reply['traces']} traces, {reply['spans']} spans, {reply['scores']} scores, {reply['blobs']} blobs"
    said += f", {plural(reply['media'], 'image or recording', 'images and recordings')}" if reply.get("media") else ""
    said += f", {plural(reply['rows'], 'row')} of datasets" if reply["rows"] else ""
    if reply.get("dry_run"):
        yield f"would erase {said}"
    else:
        yield f"erased {said}; {reply['files']} files removed"
        yield f"asked    {reply['asked']}"
        if reply["unheard"]:
            hosts = ", ".join(reply["unheard"])
            yield f"not heard of: {hosts}, whose log may hold more. Erase again when it is back."
        if reply["rows"]:
            yield "Files in your git still hold the rows: genyard dataset pull NAME takes their text out."
        yield from _left_lines(reply)
