"""Any parent graph gives a forest in which every span stands exactly once."""

from hypothesis import given
from hypothesis import strategies as st

from genyard.observe.explorer.span_tree import SpanTree, span_tree

IDS = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])
GRAPHS = st.lists(st.tuples(IDS, st.one_of(st.just(""), IDS, st.just("gone")), st.integers(0, 5)), max_size=12)


def tree_of(graph: list[tuple[str, str, int]]) -> SpanTree:
    return span_tree([row[0] for row in graph], [row[1] for row in graph], [row[2] for row in graph])


def walk(tree: SpanTree) -> list[int]:
    found = list(tree.roots)
    for position in found:
        found.extend(tree.children[position])
    return found


@given(GRAPHS)
def test_every_span_stands_exactly_once(graph: list[tuple[str, str, int]]) -> None:
    assert sorted(walk(tree_of(graph))) == list(range(len(graph)))


@given(GRAPHS)
def test_a_parent_is_one_that_was_named(graph: list[tuple[str, str, int]]) -> None:
    tree = tree_of(graph)
    for position, parent in enumerate(tree.parents):
        assert parent is None or graph[parent][0] == graph[position][1]


@given(GRAPHS)
def test_roots_are_those_without_a_parent_and_the_orphans(graph: list[tuple[str, str, int]]) -> None:
    tree = tree_of(graph)
    without = {position for position, row in enumerate(graph) if not row[1]}
    assert set(tree.roots) == without | tree.orphans


@given(GRAPHS)
def test_children_stand_in_order_of_start(graph: list[tuple[str, str, int]]) -> None:
    tree = tree_of(graph)
    for siblings in (tree.roots, *tree.children):
        assert list(siblings) == sorted(siblings, key=lambda one: (graph[one][2], one))


@given(GRAPHS)
def test_descendants_are_counted(graph: list[tuple[str, str, int]]) -> None:
    tree = tree_of(graph)
    below = tree.descendants()
    assert sum(below[root] + 1 for root in tree.roots) == len(graph)
    assert all(
        below[one] == sum(one in tree.path(other)[1:] for other in range(len(graph))) for one in range(len(graph))
    )


def test_a_ring_is_cut_where_it_started() -> None:
    tree = tree_of([("a", "b", 3), ("b", "c", 1), ("c", "a", 2)])
    assert tree.roots == (1,)
    assert tree.orphans == {1}


def test_a_chain_of_50_000_does_not_recurse() -> None:
    graph = [(str(number), str(number - 1) if number else "", number) for number in range(50_000)]
    assert tree_of(graph).descendants()[0] == 49_999
