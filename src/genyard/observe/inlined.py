"""Spans with their media back inside, for who takes them to another place: OTLP knows no references of ours."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from genyard.core.canonical import Json
from genyard.core.clock import day_of
from genyard.core.errors import Corrupted
from genyard.core.media import SCHEME, MediaReference, replaced
from genyard.observe.media import COLUMNS
from genyard.observe.one_trace import Row
from genyard.store.columns import SPANS
from genyard.store.media import Media

MOST_BYTES = 64 * 1024 * 1024
"""Of base64 that one span may become longer by: it may name one picture a thousand times, and was sent with it once."""


def inlined(media: Media, project: str, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows in parts: those without media together, each with media alone, so that one is held at a time.

    What is gone, was damaged, or is too much stays a reference. Raises Unreachable.
    """
    plain = list[Row]()
    for row in rows:
        mentions = [name for name in COLUMNS[SPANS.name] if _mentions(row.get(name))]
        if not mentions:
            plain.append(row)
            continue
        if plain:
            yield plain
            plain = []
        inliner = _Inliner(media, project, day_of(int(str(row["start_ns"]))))
        yield [row | {name: inliner.value(row[name]) for name in mentions}]
    if plain:
        yield plain


@dataclass(slots=True)
class _Inliner:
    media: Media
    project: str
    day: str
    left: int = MOST_BYTES
    _read: dict[str, bytes | None] = field(default_factory=dict)

    def value(self, value: Json) -> Json:
        if isinstance(value, str):
            return replaced(value, self._written)
        if isinstance(value, Mapping):
            return {key: self.value(one) for key, one in value.items()}
        return [self.value(one) for one in value] if isinstance(value, list | tuple) else value

    def _written(self, one: MediaReference) -> str | None:
        content = self._content(one)
        if content is None or 4 * len(content) > 3 * self.left:
            return None
        letters = base64.b64encode(content).decode()
        self.left -= len(letters)
        return letters if one.alone else f"data:{one.media_type};base64,{letters}"

    def _content(self, one: MediaReference) -> bytes | None:
        if one.digest not in self._read:
            try:
                self._read[one.digest] = self.media.read(self.project, self.day, one.digest)
            except Corrupted:
                self._read[one.digest] = None
        return self._read[one.digest]


def _mentions(value: Json) -> bool:
    if isinstance(value, str):
        return SCHEME in value
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return any(map(_mentions, items))
