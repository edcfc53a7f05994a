"""Traces that leave as files, and that come from files: ``genyard traces --export``, ``--media`` and ``--import``."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from genyard.cli.output import Lines
from genyard.cli.session import Session
from genyard.client.api import Reply
from genyard.client.project import MOST_EXPORTED
from genyard.core.errors import InvalidInput, TooLarge
from genyard.core.escape import visible
from genyard.core.figures import plural

_FORMATS = {".parquet": "parquet", ".otlp.jsonl": "otlp", ".jsonl": "jsonl"}


@dataclass(slots=True, kw_only=True)
class _Counted:
    """How many traces there are of what was asked."""

    traces: int = 0

    def take(self, traces: int) -> None:
        self.traces = traces


def export(here: Session, asked: str, out: Path | None, *, limit: int | None, **chosen: str) -> None:
    """Write whole traces as ``asked``, a form or a file that names one, says. Raises TooLarge where more are left."""
    form, file = _form_and_file(asked, out)
    counted = _Counted()
    given: Mapping[str, Any] = {"limit": limit, "on_count": counted.take, **chosen}
    if form != "parquet":
        _write(here.project.export(format=form, **given), file)
    elif file is None:
        raise InvalidInput("Parquet is not for the eye", hint="give --out FILE, or --export FILE.parquet")
    else:
        here.project.export_parquet(file, **given)
    written = min(counted.traces, limit or MOST_EXPORTED)
    if file is not None:
        reply = {"file": str(file), "matching": counted.traces, "traces": written}
        here.output.show(reply, _written_lines)
    elif written < counted.traces:
        sys.stderr.write(f"genyard: the newest {written:,} of {plural(counted.traces, 'trace')}\n")
    if limit is None and written < counted.traces:
        raise TooLarge(
            f"an export has {MOST_EXPORTED:,} traces at most, and there are {counted.traces:,}",
            hint="what was given is whole; --until TIME goes on from the oldest of it",
        )


def _form_and_file(asked: str, out: Path | None) -> tuple[str, Path | None]:
    named = _named(asked)
    if named:
        return named, Path(asked)
    if asked not in _FORMATS.values():
        raise InvalidInput(
            f"an export is jsonl, otlp or parquet, not {asked[:40]!r}",
            hint="or a file that ends in .jsonl, .otlp.jsonl or .parquet",
        )
    if out is not None and _named(out.name) not in ("", asked) and "parquet" in (asked, _named(out.name)):
        raise InvalidInput(f"{out} is no name for an export as {asked}", hint=f"--export {out} alone says its form")
    return asked, out


def _named(file: str) -> str:
    return next((form for ending, form in _FORMATS.items() if file.endswith(ending)), "")


def _write(lines: Iterator[str], out: Path | None) -> None:
    if out is None:
        for line in lines:
            # In a pipe the bytes stay as they are; a terminal must not be steered by them.
            typer.echo(visible(line) if sys.stdout.isatty() else line)
        return
    with out.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _written_lines(done: Reply) -> Lines:
    said = plural(done["traces"], "trace")
    if done["traces"] < done["matching"]:
        said = f"the newest {done['traces']:,} of {plural(done['matching'], 'trace')}"
    yield f"{said} written to {done['file']}"


def save_media(here: Session, folder: Path, *, query: str, since: str, until: str, limit: int | None) -> None:
    """Save what the traces refer to into ``folder``."""
    with here.output.progress("saving") as on_progress:
        done = here.project.save_media(folder, query, since=since, until=until, limit=limit, on_progress=on_progress)
    here.output.show(done, lambda reply: _media_lines(reply, folder))


def _media_lines(done: Reply, folder: Path) -> Lines:
    gone = f", {done['gone']:,} gone" if done["gone"] else ""
    yield f"{plural(done['files'], 'file')} saved in {folder}{gone}"


def import_file(here: Session, file: Path) -> None:
    """Keep the traces of a file."""
    with here.output.progress("importing") as on_progress:
        done = here.project.import_traces(file, on_progress=on_progress)
    here.output.show(done, _import_lines)


def _import_lines(done: Reply) -> Lines:
    refused = f", {done['refused']:,} refused" if done["refused"] else ""
    yield f"{done['spans']:,} spans kept, lines read: {done['lines']:,}{refused}"
    yield from done["reasons"]
