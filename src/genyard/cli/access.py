"""``genyard projects``, ``keys`` and ``settings``: where one may act, who may do what, and what is set."""

from typing import Annotated

import typer

from genyard.cli.output import Lines, output, table
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.client.api import Reply
from genyard.core.settings import SETTINGS, Setting, read_settings


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(help="Projects: what keys, traces and releases belong to.", invoke_without_command=True)
    group.callback()(projects)
    group.command(name="create")(create_project)
    cli.add_typer(group, name="projects")
    group = typer.Typer(help="Keys for programs and people.", invoke_without_command=True)
    group.callback()(listing)
    group.command()(create)
    group.command()(revoke)
    cli.add_typer(group, name="keys")
    cli.command(name="settings")(settings)


def projects(context: typer.Context, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """List the projects you may act in; the one that commands are about here has a star."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.projects(), lambda reply: _project_lines(reply, here.client.project))


def create_project(name: Annotated[str, typer.Argument(help="Its name.")], as_json: JsonFlag = False) -> None:
    """Make a project. One also comes into being with its first key, and with genyard run of its genyard.yaml."""
    with session(as_json=as_json, makes_home=True) as here:
        made = here.client.post("/api/projects", {"name": name})
        here.output.show(made, lambda reply: [f"project {reply['name']} is there: genyard … --project {reply['name']}"])


def listing(context: typer.Context, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """List the project's keys; a key itself is never shown again."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.get(here.client.of_project("keys")), _list_lines)


def create(
    name: Annotated[str, typer.Argument(help="What it is for, such as ci.")],
    role: Annotated[str, typer.Option("--role", help="viewer, developer, reviewer, releaser or admin.")] = "developer",
    scope: Annotated[list[str] | None, typer.Option("--scope", help="Only this, such as serve:helpdesk.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it works.")] = 90,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Make a key. It is shown this once: only its hash is kept."""
    with session(as_json=as_json, project=project, makes_home=True) as here:
        body = {"name": name, "role": role, "scopes": scope or [], "days": days}
        here.output.show(here.client.post(here.client.of_project("keys"), body), _made_lines)


def revoke(
    key: Annotated[str, typer.Argument(help="The key's id.")], project: ProjectOption = "", as_json: JsonFlag = False
) -> None:
    """Make a key useless, at once and for good."""
    with session(as_json=as_json, project=project) as here:
        path = here.client.of_project("keys", key, "revoke")
        here.output.show(here.client.post(path), lambda reply: [f"key {reply['id']} is revoked"])


def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="As the page of the docs.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show every setting, its value here and where it is set."""
    found = read_settings()
    rows = [_setting(row, getattr(found, row.name)) for row in SETTINGS]
    lines = _markdown_lines if markdown else _setting_lines
    output(as_json=as_json).show({"settings": rows}, lines)


def _setting(row: Setting, value: object) -> Reply:
    shown = ("set" if value else "not set") if row.type == "secret" else "" if value is None else str(value)
    return {
        "name": row.name,
        "variable": row.variable,
        "default": row.default,
        "type": row.type,
        "value": shown,
        "sentence": row.sentence,
    }


def _setting_lines(reply: Reply) -> Lines:
    rows = [[one["variable"], one["value"] or "—", one["sentence"]] for one in reply["settings"]]
    yield from table(["variable", "value", "what it is"], rows)


def _markdown_lines(reply: Reply) -> Lines:
    yield "# Settings"
    yield ""
    yield "Each is an environment variable. This page is written by `genyard settings --markdown`."
    yield ""
    yield "| variable | type | default | what it is |"
    yield "|---|---|---|---|"
    for one in reply["settings"]:
        default = f"`{one['default']}`" if one["default"] else "not set"
        yield f"| `{one['variable']}` | {one['type']} | {default} | {one['sentence']} |"


def _project_lines(reply: Reply, here: str) -> Lines:
    for one in reply["projects"]:
        yield f"{'*' if one['name'] == here else ' '} {one['name']}"


def _list_lines(reply: Reply) -> Lines:
    rows = [
        [one["id"], one["name"], one["role"], ", ".join(one["scopes"]) or "all", one["expires"], one["state"]]
        for one in reply["keys"]
    ]
    yield from (
        table(["key", "for", "role", "scope", "expires", "state"], rows)
        if rows
        else ["no key yet: genyard keys create NAME makes one"]
    )


def _made_lines(reply: Reply) -> Lines:
    yield reply["secret"]
    yield f"key {reply['id']}, {reply['role']}, until {reply['expires']}. It is not shown again."
