"""The plain lists: columns, cells, an opaque cursor to older rows, and what fills an empty one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from genyard.core.escape import one_line
from genyard.server.pages.frame import Crumb, Head
from genyard.server.pages.links import Links
from genyard.server.pages.status import Chip

CellKind = Literal["text", "time", "chip", "id", "number", "pick", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    text: str
    number: bool = False
    optional: bool = False
    """Left out on narrow screens."""
    wide: bool = False
    """Left out on all but wide screens."""
    main: bool = False
    """Takes the width that the others leave, and is cut there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. The first cell of a row is its link."""

    kind: CellKind = "text"
    text: str = ""
    href: str = ""
    note: str = ""
    at_ns: int | None = None
    chip: Chip | None = None
    copy: str = ""
    """The whole id behind a short one."""
    what: str = ""
    """What is copied, such as ``run id``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """What belongs here, and the command that fills it."""

    sentence: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition in force; its link drops it."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    label: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    head: Head
    table: Table
    empty: Empty
    filters: tuple[Filter, ...]
    older: str
    """The address of older rows; empty at the end."""
    newest: str
    """The address of the newest rows, where this page is not them."""
    notice: str
    crumbs: tuple[Crumb, ...]
    cli: str
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a list stands: the cursor that the store gave for older rows, and whether this is the first page."""

    older: str = ""
    first: bool = True
    notice: str = ""
    """Said above the rows, such as ``the last 30 days``."""


def list_view(
    title: str,
    *,
    links: Links,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    empty: Empty,
    cli: str,
    older: str = "",
    newest: str = "",
    notice: str = "",
    note: str = "",
    filters: Sequence[Filter] = (),
    home: bool = False,
) -> ListView:
    """Return a list. With filters in force an empty list says that nothing matches, which is another thing."""
    crumbs = () if home else (Crumb(text=links.project, href=links.home),)
    return ListView(
        head=Head(title=title, heading=title, note=note),
        table=Table(label=title, columns=tuple(columns), rows=tuple(rows)),
        empty=Empty(sentence="Nothing matches. Drop a filter to see more.") if filters else empty,
        filters=tuple(filters),
        older=older,
        newest=newest,
        notice=notice,
        crumbs=(*crumbs, Crumb(text=title)),
        cli=cli,
        links=links,
    )


def text(value: str, *, href: str = "", note: str = "", limit: int = 120) -> Cell:
    return Cell(text=one_line(value, limit=limit), href=href, note=one_line(note, limit=limit))


def number(value: str) -> Cell:
    return Cell(kind="number", text=value)


def time(at_ns: int | None, *, href: str = "") -> Cell:
    return Cell(kind="time", at_ns=at_ns, href=href)


def status(chip: Chip) -> Cell:
    return Cell(kind="chip", chip=chip)


def command(line: str) -> Cell:
    """Return a command to be copied; the page adds its project."""
    return Cell(kind="command", text=line)


def pick(value: str, *, what: str) -> Cell:
    """Return a box that chooses the row for the page's form."""
    return Cell(kind="pick", text=value, what=one_line(what, limit=60))


def identity(value: str, *, what: str, shown: str, href: str = "") -> Cell:
    return Cell(kind="id", text=shown, href=href, copy=value, what=what)
