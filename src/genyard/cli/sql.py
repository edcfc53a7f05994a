"""``genyard sql``: one SELECT over the project's own spans, scores and logs, as a table, JSON or CSV."""

import csv
import io
import json
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, session
from genyard.client.api import Reply
from genyard.core.errors import InvalidInput
from genyard.core.escape import one_line, visible

_WIDEST = 60
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def add_to(cli: typer.Typer) -> None:
    cli.command()(sql)


def sql(
    select: Annotated[
        str, typer.Argument(help="One SELECT over spans, scores and logs; - reads it from standard input.")
    ] = "",
    tables: Annotated[bool, typer.Option("--tables", help="List the tables and their columns instead.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many rows at most.")] = 1000,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", min=0.1, help="Stop after this many seconds; the server has a bound too."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer with CSV for a spreadsheet.")] = False,
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Ask the project's spans, scores and logs in SQL. It runs apart from the server, bounded, and can only read."""
    if not tables and not select.strip():
        raise InvalidInput("there is no statement", hint='genyard sql "SELECT count(*) FROM spans", or --tables')
    with session(as_json=as_json, project=project) as here:
        if tables:
            here.output.show(here.project.sql_tables(), _column_lines)
            return
        text = sys.stdin.read() if select == "-" else select
        reply = here.project.sql(text, limit=limit, timeout_s=timeout)
        if as_csv:
            sys.stdout.write(as_csv_text(reply))
        else:
            here.output.show(reply, _row_lines)
        if reply["cut"] and (as_csv or as_json):
            sys.stderr.write(f"genyard: {_cut(reply)}\n")


def as_csv_text(reply: Reply) -> str:
    """Return a reply as CSV. Text that a spreadsheet would take for a formula begins with an apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([_harmless(one["name"]) for one in reply["columns"]])
    writer.writerows([_harmless(value) for value in row] for row in reply["rows"])
    return written.getvalue()


def _harmless(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = _text(value)
    return visible(f"'{text}" if text.startswith(_FORMULA) else text)


def _text(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> str:
    # What sums leave in the last digits says nothing; JSON and CSV have every digit.
    return str(float(f"{value:.12g}")) if isinstance(value, float) else _text(value)


def _row_lines(reply: Reply) -> Lines:
    rows = [[one_line(_shown(value), limit=_WIDEST) for value in row] for row in reply["rows"]]
    yield from table([one_line(one["name"], limit=_WIDEST) for one in reply["columns"]], rows)
    yield f"{len(rows)} row{'' if len(rows) == 1 else 's'} · {reply['took_s']:.2f} s"
    if reply["cut"]:
        yield _cut(reply)


def _cut(reply: Reply) -> str:
    what = "--limit is reached" if reply["cut"] == "rows" else "an answer has no room for more"
    return f"there are more rows: {what} after {len(reply['rows'])}"


def _column_lines(reply: Reply) -> Lines:
    yield from table(["table", "column", "type", "what"], list(_described(reply["tables"])))


def _described(tables: Iterable[Reply]) -> Iterable[list[str]]:
    for one in tables:
        for column in one["columns"]:
            yield [one["name"], column["name"], column["type"], column["sentence"]]
