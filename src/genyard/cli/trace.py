"""``genyard trace``: the spans of one trace as the tree that they are, and one span with what it took and gave."""

from collections.abc import Iterator
from typing import Annotated

import typer

from genyard.cli.output import Lines
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.cli.span_lines import span_lines
from genyard.cli.trace_rows import money_of
from genyard.client.api import Reply
from genyard.core.figures import plural


def add_to(cli: typer.Typer) -> None:
    cli.command()(trace)


def trace(
    of: Annotated[str, typer.Argument(metavar="TRACE", help="Its id, or 6 or more digits of it.")],
    span: Annotated[
        str,
        typer.Option(
            "--span",
            help="Show the span of this id, or of the first digits of it, with its messages, and what is below it.",
        ),
    ] = "",
    after: Annotated[int, typer.Option("--after", min=0, help="Pass over so many spans at the top.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=2000, help="How many spans, the top first.")] = 200,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Show the spans of a trace as a tree; with --json each with its children inside."""
    with session(as_json=as_json, project=project) as here:
        found = here.project.span(of, span) if span else {}
        whole = found["span"]["span_id"] if span else ""
        reply = here.project.trace_tree(of, span=whole, after=after, limit=limit)
        # What goes on below a span shows it no second time.
        here.output.show(reply if after else reply | found, _tree_lines)


def _tree_lines(reply: Reply) -> Lines:
    yield f"trace {reply['trace_id']} · {plural(reply['span_count'], 'span')}"
    if "span" in reply:
        yield from span_lines(reply["span"])
        yield from ["", "below it"] if reply["spans"] else []
    yield from _lines(reply["spans"], "")
    if reply["next"] is not None:
        yield f"… more at the top: --after {reply['next']}"


def _lines(spans: list[Reply], indent: str) -> Iterator[str]:
    for one in spans:
        yield indent + _line(one)
        yield from _lines(one["children"], indent + "  ")
        if one["left_out"]:
            given = f" --after {len(one['children'])}" if one["children"] else ""
            yield f"{indent}  … {one['left_out']} more: --span {one['span_id']}{given}"


def _line(one: Reply) -> str:
    words = [one["span_name"] or "—", f"{(one['duration_ns'] or 0) / 1e6:.1f} ms"]
    words += [str(found)] if (found := one["response_model"] or one["request_model"] or one["tool_name"]) else []
    words += [f"{one['total_tokens']:,} tokens"] if one["total_tokens"] is not None else []
    words += [money_of(one["cost_usd"])] if one["cost_usd"] is not None else []
    words += [f"failed: {one['error_type'] or 'error'}"] if one["status"] == "error" else []
    words += [one["span_id"]]
    return "  ".join(words)
