"""``genyard jobs``: what runs, waits, failed."""

import json
from typing import Annotated, Any

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.client.api import Reply

JobArgument = Annotated[str, typer.Argument(help="The job's id.")]


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(help="Durable work: what runs, waits, failed.", invoke_without_command=True)
    group.callback()(listing)
    for command in (show, cancel, resume, reply):
        group.command()(command)
    cli.add_typer(group, name="jobs")


def listing(
    context: typer.Context,
    state: Annotated[str, typer.Option("--state", help="queued, running, waiting, done, failed or cancelled.")] = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List jobs, newest first."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.get(here.client.of_project("jobs"), state=state or None), _list_lines)


def show(job: JobArgument, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Show one job."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.get(here.client.of_project("jobs", job)), _job_lines)


def cancel(job: JobArgument, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Stop a job; what it finished is kept."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.post(here.client.of_project("jobs", job, "cancel")), _job_lines)


def resume(job: JobArgument, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Take a cancelled or failed job up again."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.post(here.client.of_project("jobs", job, "resume")), _job_lines)


def reply(
    job: JobArgument,
    answer: Annotated[str, typer.Argument(help="The answer: JSON, or plain text.")],
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Answer a job that waits for a person."""
    with session(as_json=as_json, project=project) as here:
        path = here.client.of_project("jobs", job, "answer")
        here.output.show(here.client.post(path, {"reply": _json_or_text(answer)}), _job_lines)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except ValueError:
        return text


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _list_lines(reply: Reply) -> Lines:
    rows = [[one["id"], one["name"], one["state"], one["created"], _note(one)] for one in reply["jobs"]]
    yield from (
        table(["job", "what", "state", "enqueued", ""], rows) if rows else ["no job yet: genyard eval starts one"]
    )


def _job_lines(reply: Reply) -> Lines:
    yield f"{reply['id']}  {reply['name']}  {reply['state']}  {_note(reply)}"


def _note(one: Reply) -> str:
    if one["error"]:
        return str(one["error"]["message"])
    if one["waiting_for"]:
        return f"waits for: {one['waiting_for']}"
    at = one["progress"]
    return f"{at['done']} of {at['total']}" if at and at["total"] else ""
