"""How a command answers: as text for people, or as one JSON value with ``--json``."""

import json
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from genyard.client.api import Reply
from genyard.core.errors import GenyardError
from genyard.core.escape import visible

Lines = Iterable[str]
Progressing = AbstractContextManager[Callable[[Reply], None]]
"""A display that is open while a job runs; it gives a function that is told the job's state."""


class Output(Protocol):
    """Where a command's result goes."""

    def show(self, reply: Reply, lines: Callable[[Reply], Lines]) -> None:
        """Show a result; ``lines`` makes the text for people."""
        ...

    def piece(self, text: str) -> None:
        """Show a piece of an answer while it comes."""
        ...

    def end(self) -> None:
        """End a line that was begun: the command is over, or failed half way."""
        ...

    def fail(self, error: GenyardError) -> None:
        """Say what is wrong and how to mend it."""
        ...

    def progress(self, title: str) -> Progressing:
        """Return a display of how far a job is."""
        ...


class TextOutput:
    """Text for people. What others wrote is made visible, so that it cannot steer the terminal."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err
        self._in_answer = False

    def show(self, reply: Reply, lines: Callable[[Reply], Lines]) -> None:
        self.end()
        for line in lines(reply):
            self._out.write(visible(line).replace("\n", "\\n") + "\n")
        self._out.flush()

    def piece(self, text: str) -> None:
        self._in_answer = self._in_answer or bool(text)
        self._out.write(visible(text))
        self._out.flush()

    def end(self) -> None:
        if self._in_answer:
            self._in_answer = False
            self._out.write("\n")
            self._out.flush()

    def fail(self, error: GenyardError) -> None:
        hint = f"  ({error.hint})" if error.hint else ""
        self._err.write(visible(f"genyard: {error.message}{hint}".replace("\n", " ")) + "\n")

    def progress(self, title: str) -> Progressing:
        return _bar(title) if self._err.isatty() else _quiet()


class JsonOutput:
    """One JSON value a command, for programs. Errors go to standard error in the API's form."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err

    def show(self, reply: Reply, lines: Callable[[Reply], Lines]) -> None:  # noqa: ARG002  # the port's signature
        json.dump(reply, self._out, indent=2, ensure_ascii=not self._utf8())
        self._out.write("\n")
        self._out.flush()

    def piece(self, text: str) -> None:
        pass

    def end(self) -> None:
        pass

    def fail(self, error: GenyardError) -> None:
        json.dump({"error": {"code": error.code, "hint": error.hint, "message": error.message}}, self._err)
        self._err.write("\n")

    def progress(self, title: str) -> Progressing:  # noqa: ARG002  # the port's signature
        return _quiet()

    def _utf8(self) -> bool:
        return (getattr(self._out, "encoding", None) or "").lower().replace("-", "") == "utf8"


def output(*, as_json: bool) -> Output:
    """Return the output for this process."""
    return JsonOutput(sys.stdout, sys.stderr) if as_json else TextOutput(sys.stdout, sys.stderr)


def table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a table with columns as wide as they need."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def more_lines(reply: Reply) -> Lines:
    """Yield how a list goes on, where it does."""
    if reply["next"] is not None:
        yield f"more: --after {shlex.quote(str(reply['next']))}, or a higher --limit"


@contextmanager
def _quiet() -> Iterator[Callable[[Reply], None]]:
    yield lambda _: None


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Reply], None]]:
    # rich takes 60 ms to import: only a person who waits for a job needs it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task(title, total=None)

        def update(state: Reply) -> None:
            at = state.get("progress")
            if at:
                display.update(task, completed=at["done"], total=at["total"] or None, description=at["note"] or title)

        yield update
