"""A forest from spans that name their parents: any graph in, every span exactly once out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanTree:
    """Spans by position. Children stand in order of start."""

    parents: tuple[int | None, ...]
    children: tuple[tuple[int, ...], ...]
    roots: tuple[int, ...]
    orphans: frozenset[int]
    """Spans whose parent has not arrived, or that stand in a ring of parents. They are roots here."""

    def path(self, position: int) -> list[int]:
        """Return ``position`` and its ancestors, nearest first."""
        found = [position]
        while (parent := self.parents[found[-1]]) is not None:
            found.append(parent)
        return found

    def descendants(self) -> list[int]:
        """Return for each span how many spans stand below it."""
        below = [0] * len(self.parents)
        for position in reversed(self._downwards()):
            parent = self.parents[position]
            if parent is not None:
                below[parent] += below[position] + 1
        return below

    def _downwards(self) -> list[int]:
        order = list(self.roots)
        for position in order:  # grows while it is walked: parents stand before their children
            order.extend(self.children[position])
        return order


def span_tree(ids: Sequence[str], parents: Sequence[str], starts: Sequence[int]) -> SpanTree:
    """Return the forest of spans. An id that comes twice is two spans; the first of them takes the children."""
    first: dict[str, int] = {}
    for position, span_id in enumerate(ids):
        first.setdefault(span_id, position)
    found = [first.get(parent) if parent else None for parent in parents]
    orphans = {position for position, parent in enumerate(parents) if parent and found[position] is None}
    for position in _ring_heads(found, starts):
        found[position] = None
        orphans.add(position)
    return _forest(found, starts, orphans)


def _ring_heads(parents: Sequence[int | None], starts: Sequence[int]) -> list[int]:
    """Return from each ring of parents the span that started first: there the ring is cut."""
    heads: list[int] = []
    seen = [0] * len(parents)
    for walk, begin in enumerate(range(len(parents)), start=1):
        path: list[int] = []
        position: int | None = begin
        while position is not None and not seen[position]:
            seen[position] = walk
            path.append(position)
            position = parents[position]
        if position is not None and seen[position] == walk:
            ring = path[path.index(position) :]
            heads.append(min(ring, key=lambda one: (starts[one], one)))
    return heads


def _forest(parents: Sequence[int | None], starts: Sequence[int], orphans: set[int]) -> SpanTree:
    children: list[list[int]] = [[] for _ in parents]
    roots: list[int] = []
    # Sorting is stable, so spans that start together keep their order.
    for position in sorted(range(len(parents)), key=starts.__getitem__):
        parent = parents[position]
        (roots if parent is None else children[parent]).append(position)
    return SpanTree(
        parents=tuple(parents),
        children=tuple(map(tuple, children)),
        roots=tuple(roots),
        orphans=frozenset(orphans),
    )
