"""The command ``genyard``: verbs by group, one line for an error, exit codes of the error table."""

import sys

import typer
from typer.exceptions import TyperException

from genyard.cli import access, ask, evaluate, govern, jobs, life, models, serve, start
from genyard.cli.output import output
from genyard.core.errors import OUTCOMES, GenyardError, InvalidInput

HELP = """The whole life of a generative-AI system: discover, develop, evaluate, deploy, govern.

Exit codes: 0 done · 1 Genyard failed · 2 the input is wrong · 3 not allowed · 4 the gate did not pass ·
5 the model provider failed · 6 the home or server has a problem · 130 cancelled.
"""


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
    for group in (start, ask, evaluate, life, serve, models, govern, jobs, access):
        group.add_to(cli)
    return cli


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        result = build()(arguments or ["--help"], prog_name="genyard", standalone_mode=False)
    except GenyardError as error:
        output(as_json="--json" in arguments).fail(error)
        return OUTCOMES[error.code].exit_code
    except TyperException as error:
        verb = "" if error.format_message().startswith("No such command") else f"{arguments[0]} "
        mistake = InvalidInput(error.format_message(), hint=f"see: genyard {verb}--help")
        output(as_json="--json" in arguments).fail(mistake)
        return OUTCOMES[mistake.code].exit_code
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("genyard: stopped; run the command again to go on\n")
        return OUTCOMES["cancelled"].exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0
