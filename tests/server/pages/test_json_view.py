"""JSON on a page: bounded in depth, nodes and bytes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from genyard.core.canonical import Json
from genyard.observe.explorer.span_row import read_json
from genyard.server.pages.json_view import JsonNode, json_view
from genyard.server.pages.shown import Allowance

LEAVES: st.SearchStrategy[Json] = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner)
)


def value_of(node: JsonNode) -> Json:
    if node.kind == "object":
        return {one.key or "": value_of(one) for one in node.children}
    if node.kind == "list":
        return [value_of(one) for one in node.children]
    if node.kind == "long" and node.long:
        return node.long.head + ("\n" if node.long.rest else "") + node.long.rest
    found: Json = json.loads(node.text)
    return found


def count(node: JsonNode) -> int:
    return 1 + sum(count(one) for one in node.children)


@given(VALUES.filter(lambda value: len(json.dumps(value)) < 300))
def test_a_small_value_is_whole(value: Json) -> None:
    node = json_view(value, Allowance(10**6), nodes=1_000)
    if all(one.kind != "deep" for one in _all(node)):
        assert value_of(node) == value


def _all(node: JsonNode) -> list[JsonNode]:
    return [node, *(inner for one in node.children for inner in _all(one))]


@given(VALUES)
def test_nodes_are_bounded(value: Json) -> None:
    assert count(json_view(value, Allowance(10**6), nodes=10)) <= 11


def test_what_is_left_out_is_counted() -> None:
    node = json_view(list(range(5_000)), Allowance(10_000))
    assert (len(node.children), node.size) == (50, 5_000)


def test_a_text_nested_too_deep_to_read_stays_text() -> None:
    assert read_json("[" * 100_000) == "[" * 100_000
