"""The command ``genyard``: verbs by group, one line for an error, exit codes of the error table."""

import gc
import io
import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from genyard import __version__
from genyard.cli import (
    access,
    ask,
    datasets,
    evaluate,
    govern,
    jobs,
    lake,
    life,
    masking,
    models,
    observe,
    serve,
    sql,
    start,
    trace,
    views,
)
from genyard.cli.output import output
from genyard.core.errors import OUTCOMES, Cancelled, GenyardError, InvalidInput

HELP = """The whole life of a generative-AI system: discover, develop, evaluate, deploy, govern.

Exit codes: 0 done · 1 Genyard failed · 2 the input is wrong · 3 not allowed · 4 the gate did not pass ·
5 the model provider failed · 6 the home or server has a problem · 130 cancelled.
"""


_STOPPED = Cancelled("stopped", hint="run the command again to go on")
_CTRL_C = OUTCOMES[Cancelled.code].exit_code


def build() -> typer.Typer:
    """Return the command line, put together from its groups."""
    cli = typer.Typer(
        name="genyard",
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.callback(help=HELP)(_options)
    for group in (
        start,
        ask,
        evaluate,
        life,
        serve,
        models,
        observe,
        trace,
        views,
        datasets,
        govern,
        sql,
        lake,
        masking,
        jobs,
        access,
    ):
        group.add_to(cli)
    return cli


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"genyard {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[  # its callback answers
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Take what stands before the verb."""


OBJECTS_BETWEEN_COLLECTIONS = 5000
_REPORT = "this is a fault of Genyard; with GENYARD_TRACEBACK=1 it says where"


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter is no failure
    # Python looks for cycles every 700 new objects: a tenth of an evaluation's time. Ours are few.
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        return _run(arguments)
    except Exception as error:  # the last boundary: a person gets one line
        if os.environ.get("GENYARD_TRACEBACK"):
            raise
        return _failed(GenyardError(f"Genyard failed: {type(error).__name__}: {error}", hint=_REPORT), arguments)


def _run(arguments: list[str]) -> int:
    try:
        result = build()(arguments or ["--help"], prog_name="genyard", standalone_mode=False)
    except GenyardError as error:
        return _failed(error, arguments)
    except TyperException as error:
        named = not arguments[0].startswith("-") and not error.format_message().startswith("No such command")
        verb = f"{arguments[0]} " if named else ""
        return _failed(InvalidInput(error.format_message(), hint=f"see: genyard {verb}--help"), arguments)
    except (KeyboardInterrupt, typer.Abort):
        return _failed(_STOPPED, arguments)
    except UnicodeError:
        return _failed(InvalidInput("what was given is not UTF-8 text"), arguments)
    except OSError as error:
        if error.filename is None or os.environ.get("GENYARD_TRACEBACK"):
            raise
        return _failed(InvalidInput(f"{error.filename}: {error.strerror}"), arguments)
    # typer makes an exit code of Ctrl-C by itself.
    return _failed(_STOPPED, arguments) if result == _CTRL_C else result if isinstance(result, int) else 0


def _failed(error: GenyardError, arguments: list[str]) -> int:
    output(as_json="--json" in arguments).fail(error)
    return OUTCOMES[error.code].exit_code
