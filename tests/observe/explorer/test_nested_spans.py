"""A trace with each span's children inside it, in parts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genyard.core.canonical import Json
from genyard.core.errors import NotFound
from genyard.observe.explorer.nested_spans import DEEPEST, Node, nested_spans
from genyard.observe.explorer.span_forest import SpanForest, span_forest


def forest(parents: list[int | None]) -> SpanForest:
    """Return spans 0, 1, 2, … that start one after the other, each below the one that is named."""
    rows: list[dict[str, Json]] = [
        {"span_id": f"{number}", "parent_span_id": None if parent is None else f"{parent}", "start_ns": number}
        for number, parent in enumerate(parents)
    ]
    return span_forest(rows)


def walked(spans: list[Node]) -> list[Any]:
    """Return the ids as they stand: those below a span in a list behind it."""
    found: list[Any] = []
    for one in spans:
        children = one["children"]
        assert isinstance(children, list)
        found += [one["span_id"], walked(children)] if children else [one["span_id"]]
    return found


def everything(trace: SpanForest, limit: int, span: str = "") -> set[str]:
    """Follow all that was left out, as a reader would; return the ids."""
    found, after = set[str](), 0
    waiting = [(span, 0)]
    while waiting:
        span, after = waiting.pop()
        part = nested_spans(trace, span=span, after=after, limit=limit)
        waiting += [(span, part.next)] if part.next is not None else []
        nodes = list(part.spans)
        for one in nodes:  # grows while it is walked
            children = one["children"]
            assert isinstance(children, list)
            found.add(str(one["span_id"]))
            nodes += children
            waiting += [(str(one["span_id"]), len(children))] if one["left_out"] else []
    return found


TREE = [None, 0, 0, 1, 1, None, 9]
"""0 has 1 and 2, 1 has 3 and 4, 5 is alone, and the parent of 6 never came."""


def test_children_stand_inside_their_parents_and_the_top_comes_first() -> None:
    whole = nested_spans(forest(TREE), span="", after=0, limit=100)
    assert (walked(whole.spans), whole.next) == (["0", ["1", ["3", "4"], "2"], "5", "6"], None)
    assert [(one["below"], one["left_out"], one.get("orphan")) for one in whole.spans] == [
        (4, 0, None),
        (0, 0, None),
        (0, 0, True),
    ]
    part = nested_spans(forest(TREE), span="", after=0, limit=4)
    assert walked(part.spans) == ["0", ["1"], "5", "6"]
    assert part.spans[0]["left_out"] == 1


def test_it_goes_on_at_the_top_and_below_any_span() -> None:
    first = nested_spans(forest(TREE), span="", after=0, limit=2)
    assert (walked(first.spans), first.next) == (["0", "5"], 2)
    assert walked(nested_spans(forest(TREE), span="", after=2, limit=2).spans) == ["6"]
    assert walked(nested_spans(forest(TREE), span="1", after=1, limit=2).spans) == ["4"]
    assert nested_spans(forest(TREE), span="3", after=0, limit=2).spans == []
    with pytest.raises(NotFound, match="no span '77'"):
        nested_spans(forest(TREE), span="77", after=0, limit=2)


def test_it_is_no_deeper_than_readers_can_bear() -> None:
    deep = forest([None, *range(200)])
    level, spans = 0, nested_spans(deep, span="", after=0, limit=2000).spans
    while spans:
        level, last = level + 1, spans[0]
        spans = last["children"]  # type: ignore[assignment]  # it is a list of nodes
    assert (level, last["left_out"], last["below"]) == (DEEPEST, 1, 201 - DEEPEST)
    assert len(everything(deep, 2000)) == 201


@settings(max_examples=40)
@given(
    parents=st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=1, max_size=30),
    limit=st.integers(min_value=1, max_value=40),
)
def test_following_what_was_left_out_gives_every_span(parents: list[int | None], limit: int) -> None:
    assert everything(forest(parents), limit) == {f"{number}" for number in range(len(parents))}
