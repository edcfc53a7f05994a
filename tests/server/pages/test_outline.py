"""Which rows of a tree are shown: whole when small, folded and in windows when large."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.pages import samples

from genyard.core.canonical import Json
from genyard.observe.explorer.span_row import SpanRow
from genyard.observe.explorer.span_tree import span_tree
from genyard.server.pages.links import TraceState
from genyard.server.pages.outline import WINDOW, Outline, busy, outline


def rows_of(spans: list[SpanRow], state: TraceState, *, selected: int = 0) -> Outline:
    tree = span_tree([one.id for one in spans], [one.parent for one in spans], [one.start_ns for one in spans])
    return outline(spans, tree, state, selected=selected)


@pytest.fixture(scope="module")
def large() -> list[SpanRow]:
    return [SpanRow(row) for row in samples.large_trace(5_000)]


def test_a_small_trace_stands_open_whole() -> None:
    found = rows_of([SpanRow(row) for row in samples.answer_spans()], TraceState())
    assert [line.level for line in found.lines] == [1, 2, 2, 2, 2, 2]
    assert found.total == 6


def test_a_large_trace_shows_a_window_of_folded_rows(large: list[SpanRow]) -> None:
    found = rows_of(large, TraceState())
    assert len(found.lines) <= WINDOW
    assert found.total < 100
    assert any(len(line.group) > 5 for line in found.lines)


def test_every_problem_of_a_large_trace_has_a_row(large: list[SpanRow]) -> None:
    shown = {line.position for line in rows_of(large, TraceState()).lines if not line.group}
    assert {position for position, span in enumerate(large) if span.failed} <= shown


def test_the_selected_span_has_a_row(large: list[SpanRow]) -> None:
    found = rows_of(large, TraceState(span=large[3_000].id), selected=3_000)
    assert any(line.position == 3_000 and not line.group for line in found.lines)


def test_pages_of_an_opened_node_reach_every_child(large: list[SpanRow]) -> None:
    opened = TraceState(opened=(large[1].id,))
    total = rows_of(large, opened).total
    reached = {
        line.position
        for first in range(0, total, WINDOW)
        for line in rows_of(large, TraceState(opened=opened.opened, after=first)).lines
    }
    assert {position for position, span in enumerate(large) if span.parent == large[1].id} <= reached


def test_problems_alone_come_with_the_way_to_them(large: list[SpanRow]) -> None:
    found = rows_of(large, TraceState(show="problems"))
    leaves = [line.position for line in found.lines if line.expanded is None]
    assert leaves
    assert all(large[position].failed for position in leaves)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8))
def test_own_time_and_that_of_children_fill_the_span(children: list[tuple[int, int]]) -> None:
    base = samples.START_NS
    columns: list[dict[str, Json]] = [{"span_id": "p", "start_ns": base, "duration_ns": 60}]
    columns += [
        {"span_id": "c", "parent_span_id": "p", "start_ns": base + at, "duration_ns": long} for at, long in children
    ]
    spans = [SpanRow(one) for one in columns]
    tree = span_tree([one.id for one in spans], [one.parent for one in spans], [one.start_ns for one in spans])
    own = {moment for start, end in busy(tree, spans, 0) for moment in range(start - base, end - base)}
    theirs = {moment for at, long in children for moment in range(at, at + long)}
    assert own == set(range(60)) - theirs
