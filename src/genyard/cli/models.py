"""``genyard models``: what can be asked, and at what price."""

from typing import Annotated
from urllib.parse import quote

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, session
from genyard.client.api import Reply


def add_to(cli: typer.Typer) -> None:
    group = typer.Typer(help="Models: what can be asked, and at what price.", invoke_without_command=True)
    group.callback()(listing)
    group.command()(show)
    cli.add_typer(group, name="models")


def listing(
    context: typer.Context,
    find: Annotated[str, typer.Option("--find", help="Only names that hold this.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """List models with context window, price and whether they can be asked from here."""
    if context.invoked_subcommand:
        return
    with session(as_json=as_json, makes_home=True) as here:
        here.output.show(here.client.get("/api/models", find=find or None), _list_lines)


def show(name: Annotated[str, typer.Argument(help="Such as openai/gpt-5-mini.")], as_json: JsonFlag = False) -> None:
    """Show all that is known of one model."""
    with session(as_json=as_json, makes_home=True) as here:
        here.output.show(here.client.get(f"/api/models/{quote(name, safe='/')}"), _card_lines)


def _list_lines(reply: Reply) -> Lines:
    rows = [
        [one["name"], _tokens(one["context_window"]), _price(one), "yes" if one["available"] else "no"]
        for one in reply["models"]
    ]
    yield from table(["model", "context", "$ per M in · out", "ready"], rows)
    if reply["more"]:
        yield f"and {reply['more']} more: narrow with --find"


def _card_lines(reply: Reply) -> Lines:
    for name, value in reply.items():
        yield f"{name.replace('_', ' '):16} {'—' if value is None else value}"


def _tokens(count: int | None) -> str:
    return "—" if count is None else f"{count:,}"


def _price(one: Reply) -> str:
    if one["input_usd_per_m"] is None:
        return "—"
    output = one["output_usd_per_m"]
    return f"{one['input_usd_per_m']:g} · {'—' if output is None else f'{output:g}'}"
