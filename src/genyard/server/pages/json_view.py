"""JSON as nested parts that a page can fold. Bounded in depth, in nodes and in bytes; the whole is one link away."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from genyard.core.canonical import Json
from genyard.server.pages.shown import Allowance, Folded, fold

MOST_CHILDREN = 50
MOST_DEPTH = 8
OPEN_DEPTH = 2
SHORT_TEXT = 400

NodeKind = Literal["object", "list", "text", "long", "number", "word", "deep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonNode:
    kind: NodeKind
    key: str | None = None
    text: str = ""
    long: Folded | None = None
    children: tuple["JsonNode", ...] = ()
    size: int = 0
    """How many children there are, of which ``children`` may be the first few."""
    open: bool = False


class _Builder:
    def __init__(self, allowance: Allowance, nodes: int) -> None:
        self._allowance = allowance
        self._nodes = nodes

    def node(self, value: Json, key: str | None, depth: int) -> JsonNode:
        self._nodes -= 1
        shown_key = None if key is None else self._allowance.take(key, limit=160)
        if isinstance(value, str):
            return self._text(value, shown_key)
        if isinstance(value, Mapping):
            pairs: Iterable[tuple[str | None, Json]] = value.items()
            return self._many("object", shown_key, pairs, len(value), depth)
        if isinstance(value, list | tuple):
            return self._many("list", shown_key, ((None, one) for one in value), len(value), depth)
        kind: NodeKind = "word" if value is None or isinstance(value, bool) else "number"
        return JsonNode(kind=kind, key=shown_key, text=json.dumps(value))

    def _text(self, value: str, key: str | None) -> JsonNode:
        if len(value) <= SHORT_TEXT and "\n" not in value:
            kept = self._allowance.take(value, limit=6 * SHORT_TEXT)
            if kept == value:
                return JsonNode(kind="text", key=key, text=json.dumps(value, ensure_ascii=False))
        return JsonNode(kind="long", key=key, long=fold(value, self._allowance, lines=8))

    def _many(
        self, kind: NodeKind, key: str | None, pairs: Iterable[tuple[str | None, Json]], size: int, depth: int
    ) -> JsonNode:
        if size and (depth >= MOST_DEPTH or self._nodes <= 0 or self._allowance.left <= 0):
            return JsonNode(kind="deep", key=key, text="{ … }" if kind == "object" else "[ … ]", size=size)
        children: list[JsonNode] = []
        for name, value in islice(pairs, MOST_CHILDREN):
            if self._nodes <= 0 or self._allowance.left <= 0:
                break
            children.append(self.node(value, name, depth + 1))
        return JsonNode(kind=kind, key=key, children=tuple(children), size=size, open=depth < OPEN_DEPTH - 1)


def json_view(value: Json, allowance: Allowance, *, nodes: int = 120) -> JsonNode:
    """Return ``value`` as nodes: at most ``nodes`` of them, MOST_DEPTH deep, MOST_CHILDREN a node."""
    return _Builder(allowance, nodes).node(value, None, 0)
