"""Spans with their media back inside, for who takes them to another place: OTLP knows no references of ours."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from genyard.core.canonical import Json
from genyard.core.clock import day_of
from genyard.core.digest import Digest
from genyard.core.errors import Corrupted
from genyard.core.media import MediaReference, references_in, replaced
from genyard.observe.explorer.one_trace import Row
from genyard.observe.explorer.window import DAY_NS
from genyard.observe.log_rows import EITHER_SIDE_NS
from genyard.observe.media import COLUMNS
from genyard.store.columns import SPANS
from genyard.store.media import Media

_MOST_DAYS = 8
"""Of a span that says it ran for a year, its first days and its last are looked at."""
MOST_BYTES = 64 * 1024 * 1024
"""Of base64 that one span may become longer by: it may name one picture a thousand times, and was sent with it once."""


def inlined(media: Media, project: str, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows in parts: those without media together, each with media alone, so that one is held at a time.

    What is gone, was damaged, or is too much stays a reference. Raises Unreachable.
    """
    plain = list[Row]()
    for row in rows:
        mentions = [name for name in COLUMNS[SPANS.name] if any(references_in(row.get(name)))]
        if not mentions:
            plain.append(row)
            continue
        if plain:
            yield plain
            plain = []
        inliner = _Inliner(media, project, _days(row))
        yield [row | {name: inliner.value(row[name]) for name in mentions}]
    if plain:
        yield plain


@dataclass(slots=True)
class _Inliner:
    media: Media
    project: str
    days: Sequence[str]
    left: int = MOST_BYTES
    """Letters that may still come. Only what was inlined is kept, and so this bounds what is in memory."""
    _inlined: dict[str, str] = field(default_factory=dict)
    _left_out: set[str] = field(default_factory=set)

    def value(self, value: Json) -> Json:
        if isinstance(value, str):
            return replaced(value, self._written)
        if isinstance(value, Mapping):
            return {key: self.value(one) for key, one in value.items()}
        return [self.value(one) for one in value] if isinstance(value, list | tuple) else value

    def _written(self, one: MediaReference) -> str | None:
        letters = self._inlined.get(one.digest)
        if letters is None:
            letters = self._letters(one)
        if letters is None or len(letters) > self.left:
            return None
        self._inlined[one.digest] = letters
        self.left -= len(letters)
        return letters if one.alone else f"data:{one.media_type};base64,{letters}"

    def _letters(self, one: MediaReference) -> str | None:
        """Read one; None for what is not there, was damaged or would be too much: it is not read a second time."""
        if one.digest in self._left_out or _letters_of(one.size) > self.left or not self.left:
            return None
        content = self._content(one.digest)
        if content is not None and _letters_of(len(content)) <= self.left:
            return base64.b64encode(content).decode()
        self._left_out.add(one.digest)
        if content is not None:
            # A sender wrote this reference, and a small size into it. A thousand of these would be read for nothing.
            self.left = 0
        return None

    def _content(self, digest: Digest) -> bytes | None:
        for day in self.days:
            with suppress(Corrupted):
                content = self.media.read(self.project, day, digest)
                if content is not None:
                    return content
        return None


def _days(row: Row) -> Sequence[str]:
    """Return the days under which media of a span may lie: its own first, then those of log records that tell of it."""
    start_ns = int(str(row["start_ns"]))
    end_ns = start_ns + int(str(row.get("duration_ns") or 0)) + EITHER_SIDE_NS
    others = (max(0, start_ns - EITHER_SIDE_NS), *range(start_ns, end_ns, DAY_NS)[:_MOST_DAYS], end_ns)
    return list(dict.fromkeys(map(day_of, (start_ns, *others))))


def _letters_of(size: int) -> int:
    return 4 * (size // 3 + (size % 3 > 0))
