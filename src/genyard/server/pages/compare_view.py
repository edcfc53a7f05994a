"""Two traces side by side: what differs, step by step."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from genyard.core.escape import one_line
from genyard.develop.trace_rows import answer_of
from genyard.observe.explorer.span_forest import SpanForest
from genyard.observe.explorer.span_row import SpanRow
from genyard.server.pages import figures
from genyard.server.pages.conversation import as_text, said
from genyard.server.pages.diff import Diff, diff
from genyard.server.pages.frame import Crumb, Head
from genyard.server.pages.links import Links
from genyard.server.pages.shown import Allowance, Folded, fold

TEXT_BYTES = 24_000
MOST_STEPS = 200
MOST_DIFFED = 6_000
"""Of each answer so many characters are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One thing that both traces have, and how they differ. An empty side is absent there."""

    label: str
    one: str
    other: str
    change: str
    """From one to the other, such as ``+120 ms``; empty where they are equal or cannot be compared."""
    one_href: str = ""
    other_href: str = ""
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    name: str
    href: str
    asked: Folded
    answered: Folded


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareView:
    head: Head
    one: str
    other: str
    """The ids as they were given."""
    action: str
    problem: str
    sides: tuple[Side, ...]
    answers: Diff | None
    """The two answers line by line; None where they are the same, or one side has none."""
    facts: tuple[Pair, ...]
    steps: tuple[Pair, ...]
    more_steps: int
    crumbs: tuple[Crumb, ...]
    cli: str
    links: Links


Show = Callable[[int | None], str]


def compare_view(
    one: SpanForest | None, other: SpanForest | None, *, links: Links, asked: tuple[str, str], problem: str = ""
) -> CompareView:
    """Return the page of two traces, each with its first span's payloads; None where not found."""
    left, right = (side.spans if side else () for side in (one, other))
    both = bool(left and right)
    texts = [_answered(rows)[:MOST_DIFFED] for rows in (left, right)] if both else []
    steps = _steps(left, right, links) if both else []
    allowance = Allowance(TEXT_BYTES)
    heading = "Compare two traces"
    return CompareView(
        head=Head(title=heading, heading=heading),
        one=asked[0],
        other=asked[1],
        action=links.compare("", ""),
        problem=problem,
        sides=tuple(_side(rows, links, allowance) for rows in (left, right)) if both else (),
        answers=diff(*texts) if both and all(texts) and texts[0] != texts[1] else None,
        facts=_facts(left, right) if both else (),
        steps=tuple(steps[:MOST_STEPS]),
        more_steps=max(0, len(steps) - MOST_STEPS),
        crumbs=(
            Crumb(text=links.project, href=links.home),
            Crumb(text="Traces", href=links.traces()),
            Crumb(text="Compare"),
        ),
        cli="",
        links=links,
    )


def _side(rows: Sequence[SpanRow], links: Links, allowance: Allowance) -> Side:
    root = _root(rows)
    inputs = said(root, "input_messages")
    asked = root.question or (inputs[-1].text if inputs else "") or root.whole("preview")
    return Side(
        name=root.text("trace_id")[:8],
        href=links.trace(root.text("trace_id")),
        asked=fold(asked, allowance, lines=8),
        answered=fold(_answered(rows), allowance, lines=24),
    )


def _answered(rows: Sequence[SpanRow]) -> str:
    """Return the answer as a dataset would have it, else what the first span gave."""
    root = _root(rows)
    return answer_of(dict(root.columns), [dict(one.columns) for one in rows]) or as_text(root.json("output"))


def _root(rows: Sequence[SpanRow]) -> SpanRow:
    return next((one for one in rows if one.columns.get("is_root")), rows[0])


def _facts(left: Sequence[SpanRow], right: Sequence[SpanRow]) -> tuple[Pair, ...]:
    roots = _root(left), _root(right)
    took = [one.end_ns - one.start_ns for one in roots]
    tokens = [_sum([row.tokens for row in rows if row.text("usage_scope") == "self"]) for rows in (left, right)]
    costs = [_cost(rows) for rows in (left, right)]
    errors = [sum(row.failed for row in rows) for rows in (left, right)]
    return (
        _words("Release", *(one.text("release")[:24] for one in roots)),
        _words("Endpoint", *(one.text("endpoint") for one in roots)),
        _words("Models", *(", ".join(_models(rows)) for rows in (left, right))),
        _number("Duration", *took, show=figures.duration),
        _number("Tokens", *tokens, show=figures.count),
        _money("Cost", *costs),
        _number("Spans", len(left), len(right), show=figures.count),
        _number("Errors", *errors, show=figures.count),
    )


def _models(rows: Sequence[SpanRow]) -> list[str]:
    return list(dict.fromkeys(row.model for row in rows if row.kind == "model" and row.model))[:4]


def _sum(values: Sequence[int | None]) -> int | None:
    known = [one for one in values if one is not None]
    return sum(known) if known else None


def _cost(rows: Sequence[SpanRow]) -> float | None:
    known = [one for row in rows if row.text("usage_scope") == "self" and (one := row.number("cost_usd")) is not None]
    return sum(known) if known else None


def _steps(left: Sequence[SpanRow], right: Sequence[SpanRow], links: Links) -> list[Pair]:
    """Pair the first ``search`` of one with the first of the other, and so on, in the order of the first trace."""
    places: defaultdict[tuple[str, int], list[SpanRow | None]] = defaultdict(lambda: [None, None])
    for side, rows in enumerate((left, right)):
        seen: Counter[str] = Counter()
        for row in rows:
            places[row.name, seen[row.name]][side] = row
            seen[row.name] += 1
    return [_step(name, one, other, links) for (name, _), (one, other) in places.items()]


def _step(name: str, one: SpanRow | None, other: SpanRow | None, links: Links) -> Pair:
    took = [None if row is None else row.end_ns - row.start_ns for row in (one, other)]
    pair = _number(name, *took, show=figures.duration)
    failed = one is not None and other is not None and one.failed != other.failed
    return Pair(
        label=one_line(name, limit=60),
        one=_outcome(one, pair.one),
        other=_outcome(other, pair.other),
        change=pair.change if one and other else "only in one",
        one_href=links.trace(one.text("trace_id"), span=one.id) if one else "",
        other_href=links.trace(other.text("trace_id"), span=other.id) if other else "",
        differs=failed or one is None or other is None,
    )


def _outcome(row: SpanRow | None, took: str) -> str:
    if row is None:
        return ""
    return f"{took}, failed: {row.text('error_type') or 'error'}" if row.failed else took


def _words(label: str, one: str, other: str) -> Pair:
    return Pair(label=label, one=one, other=other, change="" if one == other else "differs", differs=one != other)


def _number(label: str, one: int | None, other: int | None, *, show: Show) -> Pair:
    return Pair(label=label, one=show(one), other=show(other), change=_change(one, other, show))


def _change(one: int | None, other: int | None, show: Show) -> str:
    if one is None or other is None or one == other:
        return ""
    return ("+" if other > one else "−") + show(abs(other - one))


def _money(label: str, one: float | None, other: float | None) -> Pair:
    change = ""
    if one is not None and other is not None and one != other:
        change = ("+" if other > one else "−") + figures.money(abs(other - one))
    return Pair(label=label, one=figures.money(one), other=figures.money(other), change=change)
