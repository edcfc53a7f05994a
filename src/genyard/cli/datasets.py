"""``genyard dataset``: what is in a dataset, traces into it, and what was done elsewhere into its file."""

import sys
from typing import Annotated

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, Session, session
from genyard.client.api import Reply
from genyard.core.errors import InvalidInput
from genyard.core.escape import one_line
from genyard.core.figures import plural

AS_IT_WAS = "answer"
_STATES = ("added", "corrected", "unchanged", "refused")
NameArgument = Annotated[str, typer.Argument(help="The dataset's name.")]


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(help="Datasets: list, show, add traces, pull.", invoke_without_command=True)
    group.callback()(listing)
    group.command()(show)
    group.command()(add)
    group.command()(pull)
    cli.add_typer(group, name="dataset")


def listing(context: typer.Context, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """List the datasets with their newest version."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.datasets(), _list_lines)


def show(
    name: NameArgument,
    version: Annotated[int | None, typer.Option("--version", min=1, help="Else the newest.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many rows.")] = 20,
    after: Annotated[str, typer.Option("--after", help="Begin behind the row of this id.")] = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Show the rows of a dataset: what is asked, what is expected, the trace that a row came from."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.dataset(name, version=version, limit=limit, after=after), _row_lines)


def add(
    name: NameArgument,
    traces: Annotated[
        list[str] | None,
        typer.Argument(help="Trace ids or their first 6 or more digits; TRACE:SPAN for one call; - reads them."),
    ] = None,
    where: Annotated[
        str, typer.Option("--where", help="Traces of this query, as of genyard traces; not those of evaluations.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="How far back --where looks: 30m, 24h or 7d.")] = "7d",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many of --where.")] = 100,
    expect: Annotated[
        str, typer.Option("--expect", help="The right answer; the word answer takes what was answered.")
    ] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag of the rows; may stand several times.")] = None,
    with_session: Annotated[bool, typer.Option("--with-session", help="Keep the session's id on the row.")] = False,
    with_user: Annotated[bool, typer.Option("--with-user", help="Keep the user's id on the row.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the rows and change nothing.")] = False,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Add traces to a dataset as rows, and to its file where genyard.yaml names one.

    The same trace again changes nothing but what is expected of it: so a corrected answer keeps its row.
    """
    with session(as_json=as_json, project=project, makes_home=True) as here:
        chosen = _chosen(here, traces or [], where, since, limit)
        if expect and expect != AS_IT_WAS and len(chosen) > 1:
            raise InvalidInput(
                f"one answer cannot be expected of {len(chosen)} traces", hint="give one trace, or --expect answer"
            )
        with here.output.progress("Adding") as on_progress:
            done = here.project.add_to_dataset(
                name,
                chosen,
                expect="" if expect == AS_IT_WAS else expect,
                answer=expect == AS_IT_WAS,
                tags=tag or [],
                session=with_session,
                user=with_user,
                preview=dry_run,
                on_progress=on_progress,
            )
        here.output.show(done, lambda reply: _added_lines(reply, name, is_preview=dry_run))
    if done["counts"]["refused"] == len(chosen):
        raise InvalidInput("no trace could be added", hint="the reasons stand above")


def pull(
    name: NameArgument,
    file: Annotated[
        str, typer.Option("--file", help="The file; else the one of genyard.yaml, or data/NAME.jsonl.")
    ] = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Write to the dataset's file what was added, corrected or erased without it, such as on a page."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.pull_dataset(name, file=file), lambda reply: _pulled_lines(reply, name))


def _chosen(here: Session, traces: list[str], where: str, since: str, limit: int) -> list[str]:
    if traces == ["-"]:
        traces = sys.stdin.read().split()
    if bool(traces) == bool(where):
        raise InvalidInput("say which traces: their ids, or a query", hint='such as --where "score.feedback<0.5"')
    if not where:
        return traces
    # What an evaluation asked is a row already.
    found = here.project.traces(f"{where} -row:*", since=since, limit=limit)["traces"]
    if not found:
        raise InvalidInput("no trace matches", hint="--since 30d looks further back")
    return [one["trace_id"] for one in found]


def _list_lines(reply: Reply) -> Lines:
    rows = [
        [one["name"], str(one["version"]), str(one["rows_total"] - one["erased"]), one["at"]]
        for one in reply["datasets"]
    ]
    none = "no dataset yet: genyard eval registers those of genyard.yaml, genyard dataset add makes one from traces"
    yield from table(["dataset", "version", "rows", "registered"], rows) if rows else [none]


def _row_lines(reply: Reply) -> Lines:
    erased = f", {plural(reply['erased'], 'row')} erased" if reply["erased"] else ""
    yield f"{reply['name']}:{reply['version']} · {plural(reply['rows_total'] - reply['erased'], 'row')}{erased}"
    rows = [[one["id"], _question(one), _expected(one), _from(one)] for one in reply["rows"]]
    yield from table(["row", "asked", "expected", "from trace"], rows)
    if reply["next"]:
        yield f"more: genyard dataset show {reply['name']} --after {reply['next']}"


def _added_lines(reply: Reply, name: str, *, is_preview: bool) -> Lines:
    for one in reply["traces"]:
        row = one["row"]
        said = one["why"] if row is None else f"{row['id']}  {_question(row)} → {_expected(row)}"
        yield f"{one['state']:9}  {one['trace'][:12]}  {said}"
    if reply["repeated"]:
        yield f"{plural(reply['repeated'], 'row asks', 'rows ask')} what another row asks already"
    told = ", ".join(f"{reply['counts'][state]} {state}" for state in _STATES if reply["counts"][state])
    if is_preview:
        yield f"nothing was changed; it would be: {told}"
        return
    version = reply["dataset"]
    yield f"dataset/{name}:{version['version']} · {told}" if version else told
    if not reply["counts"]["added"] + reply["counts"]["corrected"]:
        return
    if reply["file"]:
        yield f"written to {reply['file']}; next: genyard eval --dataset {name}"
    elif version:
        yield f"in no file yet: genyard dataset pull {name}"


def _pulled_lines(reply: Reply, name: str) -> Lines:
    erased = f", {reply['erased']} of them erased" if reply["erased"] else ""
    yield f"{reply['file']}: {plural(reply['rows'], 'row')} written{erased}"
    for row in reply["conflicts"]:
        yield f"  kept as in the file, though corrected elsewhere too: {row}"
    if not reply["declared"]:
        yield f"name it in genyard.yaml to evaluate on it: datasets: {{{name}: {reply['file']}}}"


def _question(row: Reply) -> str:
    if row.get("erased"):
        return "(erased)"
    asked = row["inputs"].get("question", row["inputs"])
    return one_line(str(asked), limit=60)


def _expected(row: Reply) -> str:
    answers = row.get("expected", {}).get("answers")
    return (
        one_line(" | ".join(map(str, answers)), limit=60) if answers else "—" if row.get("erased") else "(to be filled)"
    )


def _from(row: Reply) -> str:
    return str(row.get("origin", {}).get("trace", "—"))
