"""``genyard views``: queries under a name, for everybody in the project."""

from typing import Annotated

import typer

from genyard.cli.output import Lines, table
from genyard.cli.query_command import QueryCommand
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.client.api import Reply

NameArgument = Annotated[str, typer.Argument(help="The view's name.")]


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(help="Queries under a name, for everybody in the project.", invoke_without_command=True)
    group.callback()(listing)
    group.command(cls=QueryCommand)(save)
    group.command()(delete)
    cli.add_typer(group, name="views")


def listing(context: typer.Context, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """List the views of the project; genyard traces --view NAME shows one."""
    if context.invoked_subcommand is None:
        with session(as_json=as_json, project=project) as here:
            here.output.show(here.project.views(), _view_lines)


def save(
    name: NameArgument,
    query: Annotated[str, typer.Argument(help='Which traces, such as: status:error cost>0.01 "lost badge".')] = "",
    since: Annotated[str, typer.Option("--since", help="How far back: 1h, 24h, 7d, 30d or 90d.")] = "7d",
    sort: Annotated[str, typer.Option("--sort", help="As of genyard traces.")] = "start",
    page: Annotated[str, typer.Option("--page", help="traces or sessions.")] = "traces",
    columns: Annotated[
        str, typer.Option("--columns", help="What the page shows instead of the usual, such as user,tags.")
    ] = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Save a query under a name, in the place of the one that has it."""
    with session(as_json=as_json, project=project, makes_home=True) as here:
        saved = here.project.save_view(name, query, since=since, sort=sort, page=page, columns=columns)
        here.output.show(saved, lambda reply: [f"view {reply['name']} is saved"])


def delete(name: NameArgument, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Delete a view, and say what it was."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(
            here.project.delete_view(name), lambda gone: [f"view {gone['name']} is deleted: {_line(gone)}"]
        )


def _line(view: Reply) -> str:
    return f"genyard {view['page']} {view['query']!r} --since {view['since']}"


def _view_lines(reply: Reply) -> Lines:
    rows = [[one["name"], one["page"], one["since"], one["sort"], one["query"] or "—"] for one in reply["views"]]
    heads = ["view", "of", "since", "order", "query"]
    yield from table(heads, rows) if rows else ["no view yet: genyard views save slow 'latency>5s'"]
