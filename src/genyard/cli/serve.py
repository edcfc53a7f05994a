"""``genyard up``, ``login`` and ``logout``: the server, and which one to speak to."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from genyard.cli.output import Lines, output
from genyard.cli.session import JsonFlag
from genyard.client.api import Client, Reply
from genyard.client.connect import credentials_file, home_of, local_server, running_server
from genyard.core.errors import HomeLocked, InvalidInput
from genyard.core.settings import read_settings


def add_to(cli: typer.Typer) -> None:
    cli.command()(up)
    cli.command()(login)
    cli.command()(logout)


def up(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "",
    port: Annotated[str, typer.Option("--port", metavar="NUMBER", help="The port; 0 takes a free one.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Start the server: pages, API, OpenAI-compatible endpoint, jobs. Ctrl-C ends it.

    Where one runs on this home already, say where, with a new link to sign in.
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value}
    settings = read_settings(given)
    home = home_of(settings, Path.cwd())
    try:
        local_server().serve(settings, home, as_json=as_json)
    except HomeLocked:
        running = running_server(home)
        if running is None or given:  # whoever says where it is to listen wants another one
            raise
        _show_running(*running, as_json=as_json)


def _show_running(url: str, token: str, *, as_json: bool) -> None:
    with Client(url, key=token) as client:
        made = client.post("/api/sign-in-links")
    reply = {"home": made["home"], "sign_in": f"{url}{made['path']}", "url": url}
    output(as_json=as_json).show(reply, _running_lines)


def _running_lines(reply: Reply) -> Lines:
    yield f"Genyard serves {reply['home']} already, at {reply['url']}"
    yield f"Sign in (once, within 10 minutes):  {reply['sign_in']}"


def login(
    url: Annotated[str, typer.Argument(help="The server's address.")],
    key: Annotated[str, typer.Option("--key", help="The key; else it is asked for.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Speak to a shared server from now on. The key is kept in your configuration folder, readable by you alone."""
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"{url!r} is not an address", hint="write http://… or https://…")
    presented = key or os.environ.get("GENYARD_KEY") or typer.prompt("Key", hide_input=True)
    with Client(url, key=presented) as client:
        who = client.get("/api/me")
    _keep(credentials_file(), {"url": url, "key": presented})
    output(as_json=as_json).show(who, lambda reply: [f"signed in to {url} as {_who(reply)}"])


def logout(as_json: JsonFlag = False) -> None:
    """Forget the shared server: commands use this folder's home again."""
    credentials_file().unlink(missing_ok=True)
    output(as_json=as_json).show({"signed_in": False}, lambda _: ["signed out"])


def _who(reply: Reply) -> str:
    where = f"project {reply['project']}" if reply["project"] else "all projects"
    return f"{reply['name']} ({reply['role']} in {where})"


def _keep(path: Path, credentials: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(credentials, file)
