"""A part of a trace with each span's children inside it: bounded in breadth and depth, and it goes on anywhere."""

from collections import deque
from dataclasses import dataclass, field

from genyard.core.canonical import Json
from genyard.core.errors import NotFound
from genyard.observe.explorer.span_forest import SpanForest

DEEPEST = 50
"""Levels of one answer: readers of JSON have bounds of their own."""
COLUMNS = (
    "span_id",
    "parent_span_id",
    "span_name",
    "start_ns",
    "duration_ns",
    "status",
    "error_type",
    "operation",
    "request_model",
    "response_model",
    "tool_name",
    "total_tokens",
    "cost_usd",
    "ttft_s",
)
"""What is said of a span; the rest of it is had by its id."""

Node = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Spans side by side, those below inside them. ``next`` is how many of these to pass over next, None at the end."""

    spans: list[Node] = field(default_factory=list)
    next: int | None


def nested_spans(forest: SpanForest, *, span: str, after: int, limit: int) -> Nested:
    """Return the first spans of a trace from the one at ``after`` on, or the children of ``span``, with what is below.

    Of ``limit`` spans in all those nearest to the top are given first. A span says in ``below`` how many stand below
    it, and in ``left_out`` how many of its children are not given: they are had with its id and the number of those
    that are. Raises NotFound.
    """
    tree = forest.tree
    top = tree.roots if not span else tree.children[_position(forest, span)]
    below = tree.descendants()
    spans = list[Node]()
    waiting = deque((one, 1, spans) for one in top[after : after + limit])
    given = 0
    while waiting and given < limit:
        position, level, beside = waiting.popleft()
        children = list[Node]()
        beside.append(_node(forest, position, below[position], children))
        given += 1
        if level < DEEPEST:
            waiting.extend((child, level + 1, children) for child in tree.children[position])
    _count_left_out(spans)
    reached = after + len(spans)
    return Nested(spans=spans, next=reached if reached < len(top) else None)


def _node(forest: SpanForest, position: int, below: int, children: list[Node]) -> Node:
    columns: dict[str, Json] = {name: forest.spans[position].columns.get(name) for name in COLUMNS}
    orphan = {"orphan": True} if position in forest.tree.orphans else {}
    return {**columns, **orphan, "below": below, "children": children, "left_out": len(forest.tree.children[position])}


def _count_left_out(spans: list[Node]) -> None:
    for node in spans:
        children, of_all = node["children"], node["left_out"]
        assert isinstance(children, list) and isinstance(of_all, int)
        node["left_out"] = of_all - len(children)
        _count_left_out(children)


def _position(forest: SpanForest, span: str) -> int:
    found = next((position for position, one in enumerate(forest.spans) if one.id == span), None)
    if found is None:
        raise NotFound(f"the trace has no span {span[:40]!r}")
    return found
