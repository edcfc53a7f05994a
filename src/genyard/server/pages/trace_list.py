"""The list of traces: what is happening, what is odd."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from genyard.core.canonical import Json
from genyard.core.digest import short
from genyard.observe.explorer.exports import MOST_EXPORTED
from genyard.observe.explorer.list_columns import CHOICES, USUAL
from genyard.observe.explorer.span_row import SpanRow
from genyard.server.pages import figures
from genyard.server.pages.explored import Explored
from genyard.server.pages.frame import Crumb, Head
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Empty, Table, identity, number, pick, status, text, time
from genyard.server.pages.status import chip
from genyard.server.pages.views_bar import ViewsBar

FACETS = ("model", "status", "endpoint", "release", "span_name", "user_id", "tags")
"""The columns whose values are shown beside the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    text: str
    traces: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetGroup:
    column: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceListView:
    head: Head
    explored: Explored
    views: ViewsBar
    table: Table
    empty: Empty
    problem: str
    """What is wrong with the query; then no row is shown."""
    hint: str
    facets: tuple[FacetGroup, ...]
    narrow_href: str
    """Shows the facets, or hides them."""
    add_href: str
    """Where the chosen traces are sent to be rows of a dataset; empty for who may not add any."""
    compare_href: str
    """Where two chosen ones are sent to stand side by side."""
    tail_href: str
    """Where the page's script asks what arrived; empty where the time has an end of its own."""
    export_hrefs: tuple[tuple[str, str], ...]
    """Forms of an export of what the list asks, and where each is had."""
    older: str
    newest: str
    crumbs: tuple[Crumb, ...]
    cli: str
    links: Links


def trace_list(
    spans: Sequence[Mapping[str, Json]],
    *,
    links: Links,
    explored: Explored,
    views: ViewsBar,
    older: str = "",
    first: bool = True,
    facets: Sequence[tuple[str, Sequence[tuple[str, int]]]] = (),
    problem: str = "",
    hint: str = "",
    may_add: bool = False,
) -> TraceListView:
    """Return the page of rows that a list gave. Only list columns and previews are read."""
    rows = tuple(trace_cells(SpanRow(one), links, explored.columns or USUAL) for one in spans)
    columns = columns_of(explored)
    rows = tuple((_pick(SpanRow(one)), *row) for one, row in zip(spans, rows, strict=True))
    columns = (Column(text="Pick"), *columns)
    return TraceListView(
        head=Head(title="Traces", heading="Traces"),
        explored=explored,
        views=views,
        table=Table(label="Traces", columns=columns, rows=rows),
        empty=_empty(explored),
        problem=problem,
        hint=hint,
        facets=tuple(_group(explored, column, values) for column, values in facets if values),
        narrow_href=_narrowed(explored),
        add_href=links.add_to_dataset() if may_add else "",
        compare_href=links.compare("", ""),
        tail_href=_tail(explored, links),
        export_hrefs=_exports(explored, links),
        older=explored.href(after=older) if older else "",
        newest="" if first else explored.href(),
        crumbs=(Crumb(text=links.project, href=links.home), Crumb(text="Traces")),
        cli=_command(explored),
        links=links,
    )


_FIRST = (Column(text="Time"), Column(text="State"), Column(text="Question", main=True))
_LAST = Column(text="Trace")
_USUAL: Mapping[str, Column] = {
    "release": Column(text="Release", optional=True),
    "endpoint": Column(text="Endpoint", wide=True),
    "model": Column(text="Model", wide=True),
    "duration": Column(text="Duration", number=True),
    "tokens": Column(text="Tokens", number=True, optional=True),
    "cost": Column(text="Cost", number=True, optional=True),
}
_NUMBERS = ("spans", "duration", "ttft", "tokens", "cost")


def columns_of(explored: Explored) -> tuple[Column, ...]:
    """Return the columns of a list. What somebody chose is there on narrow screens too."""
    if not explored.columns:
        return (*_FIRST, *_USUAL.values(), _LAST)
    chosen = (Column(text=one.text, number=one.value in _NUMBERS) for one in explored.choices() if one.chosen)
    return (*_FIRST, *chosen, _LAST)


def trace_cells(root: SpanRow, links: Links, columns: Sequence[str] = USUAL) -> tuple[Cell, ...]:
    """Return the cells of ``columns`` for a first span with the sums of its trace, between those that always stand."""
    href = links.trace(root.text("trace_id"))
    asked = root.whole("preview") or root.name
    errors = root.integer("trace_errors") or 0
    noted = figures.plural(errors, "error") if errors > root.failed else ""
    state = status(chip("failed" if root.failed else "ok"))
    return (
        time(root.start_ns, href=href),
        Cell(kind="chip", chip=state.chip, note=noted),
        text(asked, href=href),
        *(_cell(root, one, links) for one in columns),
        identity(root.text("trace_id"), what="trace id", shown=root.text("trace_id")[:8], href=href),
    )


def _cell(root: SpanRow, column: str, links: Links) -> Cell:
    match column:
        case "release":
            release = root.text("release")
            shown = short(release)[:12] if release.startswith("sha256:") else release
            return text(shown or _unreleased(root), limit=24)
        case "model":
            return text(root.text("trace_model") or root.model, limit=40)
        case "session":
            session = root.text("conversation_id")
            return text(session, limit=40, href=links.session(session) if session else "")
        case "tags":
            return text(", ".join(map(str, tags)) if isinstance(tags := root.columns.get("tags"), list) else "")
        case "spans":
            return number(figures.count(root.integer("trace_spans")))
        case "duration":
            return number(figures.duration(root.integer("duration_ns")))
        case "ttft":
            seconds = root.number("ttft_s")
            return number(figures.duration(None if seconds is None else round(seconds * 1e9)))
        case "tokens":
            return number(figures.count(root.integer("trace_tokens")))
        case "cost":
            return number(figures.money(root.number("trace_cost")))
        case _:
            return text(root.text(CHOICES[column]), limit=40)


def _pick(root: SpanRow) -> Cell:
    return pick(root.text("trace_id"), what=root.text("trace_id")[:8])


def _unreleased(root: SpanRow) -> str:
    """Return what stands for a missing release: only what runs a system of Genyard's could have one."""
    return "not released" if root.text("system") else ""


def _group(explored: Explored, column: str, values: Sequence[tuple[str, int]]) -> FacetGroup:
    return FacetGroup(
        column=column,
        values=tuple(
            FacetValue(
                text=short(value)[:16] if value.startswith("sha256:") else value[:60],
                traces=figures.count(traces),
                href=explored.with_term(column, value),
            )
            for value, traces in values
        ),
    )


def _tail(explored: Explored, links: Links) -> str:
    asked = {"q": explored.q, **explored.times()}
    return "" if explored.until else f"/api/projects/{links.project}/traces/tail?{urlencode(asked)}"


def _exports(explored: Explored, links: Links) -> tuple[tuple[str, str], ...]:
    asked = {"q": explored.q, **explored.times(), "limit": MOST_EXPORTED}
    path = f"/api/projects/{links.project}/traces/export?"
    forms = {"Parquet": "parquet", "JSON Lines": "jsonl", "OTLP": "otlp"}
    return tuple((name, path + urlencode(asked | {"format": form})) for name, form in forms.items())


def _narrowed(explored: Explored) -> str:
    return replace(explored, narrow=not explored.narrow).href()


def _empty(explored: Explored) -> Empty:
    if explored.q:
        return Empty(sentence="Nothing matches. Ask for less, or for a longer time.")
    return Empty(
        sentence="Nothing was recorded in this time. An application with genyard.init(), or any OTLP exporter, fills"
        " this list with a key of its own; so does each answer of Genyard's.",
        command="genyard keys create my-application",
    )


def _command(explored: Explored) -> str:
    words = ["genyard traces"]
    if explored.q:
        words.append("'" + explored.q.replace("'", "'\\''") + "'")
    words.append(explored.options())
    words += [f"--sort {shlex.quote(explored.sort)}"] if explored.sort != "start" else []
    return " ".join(words)
