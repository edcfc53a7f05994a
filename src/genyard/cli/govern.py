"""``genyard why``, ``affected`` and ``audit``: what made an answer, what it touches, who did what."""

import json
from pathlib import Path
from typing import Annotated

import typer

from genyard.cli.evaluate import figure
from genyard.cli.output import Lines, more_lines, table
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.client.api import Reply
from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.figures import interval, plural, too_few


def add_to(cli: typer.Typer) -> None:
    cli.command()(why)
    cli.command()(affected)
    group = typer.Typer(help="The chain of what was done.", invoke_without_command=True)
    group.callback()(events)
    group.command()(head)
    group.command()(verify)
    cli.add_typer(group, name="audit")


def why(
    trace: Annotated[
        str,
        typer.Argument(
            help="A trace id or its first 6 or more digits; TRACE:SPAN; DATASET#ROW for where a row came from."
        ),
    ],
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Say what made an answer: its release, the evidence that let it ship, the documents it stood on."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.why(trace), _why_lines)


def affected(
    thing: Annotated[
        str,
        typer.Argument(help="A document's path, a digest, a reference such as prompt/answer:3, or a whole trace id."),
    ],
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Say which systems, releases, endpoints and answers used a document, prompt, dataset or model."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.affected(thing), _affected_lines)


def events(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 50,
    after: Annotated[int | None, typer.Option("--after", min=0, help="Go on behind the event of this number.")] = None,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List what was done, newest first."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.get(here.client.of_project("events"), limit=limit, after=after), _event_lines)


def head(
    project: ProjectOption = "",
    as_json: JsonFlag = False,  # noqa: ARG001  # a head is JSON in any case
) -> None:
    """Print the signed head of the chain. Keep it elsewhere: later tampering is found against it."""
    with session(as_json=True, project=project) as here:
        here.output.show(here.client.post(here.client.of_project("events", "head")), lambda _: [])


def verify(
    against: Annotated[Path | None, typer.Option("--head", help="A signed head that was kept elsewhere.")] = None,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Check that no event was changed, removed or put in between. Leaves with 6 when one was."""
    with session(as_json=as_json, project=project) as here:
        body = {"head": _kept_head(against)} if against else {}
        found = here.client.post(here.client.of_project("events", "verify"), body)
        here.output.show(found, _chain_lines)
    if not found["whole"]:
        raise Corrupted(found["finding"], hint="compare with a backup of the home")


def _kept_head(path: Path) -> Reply:
    try:
        found: Reply = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} does not hold a signed head", hint="make one with: genyard audit head") from error
    return found


_TO_FILL = ", which expects nothing yet"


def _why_lines(reply: Reply) -> Lines:
    trace, release = reply["trace"], reply["release"]
    yield f"answer    {trace['preview']}"
    yield f"          trace {trace['trace_id']} · {trace['at']} · {trace['status']}"
    yield f"endpoint  {reply['endpoint'] or 'not asked through an endpoint'}"
    if release:
        yield f"release   {release['name']}:{release['version']} {release['digest']}"
        yield f"evidence  gate {release['gate']['verdict']}: {release['gate']['sentence']}"
        for one in release["metrics"]:
            yield f"          {one['metric']} {_bounds(one)} on {one['dataset']}:{one['dataset_version']}"
        if release["erased_rows"]:
            yield f"          {plural(release['erased_rows'], 'row')} erased since; the figures are of all as they were"
    else:
        yield "release   none: this answer was not made under a release"
    for part in reply["made_of"]:
        yield f"{part['kind']:9} {', '.join(part['names']) or part['digest']}"
    for one in reply["documents"]:
        yield f"document  {one['label']} ({'cited' if one['used'] else 'read'}) {one['document_digest'][7:15]}"
    for one in reply["datasets"]:
        yield f"row       {one['row']} of dataset/{one['dataset']}:{one['version']}{_TO_FILL if one['to_fill'] else ''}"
    for link in reply["links"]:
        yield f"open      {link}"


def _bounds(one: Reply) -> str:
    few = too_few(one["n"])
    if few:
        return few
    return f"{figure(one['mean'])} {interval(one['lower'], one['upper'], figure=figure)} n {one['n']}"


def _affected_lines(reply: Reply) -> Lines:
    yield f"{reply['of']['kind']} {', '.join(reply['of']['names'])}"
    for one in reply["artifacts"]:
        yield f"  {one['kind']:8} {', '.join(one['names']) or one['digest']}"
    for one in reply["rows"]:
        yield f"  row      {one['row']} of dataset/{one['dataset']}:{one['version']}"
    for name in reply["endpoints"]:
        yield f"  endpoint {name}"
    if reply["of"]["kind"] == "trace":
        yield from [] if reply["rows"] else [f"  in no dataset: genyard dataset add NAME {reply['of']['names'][0]}"]
        return
    yield f"  answers  {reply['answers']['count']}" + (", the newest:" if reply["answers"]["newest"] else "")
    for one in reply["answers"]["newest"]:
        yield f"    {one['at']}  {one['trace_id']}  {one['preview']}"


def _event_lines(reply: Reply) -> Lines:
    rows = [[str(one["sequence"]), one["at"], one["who"], one["verb"], one["object"]] for one in reply["events"]]
    yield from table(["no.", "time", "who", "did", "to what"], rows) if rows else ["nothing was done yet"]
    yield from more_lines(reply)


def _chain_lines(reply: Reply) -> Lines:
    if reply["whole"]:
        yield f"whole: {reply['count']} events, the last {reply['head']}"
    else:
        yield f"BROKEN after {reply['count']} events: {reply['finding']}"
