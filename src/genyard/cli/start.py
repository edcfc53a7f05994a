"""``genyard init``: the files of a new project, in the user's own folder."""

from pathlib import Path
from typing import Annotated

import typer

from genyard.cli.output import Lines, output
from genyard.cli.session import JsonFlag
from genyard.client.api import Reply
from genyard.client.starter import write_starter


def add_to(cli: typer.Typer) -> None:
    cli.command()(init)


def init(
    name: Annotated[str, typer.Argument(help="The system's name, such as helpdesk.")],
    docs: Annotated[Path, typer.Option("--docs", help="The folder of Markdown pages to answer from.")],
    as_json: JsonFlag = False,
) -> None:
    """Write genyard.yaml, a prompt and a first dataset for a docs assistant here."""
    written = write_starter(Path.cwd(), name, docs)
    output(as_json=as_json).show({"written": written}, _lines)


def _lines(reply: Reply) -> Lines:
    for path in reply["written"]:
        yield f"wrote {path}"
    yield 'Ask it something:  genyard run "…"'
    yield "Then put 30 or more questions with their answers into data/golden.jsonl and run:  genyard eval"
