"""Write the tables of the docs that code knows better than people.

They stand between ``<!-- generated: NAME -->`` and ``<!-- end -->``. tests/docs compares them with what the code gives.
"""

import ast
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from typer._click import Parameter
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from genyard.access.roles import GRANTED, PERMISSIONS, ROLES
from genyard.app import build as build_app
from genyard.cli.main import build as build_cli
from genyard.core.errors import OUTCOMES, error_types
from genyard.core.settings import SETTINGS, read_settings
from genyard.develop.code_scorers import METRICS
from genyard.observe.conventions.names import NAMES, RESOURCE_NAMES
from genyard.observe.masking.rules import RULES
from genyard.server.guard import PUBLIC
from genyard.server.web import create

ROOT = Path(__file__).resolve().parents[1]
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
EXITS = {
    1: "Genyard itself failed",
    2: "what you gave does not fit: mend it",
    3: "not allowed: ask an admin",
    4: "the gate failed or is undecided",
    5: "the model provider failed",
    6: "the home, its disk or its server has a problem",
    130: "somebody stopped it",
}


PATH: dict[str, tuple[str, ...]] = {
    "server/openai.py": ("chat_completions", "_whole", "_events", "_stored"),
    "deploy/gateway.py": ("read_request", "Serving", "headers", "completion_of", "_inputs", "_ignored"),
    "develop/answer.py": ("answer", "whole_answer", "_retrieve", "_ask", "_whole", "_summed", "_sources"),
    "develop/answer_spans.py": (
        "Stamps",
        "root_attributes",
        "asked_attributes",
        "retrieval_attributes",
        "chat_attributes",
        "completion_attributes",
        "source_attributes",
        "closing",
    ),
    "observe/tracing.py": ("Tracing", "_OwnSpan", "_OwnTracer.start_span", "_Outlet"),
    "observe/conventions/row.py": ("rows_of", "_base", "_row", "_placed", "_read"),
    "store/lake.py": ("Lake.append", "Lake._append", "Lake._kept"),
    "store/wal.py": ("Commit", "WriteAheadLog.append", "WriteAheadLog._run", "_next_group", "_write"),
}
"""The functions between a request and its stored span, in the order of reading. docs/design/answer-path.md tells it."""


def main() -> None:
    """Write every generated part anew."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text), encoding="utf-8")


def pages() -> list[Path]:
    """Return the pages that may have generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """Return a page with its generated parts as the code gives them now."""
    return _PART.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}{found[3]}", text)


def settings() -> str:
    """Return every setting with its type, default and sentence."""
    rows = [
        [f"`{one.variable}`", one.type, f"`{one.default}`" if one.default else "—", one.sentence] for one in SETTINGS
    ]
    return table(["variable", "type", "default", "what it is"], rows)


def roles() -> str:
    """Return which role may do what."""
    rows = [[f"`{one}`", *("yes" if one in GRANTED[role] else "" for role in ROLES)] for one in PERMISSIONS]
    return table(["permission", *ROLES], rows)


def errors() -> str:
    """Return every error code with its exit code, HTTP status and meaning."""
    kinds = error_types()
    rows = [
        [f"`{code}`", str(outcome.exit_code), str(outcome.http_status), _meaning(kinds[code].__doc__)]
        for code, outcome in OUTCOMES.items()
    ]
    return table(["code", "exit", "HTTP", "when"], rows)


def _meaning(docstring: str | None) -> str:
    sentence = (docstring or "").splitlines()[0].removeprefix("Raised when ").rstrip(".")
    return "something failed that nobody expected" if sentence.startswith("Base of") else sentence


def exits() -> str:
    """Return every exit code."""
    found = sorted({outcome.exit_code for outcome in OUTCOMES.values()})
    return table(["exit", "what it says"], [["0", "done"], *([str(one), EXITS[one]] for one in found)])


def masking() -> str:
    """Return every rule of masking, in order of precedence."""
    rows = [[f"`{one.name}`", one.group, one.sentence, one.source] for one in RULES.values()]
    return table(["rule", "group", "what it finds", "where its form is from"], rows)


def metrics() -> str:
    """Return every metric with its direction, range and options."""
    rows = []
    for name, one in METRICS.items():
        shown = f"{name}_at_K" if "k" in one.options and one.options["k"] is not None else name
        low, high = one.value_range
        options = ", ".join(f"`{key}`" for key in one.options) or "—"
        rows.append([f"`{shown}`", one.direction, f"{low:g} to {'∞' if high is None else f'{high:g}'}", options])
    return table(["metric", "better is", "range", "options"], rows)


def commands() -> str:
    """Return every command: how it is written and what it does."""
    rows = [[f"`{_usage(path, one)}`", _first(one.help)] for path, one in cli_commands()]
    return table(["command", "what it does"], rows)


def options() -> str:
    """Return every option and argument, each once, with the commands that take it."""
    where: dict[tuple[str, str], list[str]] = {}
    for path, command in cli_commands():
        for one in command.params:
            name = one.opts[0] if isinstance(one, TyperOption) else _argument(one)
            help_ = str(getattr(one, "help", None) or "")
            where.setdefault((name, help_), []).append(path)
    rows = [[f"`{name}`", _takers(paths), help_] for (name, help_), paths in sorted(where.items())]
    return table(["option", "of", "what it is"], rows)


def _takers(paths: list[str]) -> str:
    return "most" if len(paths) > 10 else ", ".join(paths)


def cli_commands() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Yield every command by its path, such as ``keys create``; a group is a command too where it lists."""
    top = typer.main.get_command(build_cli())
    assert isinstance(top, TyperGroup)
    for name, one in top.commands.items():
        assert isinstance(one, TyperCommand | TyperGroup)
        yield name, one
        for below, inner in one.commands.items() if isinstance(one, TyperGroup) else ():
            assert isinstance(inner, TyperCommand)
            yield f"{name} {below}", inner


def _usage(path: str, command: TyperCommand | TyperGroup) -> str:
    words = [f"genyard {path}"]
    for one in command.params:
        if isinstance(one, TyperArgument):
            name = _argument(one)
            words.append(name if one.required else f"[{name}]")
        elif isinstance(one, TyperOption) and one.opts[0] not in ("--json", "--project"):
            value = "" if one.is_flag else f" {one.opts[0].removeprefix('--').upper()}"
            words.append(f"{one.opts[0]}{value}" if one.required else f"[{one.opts[0]}{value}]")
    return " ".join(words)


def _argument(one: Parameter) -> str:
    return (one.name or "").upper()


def _first(help_: str | None) -> str:
    return " ".join((help_ or "").split("\n\n")[0].split())


def routes() -> str:
    """Return every route of the API with the permission it needs."""
    rows = [
        [f"`{method} {path}`", f"`{one['x-permission']}`" if "x-permission" in one else "none", one["description"]]
        for method, path, one in api_routes()
    ]
    return table(["route", "permission", "what it does"], [[*row[:2], _first(row[2])] for row in rows])


def api_routes() -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of each route, by path."""
    with tempfile.TemporaryDirectory() as folder, build_app(read_settings({}, environment={}), Path(folder)) as app:
        document = create(app, hosts=frozenset()).openapi()
    return [
        (method.upper(), path, {"description": ""} | one)
        for path, methods in sorted(document["paths"].items())
        for method, one in methods.items()
    ]


def path() -> str:
    """Return the files and functions of ``PATH`` with their lines, in tens: an edit of one need not touch the docs."""
    lines = {file: -(-path_lines(file) // 10) * 10 for file in PATH}
    rows = [
        [str(at), f"`{file}`", ", ".join(f"`{one}`" for one in PATH[file]), str(lines[file])]
        for at, file in enumerate(PATH, start=1)
    ]
    return table(
        ["", "file", "read", "lines, at most"], [*rows, ["", f"{len(rows)} files", "", str(sum(lines.values()))]]
    )


def path_lines(file: str) -> int:
    """Return the lines of what is to be read of a file. Raises KeyError for a function that is not there."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse((ROOT / "src" / "genyard" / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = (node.end_lineno or node.lineno) - node.lineno + 1
    return sum(found[name.rpartition(".")[2]] for name in PATH[file])


def records() -> str:
    """Return the fields of each record, as the code declares them."""
    tree = ast.parse((ROOT / "src" / "genyard" / "core" / "records.py").read_text(encoding="utf-8"))
    rows = []
    for record in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for field, after in zip(record.body, [*record.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign):
                told = ast.get_docstring(ast.Module([after], [])) if isinstance(after, ast.Expr) else ""
                default = f" = {ast.unparse(field.value)}" if field.value else ""
                rows.append(
                    [record.name, f"`{ast.unparse(field.target)}`", f"`{ast.unparse(field.annotation)}{default}`", told]
                )
    return table(["record", "field", "type", "what it is"], [[cell or "" for cell in row] for row in rows])


def public() -> str:
    """Return the paths that answer anybody."""
    return "".join(f"- `{path}`\n" for path in sorted(PUBLIC))


def names() -> str:
    """Return every column of a span that has attribute names of its own, with them in order of precedence."""
    return table(
        ["column", "attributes, the first that is there wins"],
        [[f"`{column}`", ", ".join(f"`{name}`" for name in several)] for column, several in NAMES.items()],
    )


def resource_names() -> str:
    """Return the same of a resource."""
    return table(
        ["column", "resource attributes"],
        [[f"`{column}`", ", ".join(f"`{name}`" for name in several)] for column, several in RESOURCE_NAMES.items()],
    )


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "errors": errors,
    "exits": exits,
    "masking": masking,
    "metrics": metrics,
    "names": names,
    "options": options,
    "path": path,
    "public": public,
    "records": records,
    "resource_names": resource_names,
    "roles": roles,
    "routes": routes,
    "settings": settings,
}

if __name__ == "__main__":
    main()
