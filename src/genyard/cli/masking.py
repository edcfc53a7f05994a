"""``genyard masking``: what is masked before it is kept, and how."""

from typing import Annotated, Any

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.client.api import Client, Reply
from genyard.core.errors import InvalidInput, NotFound

_MEANING = {
    "off": "nothing is masked",
    "mask": "what is found becomes [rule]",
    "hash": "what is found becomes [rule:digest], equal values the same",
    "drop": "payloads are left out; in the rest, what is found becomes [rule]",
}


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(
        help="Personal data and secrets: what is masked before it is kept.", invoke_without_command=True
    )
    group.callback()(alone)
    group.command()(show)
    group.command(name="set")(change)
    group.command(name="test")(try_out)
    cli.add_typer(group, name="masking")


def alone(context: typer.Context, project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Show the project's policy and every rule, as ``show``."""
    if context.invoked_subcommand is None:
        show(project=project, as_json=as_json)


def show(project: ProjectOption = "", as_json: JsonFlag = False) -> None:
    """Show the project's policy and every rule."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.client.get(here.client.of_project("masking")), _policy_lines)


def change(
    mode: Annotated[str, typer.Option("--mode", help="off, mask, hash or drop.")] = "",
    rules: Annotated[
        str, typer.Option("--rules", help="Rules or groups (secrets, personal, national_ids, all), with commas.")
    ] = "",
    custom: Annotated[
        list[str] | None, typer.Option("--custom", help="A rule of your own, NAME=PATTERN in RE2's syntax; added.")
    ] = None,
    no_custom: Annotated[bool, typer.Option("--no-custom", help="Drop the rules of your own first.")] = False,
    media: Annotated[
        str, typer.Option("--media", help="keep or drop images, recordings and files: no rule can look into them.")
    ] = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Change the policy for what arrives from now on. What is not given stays as it is."""
    with session(as_json=as_json, project=project, makes_home=True) as here:
        path = here.client.of_project("masking")
        before = _before(here.client, path)
        kept = {} if no_custom else {one["name"]: one["pattern"] for one in before["custom"]}
        own = kept | dict(_split(one) for one in custom or [])
        body: dict[str, Any] = {
            "mode": mode or before["mode"],
            "rules": rules.replace(",", " ").split() or [one["name"] for one in before["rules"] if one["on"]],
            "custom": [{"name": name, "pattern": pattern} for name, pattern in own.items()],
            "media": media or before["media"],
        }
        here.output.show(here.client.put_json(path, body), _changed_lines)


def _before(client: Client, path: str) -> Reply:
    """Return the policy as it is: of a new project that of any, for it comes into being with its first policy."""
    try:
        return client.get(path)
    except NotFound:
        client.post("/api/projects", {"name": client.project})
        return client.get(path)


def try_out(
    text: Annotated[str, typer.Argument(help="Any text.")], project: ProjectOption = "", as_json: JsonFlag = False
) -> None:
    """Show what would be kept of a text."""
    with session(as_json=as_json, project=project, makes_home=True) as here:
        path = here.client.of_project("masking", "test")
        here.output.show(here.client.post(path, {"text": text}), _tried_lines)


def _split(custom: str) -> tuple[str, str]:
    name, equals, pattern = custom.partition("=")
    if not equals:
        raise InvalidInput(f"{custom[:40]!r} has no pattern", hint="write NAME=PATTERN, such as staff=EMP-[0-9]{6}")
    return name, pattern


def _policy_lines(reply: Reply) -> Lines:
    yield f"{reply['mode']}: {_MEANING[reply['mode']]}"
    rows = [[one["name"], one["group"], "on" if one["on"] else "", one["sentence"]] for one in reply["rules"]]
    rows += [[one["name"], "custom", "on", one["pattern"]] for one in reply["custom"]]
    yield from table(["rule", "group", "on", "what it finds"], rows)
    yield _media_line(reply)


def _changed_lines(reply: Reply) -> Lines:
    yield f"{reply['mode']}: {_MEANING[reply['mode']]}"
    yield f"rules: {', '.join([*_on(reply), *(one['name'] for one in reply['custom'])]) or 'none'}"
    if reply["media"] == "drop":
        yield _media_line(reply)


def _media_line(reply: Reply) -> str:
    dropped = "drop" in (reply["media"], reply["mode"])
    kept = "left out" if dropped else "kept as they are, for no rule can look into them (--media drop leaves them out)"
    return f"images, recordings and files: {kept}"


def _on(reply: Reply) -> Lines:
    """Yield the rules that are on; a group by its name where all of it is."""
    by_group: dict[str, list[Reply]] = {}
    for one in reply["rules"]:
        by_group.setdefault(one["group"], []).append(one)
    for group, rules in by_group.items():
        names = [one["name"] for one in rules if one["on"]]
        yield from [group] if len(names) == len(rules) > 1 else names


def _tried_lines(reply: Reply) -> Lines:
    yield reply["text"]
    yield f"masked: {', '.join(reply['masked']) or 'nothing'}"
    if reply["off"]:
        yield f"off here, but would find something: {', '.join(reply['off'])}"
