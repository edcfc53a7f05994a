"""Which rows of a span tree a page shows: whole when small; when large folded to what matters, in windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from genyard.observe.explorer.span_row import SpanRow
from genyard.observe.explorer.span_tree import SpanTree
from genyard.server.pages.links import TraceState

WINDOW = 90
"""Rows on one page. A row takes 330 to 500 bytes, and a page 60 kB in all."""
ALIKE = 5
"""More alike siblings than this fold into one row."""
EVERYTHING = "all"
"""The id under which the folded roots open."""
_MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: a span, or with ``group`` several alike siblings in one."""

    position: int
    level: int
    place: int
    """1, 2, 3 among its siblings."""
    siblings: int
    expanded: bool | None = None
    """None where nothing stands below."""
    group: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    lines: tuple[Line, ...]
    first: int
    """The place of the first of ``lines`` among all rows, from 0."""
    total: int


def outline(spans: Sequence[SpanRow], tree: SpanTree, state: TraceState, *, selected: int) -> Outline:
    """Return the window of rows that ``state`` asks for.

    A trace of up to WINDOW spans stands open whole. A larger one opens its roots, the paths to problems and to the
    selected span, and what the reader opened; elsewhere more than ALIKE alike siblings are one row.
    """
    lines = list(_Walk(spans, tree, state, selected).lines())
    first = min(state.after, max(0, len(lines) - 1))
    return Outline(lines=tuple(lines[first : first + WINDOW]), first=first, total=len(lines))


def matches(spans: Sequence[SpanRow], show: str) -> list[int]:
    """Return the spans that a filter is about: ``models``, ``problems``, or with ``all`` every span."""
    if show == "models":
        return [position for position, span in enumerate(spans) if span.kind == "model"]
    if show == "problems":
        return [position for position, span in enumerate(spans) if span.failed]
    return list(range(len(spans)))


class _Walk:
    def __init__(self, spans: Sequence[SpanRow], tree: SpanTree, state: TraceState, selected: int) -> None:
        self._spans, self._tree = spans, tree
        self._opened = {position for position, span in enumerate(spans) if span.id in state.opened}
        self._all_roots = EVERYTHING in state.opened
        self._only = self._with_paths(matches(spans, state.show)) if state.show != "all" else None
        self._small = len(spans) <= WINDOW or self._only is not None
        problems = matches(spans, "problems")[:_MOST_PROBLEMS]
        self._kept = set() if self._small else self._with_paths([*problems, selected, *self._opened])

    def _with_paths(self, positions: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for position in positions:
            for step in self._tree.path(position):
                if step in found:
                    break
                found.add(step)
        return found

    def lines(self) -> Iterator[Line]:
        stack = [self._siblings(self._tree.roots, 1, whole=self._small or self._all_roots)]
        while stack:
            line = next(stack[-1], None)
            if line is None:
                stack.pop()
                continue
            yield line
            if line.expanded:
                whole = self._small or line.position in self._opened
                stack.append(self._siblings(self._tree.children[line.position], line.level + 1, whole=whole))

    def _siblings(self, positions: Sequence[int], level: int, *, whole: bool) -> Iterator[Line]:
        if self._only is not None:
            positions = [one for one in positions if one in self._only]
        groups = [(one,) for one in positions] if whole else self._alike(positions)
        for place, group in enumerate(groups, start=1):
            many = len(group) > 1
            yield Line(
                position=group[0],
                level=level,
                place=place,
                siblings=len(groups),
                expanded=False if many else self._expanded(group[0], level),
                group=group if many else (),
            )

    def _expanded(self, position: int, level: int) -> bool | None:
        children = self._tree.children[position]
        if not children or (self._only is not None and not any(one in self._only for one in children)):
            return None
        if self._small or position in self._opened or level == 1:
            return True
        return any(one in self._kept for one in children)

    def _alike(self, positions: Sequence[int]) -> list[tuple[int, ...]]:
        found: list[tuple[int, ...]] = []
        for alike, members in groupby(positions, key=self._likeness):
            run = tuple(members)
            found += [run] if alike and len(run) > ALIKE else [(one,) for one in run]
        return found

    def _likeness(self, position: int) -> tuple[str, str] | None:
        """Return what makes siblings alike; None for one that is shown on its own."""
        span = self._spans[position]
        return None if position in self._kept else (span.name, span.word)


def busy(tree: SpanTree, spans: Sequence[SpanRow], position: int) -> list[tuple[int, int]]:
    """Return when a span itself worked: its time less that of its children, as (start, end) in nanoseconds."""
    span = spans[position]
    free: list[tuple[int, int]] = []
    reached = span.start_ns
    for child in (spans[one] for one in tree.children[position]):
        if child.start_ns > reached:
            free.append((reached, min(child.start_ns, span.end_ns)))
        reached = max(reached, child.end_ns)
    if reached < span.end_ns or not free and not tree.children[position]:
        free.append((reached, span.end_ns))
    return [one for one in free if one[1] >= one[0]]
