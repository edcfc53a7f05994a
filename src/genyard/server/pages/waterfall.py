"""The waterfall: one row a span with its bar, laid out on the trace's time by the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from genyard.observe.explorer.span_row import Kind, SpanRow
from genyard.observe.explorer.span_tree import SpanTree
from genyard.server.pages import figures
from genyard.server.pages.links import TraceState
from genyard.server.pages.outline import EVERYTHING, WINDOW, Line, busy, matches, outline

_LEAST = 0.8
"""The least width of a bar, in percent."""
_MOST_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A part of a bar, in percent of the trace's time. ``light`` is time spent waiting for children."""

    x: str
    width: str
    light: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRow:
    id: str
    name: str
    word: str
    kind: Kind
    note: str
    failed: bool
    group: bool
    """Several alike siblings in one row; its link opens them."""
    level: int
    indent: int
    """The level for the eye, which stops at 6."""
    place: int
    siblings: int
    expanded: bool | None
    href: str
    open_href: str
    """Where the rest of a folded row is; empty when its children stand on the page."""
    selected: bool
    bars: tuple[Bar, ...]
    notch: str
    """Where the first token came, in percent; empty where that is not known."""
    duration: str
    tokens: str
    cost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    text: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    rows: tuple[TreeRow, ...]
    axis: tuple[str, ...]
    filters: tuple[Filter, ...]
    total: int
    """All rows, of which this page has ``first`` to ``last``, counted from 1."""
    first: int
    last: int
    earlier: str
    later: str
    whole: bool
    """Every span of the trace has its row on this page."""


class _Scale:
    def __init__(self, spans: Sequence[SpanRow]) -> None:
        self.start = min(span.start_ns for span in spans)
        self.length = max(1, max(span.end_ns for span in spans) - self.start)

    def percent(self, moment_ns: int) -> float:
        return min(100.0, max(0.0, 100 * (moment_ns - self.start) / self.length))

    def bar(self, start_ns: int, end_ns: int, *, light: bool = False) -> Bar:
        width = max(_LEAST, self.percent(end_ns) - self.percent(start_ns))
        x = min(self.percent(start_ns), 100 - width)
        return Bar(x=f"{x:.2f}", width=f"{width:.2f}", light=light)


def waterfall(spans: Sequence[SpanRow], tree: SpanTree, *, state: TraceState, selected: int) -> Waterfall:
    """Lay out the window of rows that ``state`` asks for. ``spans`` holds at least one."""
    lines = outline(spans, tree, state, selected=selected)
    make = _RowMaker(spans, tree, state, selected)
    rows = tuple(make.row(line, lines.first + offset) for offset, line in enumerate(lines.lines))
    last = lines.first + len(rows)
    return Waterfall(
        rows=rows,
        axis=_axis(make.scale.length),
        filters=_filters(spans, state),
        total=lines.total,
        first=lines.first + 1,
        last=last,
        earlier=state.page(max(0, lines.first - WINDOW)) if lines.first else "",
        later=state.page(last) if last < lines.total else "",
        whole=len(rows) == len(spans),
    )


def _axis(length_ns: int) -> tuple[str, ...]:
    whole = figures.duration(length_ns)
    value, _, unit = whole.rpartition(" ")
    if unit not in ("s", "ms") or " " in value:
        return ("0", whole)
    divisor = 1e9 if unit == "s" else 1e6
    quarters = [figures.significant(length_ns * part / 4 / divisor, 2) for part in (1, 2, 3)]
    return ("0", *quarters, whole)


def _filters(spans: Sequence[SpanRow], state: TraceState) -> tuple[Filter, ...]:
    problems = len(matches(spans, "problems"))
    words = (("all", "All"), ("models", "Models"), ("problems", f"Problems {problems}" if problems else "Problems"))
    return tuple(Filter(text=text, href=state.filter(key), current=state.show == key) for key, text in words)


class _RowMaker:
    def __init__(self, spans: Sequence[SpanRow], tree: SpanTree, state: TraceState, selected: int) -> None:
        self._spans, self._tree, self._state, self._selected = spans, tree, state, selected
        self._below = tree.descendants()
        self.scale = _Scale(spans)

    def row(self, line: Line, index: int) -> TreeRow:
        span = self._spans[line.position]
        group = [self._spans[one] for one in line.group]
        return TreeRow(
            id=span.id,
            name=f"{span.name} × {len(group):,}" if group else span.name,
            word=span.word,
            kind=span.kind,
            note=self._group_note(group) if group else self._note(span, line),
            failed=span.failed and not group,
            group=bool(group),
            level=line.level,
            indent=min(6, line.level),
            place=line.place,
            siblings=line.siblings,
            expanded=line.expanded,
            href=self._opening(line, index) if group else self._state.select(span.id),
            open_href=self._opening(line, index) if line.expanded is False else "",
            selected=line.position == self._selected and not group,
            bars=self._group_bars(group) if group else self._bars(line.position),
            notch="" if group else self._notch(span),
            duration=figures.duration(_lasted(group) if group else span.integer("duration_ns")),
            tokens=_tokens([one.tokens for one in group or [span]]),
            cost=_cost([one.number("cost_usd") for one in group or [span]]),
        )

    def _opening(self, line: Line, index: int) -> str:
        parent = self._tree.parents[line.position]
        holder = line.position if not line.group else parent
        return self._state.open(EVERYTHING if holder is None else self._spans[holder].id, after=max(0, index - 1))

    def _note(self, span: SpanRow, line: Line) -> str:
        if span.failed:
            return span.text("error_type") or span.text("error_message")[:60]
        if line.expanded is False:
            return figures.plural(self._below[line.position], "span")
        if span.kind == "model":
            return "" if span.text("request_model") in span.name else span.model
        found = span.json("retrieval_documents")
        if span.kind == "retrieval" and isinstance(found, list):
            return figures.plural(len(found), "document")
        tool = span.text("tool_name") if span.kind == "tool" else ""
        return "" if tool == span.name else tool

    def _group_note(self, group: Sequence[SpanRow]) -> str:
        times = sorted(one.end_ns - one.start_ns for one in group)
        errors = sum(one.failed for one in group)
        note = f"p50 {figures.duration(times[len(times) // 2])}, max {figures.duration(times[-1])}"
        return f"{note}, {figures.plural(errors, 'error')}" if errors else note

    def _bars(self, position: int) -> tuple[Bar, ...]:
        span = self._spans[position]
        own = busy(self._tree, self._spans, position)
        if not self._tree.children[position] or len(own) > _MOST_PARTS:
            return (self.scale.bar(span.start_ns, span.end_ns),)
        whole = self.scale.bar(span.start_ns, span.end_ns, light=True)
        # A part thinner than the least width would be drawn wider than it was; it is left to the light bar.
        visible = [one for one in own if self.scale.percent(one[1]) - self.scale.percent(one[0]) >= _LEAST / 2]
        return (whole, *(self.scale.bar(*one) for one in visible))

    def _group_bars(self, group: Sequence[SpanRow]) -> tuple[Bar, ...]:
        return (self.scale.bar(min(one.start_ns for one in group), max(one.end_ns for one in group), light=True),)

    def _notch(self, span: SpanRow) -> str:
        ttft = span.number("ttft_s")
        if ttft is None or ttft < 0 or span.start_ns + ttft * 1e9 >= span.end_ns:
            return ""
        return f"{self.scale.percent(span.start_ns + int(ttft * 1e9)):.2f}"


def _lasted(group: Sequence[SpanRow]) -> int:
    return sum(one.end_ns - one.start_ns for one in group)


def _tokens(values: Sequence[int | None]) -> str:
    known = [one for one in values if one is not None]
    return figures.count(sum(known)) if known else ""


def _cost(values: Sequence[float | None]) -> str:
    known = [one for one in values if one is not None]
    return figures.money(sum(known)) if known else ""
