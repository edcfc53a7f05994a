"""Sessions: the list of them, and one as the talk that it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.core.escape import one_line
from genyard.observe.explorer.sessions import Session
from genyard.observe.explorer.span_row import SpanRow
from genyard.server.pages import figures
from genyard.server.pages.conversation import as_text, said
from genyard.server.pages.explored import Explored
from genyard.server.pages.frame import Crumb, Head
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Empty, Table, number, text, time
from genyard.server.pages.shown import Allowance, Folded, fold
from genyard.server.pages.span_panel import Fact
from genyard.server.pages.status import Chip, chip
from genyard.server.pages.views_bar import ViewsBar

TEXT_BYTES = 40_000

COLUMNS = (
    Column(text="Last active"),
    Column(text="Session"),
    Column(text="Began with", main=True),
    Column(text="User", wide=True),
    Column(text="Traces", number=True),
    Column(text="Errors", number=True, optional=True),
    Column(text="Tokens", number=True, optional=True),
    Column(text="Cost", number=True, optional=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionListView:
    head: Head
    explored: Explored
    views: ViewsBar
    table: Table
    empty: Empty
    problem: str
    hint: str
    older: str
    newest: str
    crumbs: tuple[Crumb, ...]
    cli: str
    links: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTurn:
    """One trace of the talk: what was asked, what was answered. The doors lead to the whole texts."""

    href: str
    number: int
    chip: Chip
    at_ns: int
    figures: str
    asked: Folded
    answered: Folded


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    head: Head
    facts: tuple[Fact, ...]
    turns: tuple[SessionTurn, ...]
    later: str
    """The address of the turns after these; empty at the end."""
    crumbs: tuple[Crumb, ...]
    cli: str
    links: Links


def session_list(
    sessions: Sequence[Session],
    *,
    links: Links,
    explored: Explored,
    views: ViewsBar,
    older: str = "",
    first: bool = True,
    problem: str = "",
    hint: str = "",
) -> SessionListView:
    """Return the page of sessions, the one that was last active first."""
    where = " --where '" + explored.q.replace("'", "'\\''") + "'" if explored.q else ""
    return SessionListView(
        head=Head(title="Sessions", heading="Sessions"),
        explored=explored,
        views=views,
        table=Table(label="Sessions", columns=COLUMNS, rows=tuple(_session(one, links) for one in sessions)),
        empty=Empty(
            sentence="No session in this time. genyard.session() names one, or the attribute gen_ai.conversation.id."
        ),
        problem=problem,
        hint=hint,
        older=explored.href(after=older) if older else "",
        newest="" if first else explored.href(),
        crumbs=(Crumb(text=links.project, href=links.home), Crumb(text="Sessions")),
        cli=f"genyard sessions{where} {explored.options()}",
        links=links,
    )


def _session(one: Session, links: Links) -> tuple[Cell, ...]:
    href = links.session(one.id)
    return (
        time(one.last_ns, href=href),
        text(one.id, href=href, limit=40),
        text(one.preview),
        text(one.user or "", limit=40),
        number(figures.count(one.traces)),
        number(figures.count(one.errors)),
        number(figures.count(one.tokens)),
        number(figures.money(one.cost_usd)),
    )


def session_view(session: str, roots: Sequence[Mapping[str, Json]], *, links: Links, later: str = "") -> SessionView:
    """Return the page of one session. ``roots`` are its first spans in order, payloads and sums included."""
    rows = [SpanRow(one) for one in roots]
    allowance = Allowance(TEXT_BYTES)
    name = one_line(session, limit=60)
    return SessionView(
        head=Head(title=f"Session {name}", heading=f"Session {name}"),
        facts=_facts(session, rows),
        turns=tuple(_turn(row, place, links, allowance) for place, row in enumerate(rows, start=1)),
        later=later,
        crumbs=(
            Crumb(text=links.project, href=links.home),
            Crumb(text="Sessions", href=links.sessions()),
            Crumb(text=name, mono=True),
        ),
        cli="genyard sessions '" + session.replace("'", "'\\''") + "'",
        links=links,
    )


def _facts(session: str, rows: Sequence[SpanRow]) -> tuple[Fact, ...]:
    tokens = [one for row in rows if (one := row.integer("trace_tokens")) is not None]
    costs = [cost for row in rows if (cost := row.number("trace_cost")) is not None]
    user = next((row.text("user_id") for row in rows if row.text("user_id")), "")
    found = [
        Fact(label="Session", text=one_line(session, limit=40), digest=session),
        Fact(label="Began", text="", at_ns=rows[0].start_ns),
        Fact(label="Turns", text=figures.count(len(rows))),
        Fact(label="Tokens", text=figures.count(sum(tokens) if tokens else None)),
        Fact(label="Cost", text=figures.money(sum(costs) if costs else None)),
    ]
    return (*found, Fact(label="User", text=one_line(user, limit=40))) if user else tuple(found)


def _turn(row: SpanRow, place: int, links: Links, allowance: Allowance) -> SessionTurn:
    asked, answered = _texts(row)
    spent = (figures.duration(row.integer("duration_ns")), figures.money(row.number("trace_cost")))
    return SessionTurn(
        href=links.trace(row.text("trace_id")),
        number=place,
        chip=chip("failed" if row.failed else "ok"),
        at_ns=row.start_ns,
        figures=" · ".join(spent),
        asked=fold(asked, allowance, lines=8),
        answered=fold(answered, allowance, lines=12),
    )


def _texts(row: SpanRow) -> tuple[str, str]:
    """Return what was asked and answered, as the first span says it; else its preview."""
    inputs, outputs = said(row, "input_messages"), said(row, "output_messages")
    asked = row.question or (inputs[-1].text if inputs else "") or row.whole("preview")
    answered = "\n".join(one.text for one in outputs) or as_text(row.json("output"))
    return asked, answered
