"""``genyard run`` and ``genyard index``: one answer, and what it searches."""

import sys
from typing import Annotated

import typer

from genyard.cli.output import Lines
from genyard.cli.session import JsonFlag, SystemOption, session
from genyard.client.api import Reply
from genyard.core.errors import InvalidInput


def add_to(cli: typer.Typer) -> None:
    cli.command()(run)
    cli.command()(index)


def run(
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    system: SystemOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Answer one question with the system as it is in this folder: its sources, its cost, its trace."""
    asked = sys.stdin.read() if question == "-" else question
    if not asked.strip():
        raise InvalidInput("the question is empty")
    with session(as_json=as_json) as here:
        here.output.show(here.project.run(asked, system=system, on_text=here.output.piece), answer_lines)


def index(system: SystemOption = "", as_json: JsonFlag = False) -> None:
    """Build what the system searches; an index of the same documents and settings is not built again."""
    with session(as_json=as_json) as here:
        with here.output.progress("Indexing") as on_progress:
            found = here.project.index(system=system, on_progress=on_progress)
        here.output.show(found, _index_lines)


def answer_lines(reply: Reply) -> Lines:
    """Yield an answer's sources, cost and trace; its text was shown while it came."""
    for number, source in enumerate(reply["sources"], start=1):
        mark = "used" if source["used"] else "read"
        yield f"  [{number}] {source['label']}  ({mark}, score {source['score']:.2f})"
    cost = "cost unknown" if reply["cost_usd"] is None else f"${reply['cost_usd']:.4f}"
    tokens = f"{reply['usage']['input_tokens']} + {reply['usage']['output_tokens']} tokens"
    yield f"  {reply['latency_s'] * 1000:.0f} ms · {tokens} · {cost} · trace {reply['trace_id']}"


def _index_lines(reply: Reply) -> Lines:
    for one in reply["indexes"]:
        built = "built" if one["built"] else "already built"
        yield f"{one['name']}: {one['documents']} documents, {one['chunks']} passages, {built} ({one['digest'][7:15]})"
    if not reply["indexes"]:
        yield "this system searches nothing"
