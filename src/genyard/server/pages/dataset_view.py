"""The pages of datasets: which there are, their rows, one row and where it came from, and the form that adds traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from genyard.core.canonical import Json
from genyard.core.digest import short
from genyard.core.escape import one_line
from genyard.develop.datasets import Row
from genyard.server.pages import figures
from genyard.server.pages.frame import Action, Crumb, Head
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Empty, ListView, Table, list_view, number, status, text, time
from genyard.server.pages.plain_views import ThingView, thing_view
from genyard.server.pages.shown import Allowance, Folded, fold
from genyard.server.pages.span_panel import Fact
from genyard.server.pages.status import chip

_BYTES = 30_000
MOST_PICKED = 50
_BECAME = {"added": "added", "corrected": "corrected", "unchanged": "there already", "refused": "refused"}
MOST_EDITED = 4_000
"""A longer answer is not put into the form: a part of it would take the place of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    name: str
    version: int
    rows: int
    erased: int
    traced: int
    registered_ns: int
    registered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A trace that may be a row: what it asks and answered, or why it cannot be one."""

    trace: str
    """As it is sent: ``TRACE`` or ``TRACE:SPAN``."""
    href: str
    question: Folded
    answer: Folded
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What somebody wrote into the form: it stays there where it was not taken."""

    new: str = ""
    expect: str = "nothing"
    given: str = ""
    tags: str = ""
    session: bool = False
    user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddView:
    head: Head
    filled: Filled
    problem: str
    """Why what was sent was not taken."""
    asked: tuple[Asked, ...]
    datasets: tuple[str, ...]
    chosen: str
    known: str
    """The address of the row that is there already."""
    href: str
    crumbs: tuple[Crumb, ...]
    cli: str


def datasets_page(rows: Sequence[DatasetRow], *, links: Links) -> ListView:
    """Return the list of datasets."""
    columns = (
        Column(text="Dataset", main=True),
        Column(text="Version", number=True),
        Column(text="Rows", number=True),
        Column(text="From traces", number=True, optional=True),
        Column(text="Registered"),
        Column(text="By", wide=True),
    )
    return list_view(
        "Datasets",
        links=links,
        columns=columns,
        rows=[_dataset(one, links) for one in rows],
        empty=Empty(
            sentence="No dataset yet. An evaluation registers those of genyard.yaml; a trace begins a new one.",
            command="genyard eval",
        ),
        cli="genyard dataset",
    )


def _dataset(one: DatasetRow, links: Links) -> tuple[Cell, ...]:
    erased = f"{figures.plural(one.erased, 'row')} erased" if one.erased else ""
    return (
        text(one.name, href=links.dataset(one.name), note=erased),
        number(str(one.version)),
        number(figures.count(one.rows)),
        number(figures.count(one.traced)),
        time(one.registered_ns),
        text(one.registered_by, limit=40),
    )


def rows_page(
    name: str, version: int, rows: Sequence[Row], *, links: Links, total: str, next_row: str, first: bool
) -> ListView:
    """Return the rows of the newest version, in order of id."""
    columns = (
        Column(text="Question", main=True),
        Column(text="Expected"),
        Column(text="Tags", optional=True),
        Column(text="From trace"),
        Column(text="Row", wide=True),
    )
    view = list_view(
        f"{name}:{version}",
        links=links,
        columns=columns,
        rows=[_row(name, one, links) for one in rows],
        empty=Empty(sentence="No row is behind this place."),
        cli=f"genyard dataset show {name}",
        older=links.dataset(name, after=next_row) if next_row else "",
        newest="" if first else links.dataset(name),
        note=total,
    )
    home, here = view.crumbs
    return replace(view, crumbs=(home, Crumb(text="Datasets", href=links.datasets()), here))


def _row(name: str, row: Row, links: Links) -> tuple[Cell, ...]:
    trace = str(row.origin.get("trace", ""))
    return (
        text(_question(row), href=links.dataset_row(name, row.id)),
        text(_answers(row) or ("" if row.erased else "to be filled"), limit=60),
        text(", ".join(row.tags), limit=40),
        text(trace[:8], href=links.trace(trace)) if trace else text(""),
        text(row.id, limit=20),
    )


def row_view(
    name: str,
    version: int,
    row: Row,
    *,
    links: Links,
    history: Sequence[tuple[int, int, Row]],
    release: tuple[str, str],
    may_add: bool,
) -> ThingView:
    """Return the page of a row. ``history`` is (version, time, row) where it changed, the newest first.

    ``release`` are the words and the address of the release that answered it, where that is known here.
    """
    trace, span = str(row.origin.get("trace", "")), str(row.origin.get("span", ""))
    correct = Action(text="Correct…", href=links.add_to_dataset(f"{trace}:{span}", dataset=name), primary=True)
    return thing_view(
        _question(row),
        links=links,
        body=row.as_json(),
        facts=_facts(name, version, row, links, release),
        tables=[_history(history)] if len(history) > 1 else (),
        texts=[] if row.erased else [("Expected", _answers(row) or "To be filled.", links.dataset(name))],
        raw_href=f"/api/projects/{links.project}/datasets/{name}",
        trail=(Crumb(text="Datasets", href=links.datasets()), Crumb(text=name, href=links.dataset(name))),
        actions=[correct] if may_add and trace else [],
        cli=f"genyard why {name}#{row.id}" if trace else f"genyard dataset show {name}",
    )


def _facts(name: str, version: int, row: Row, links: Links, release: tuple[str, str]) -> list[Fact]:
    origin = row.origin
    found = [Fact(label="Dataset", text=f"{name}:{version}", href=links.dataset(name))]
    if row.erased:
        found.append(Fact(label="State", text="erased: what it was made of was erased, its id stays"))
    elif not origin:
        found.append(Fact(label="Came from", text=row.source or "written by hand"))
    else:
        trace, span = str(origin["trace"]), str(origin.get("span", ""))
        found.append(Fact(label="Came from", text=f"trace {trace[:8]}", href=links.trace(trace, span=span)))
        stated = {"Endpoint": "endpoint", "Session": "session", "User": "user"}
        found += [
            Fact(label=label, text=one_line(str(origin[key]), limit=60))
            for label, key in stated.items()
            if key in origin
        ]
        media = origin.get("media")
        if isinstance(media, list) and media:
            told = f"{figures.plural(len(media), 'file')}, shown in the trace and not asked again"
            found.append(
                Fact(label="Beside the text", text=told, href=links.trace(trace, tab="conversation", span=span))
            )
        if release[0] or origin.get("release"):
            text_, href = release if release[0] else (short(str(origin["release"])), "")
            found.append(Fact(label="Release", text=text_, href=href))
        scores = origin.get("scores")
        if isinstance(scores, list):
            found.append(
                Fact(label="Scored", text=", ".join(_score(one) for one in scores if isinstance(one, Mapping)))
            )
        found.append(Fact(label="Into your file with", text=f"genyard dataset pull {name}"))
    if row.tags:
        found.append(Fact(label="Tags", text=", ".join(row.tags)))
    return found


def _score(one: Mapping[str, Json]) -> str:
    value = one.get("label") or one.get("value")
    return one_line(
        f"{one.get('name')} {value:g}" if isinstance(value, float) else f"{one.get('name')} {value}", limit=40
    )


def _history(history: Sequence[tuple[int, int, Row]]) -> Table:
    columns = (Column(text="Version", number=True), Column(text="Since"), Column(text="Expected", main=True))
    rows = tuple(
        (number(str(version)), time(at_ns), text("erased" if row.erased else _answers(row) or "to be filled"))
        for version, at_ns, row in history
    )
    return Table(label="What was expected", columns=columns, rows=rows)


def outcome_view(name: str, done: Sequence[tuple[str, str, str, str]], *, links: Links, cli: str) -> ThingView:
    """Return what became of traces: (trace, state, words, row id or empty)."""
    columns = (Column(text="Trace"), Column(text="State"), Column(text="What", main=True))
    rows = tuple(
        (
            text(trace[:8], href=links.trace(trace.partition(":")[0])),
            status(chip("refused")) if state == "refused" else text(_BECAME.get(state, state)),
            text(words, href=links.dataset_row(name, row) if row else links.add_to_dataset(trace, dataset=name)),
        )
        for trace, state, words, row in done
    )
    counts = {word: sum(one[1] == state for one in done) for state, word in _BECAME.items()}
    told = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    return thing_view(
        f"{name}: {told}",
        links=links,
        body={state: sum(one[1] == state for one in done) for state in sorted({one[1] for one in done})},
        tables=[Table(label="What became of each trace", columns=columns, rows=rows)],
        raw_href=f"/api/projects/{links.project}/datasets/{name}",
        trail=(Crumb(text="Datasets", href=links.datasets()),),
        actions=[Action(text=f"Open {name}", href=links.dataset(name), primary=True)],
        cli=cli,
    )


def add_view(
    asked: Sequence[tuple[str, str, str, str]],
    *,
    links: Links,
    datasets: Sequence[str],
    chosen: str,
    present: tuple[str, Row] | None,
    filled: Filled | None = None,
    problem: str = "",
) -> AddView:
    """Return the form. ``asked`` are (trace, question, answer, problem); ``present`` is the row that is there.

    It begins with what that row expects, where that fits a form, or with what was ``filled`` in before.
    """
    allowance = Allowance(_BYTES)
    title = "Add to dataset" if len(asked) == 1 else f"Add {len(asked)} traces to dataset"
    expected = _answers(present[1]) if present else ""
    ids = " ".join(one[0] for one in asked)
    if filled is None:
        known = expected if len(expected) <= MOST_EDITED else ""
        unanswered = len(asked) == 1 and not asked[0][2]
        filled = Filled(expect="given" if known or unanswered else "nothing", given=known)
    return AddView(
        head=Head(title=title, heading=title),
        filled=filled,
        problem=problem,
        asked=tuple(
            Asked(
                trace=trace,
                href=links.trace(trace.partition(":")[0]),
                question=fold(question, allowance),
                answer=fold(answer, allowance),
                problem=one_line(problem, limit=200),
            )
            for trace, question, answer, problem in asked
        ),
        datasets=tuple(datasets),
        chosen=chosen,
        known=links.dataset_row(present[0], present[1].id) if present else "",
        href=links.add_to_dataset(),
        crumbs=(
            Crumb(text=links.project, href=links.home),
            Crumb(text="Traces", href=links.traces()),
            Crumb(text="Add to dataset"),
        ),
        cli=one_line(f"genyard dataset add {chosen or 'NAME'} {ids}", limit=400),
    )


def _question(row: Row) -> str:
    if row.erased:
        return "(erased)"
    return row.asked


def _answers(row: Row) -> str:
    answers = row.expected.get("answers")
    return " | ".join(map(str, answers)) if isinstance(answers, list) else ""
