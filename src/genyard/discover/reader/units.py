"""Cutting passages into the units that an answer is made of: sentences, list items, rows of tables, lines of code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genyard.discover.reader.passages import Passage
from genyard.discover.reader.words import Word, words

MAX_UNITS = 20_000
MAX_UNIT_WORDS = 120
"""A longer sentence is cut, so that the work for one unit is bounded."""

_END = re.compile(r"(?<=[.!?])[\"'”’)\]]{0,3}(?:\[\d{1,3}\])?\s+(?=[\"'“‘(\[]{0,3}[^\W_])|(?<=[。！？।])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|jr|sr|no|nos|vs|etc|approx|e\.g|i\.e|al|fig|prof|gen|col|lt|sgt|rev|hon|inc|ltd|co|corp|"
    r"vol|pp|ca|cf|jan|feb|mar|apr|aug|sept?|oct|nov|dec|bzw|z\.b|d\.h|ca|nr)|\b[A-Za-z]|(?:\b[A-Za-z]\.)+[A-Za-z])\.$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[ \t]*(?:[-*•–+]|\d{1,3}[.)])[ \t]+")
_HEADING = re.compile(r"#{1,6}[ \t]+|\*\*(?=[^*]+\*\*:?$)")
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})")
_RULE_ROW = re.compile(r"[ \t|:+=-]+")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,400}(?:\s\"[^\"\n]{0,100}\")?\)")
_EMPHASIS = re.compile(r"\*\*|__|`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of a passage that can stand as an answer."""

    passage: int
    """The position of its passage."""
    position: int
    """Its place among the units of the passage."""
    text: str
    words: tuple[Word, ...]
    context: frozenset[str]
    """Stems of the heading, the line before a list, and the header of a table that it stands under."""
    columns: tuple[frozenset[str], ...] = ()
    """For a row of a table with a header: the stems of the header of each cell."""
    cells: tuple[str, ...] = ()
    """For a row of a table: its cells."""


def units(passages: Sequence[Passage]) -> list[Unit]:
    """Return the units of all passages, in order."""
    found: list[Unit] = []
    for number, passage in enumerate(passages):
        for unit in _Cutter(number, passage.text).cut():
            found.append(unit)
            if len(found) >= MAX_UNITS:
                return found
    return found


def sentences(text: str) -> list[str]:
    """Cut running text into sentences. An abbreviation or an initial does not end one."""
    found = []
    start = 0
    for gap in _END.finditer(text):
        if _ABBREVIATION.search(text, max(start, gap.start() - 12), gap.start()) and gap[0]:
            continue
        found.append(text[start : gap.end()].strip())
        start = gap.end()
    found.append(text[start:].strip())
    return [one for one in found if one]


class _Cutter:
    """Walks over the lines of one passage."""

    def __init__(self, passage: int, text: str) -> None:
        self._passage = passage
        self._lines = text.split("\n")
        self._count = 0
        self._heading: frozenset[str] = frozenset()
        self._lead: frozenset[str] = frozenset()
        self._header: list[str] = []
        self._paragraph: list[str] = []
        self._in_code = False

    def cut(self) -> Iterator[Unit]:
        for line, following in zip(self._lines, [*self._lines[1:], ""], strict=True):
            yield from self._line(line, following)
        yield from self._flush()

    def _line(self, line: str, following: str) -> Iterator[Unit]:
        is_row = "|" in line and (line.lstrip().startswith("|") or bool(self._header) or _is_rule(following))
        if not is_row:
            self._header = []
        if _FENCE.match(line):
            yield from self._flush()
            self._in_code = not self._in_code
        elif self._in_code:
            yield from self._made(line.strip())
        elif is_row:
            yield from self._flush()
            yield from self._row(line, following)
        else:
            yield from self._text(line)

    def _text(self, line: str) -> Iterator[Unit]:
        heading, item = _HEADING.match(line), _ITEM.match(line)
        if not line.strip() or heading or item:
            yield from self._flush()
        if heading:
            self._heading, self._lead = _stems(_plain(line)), frozenset()
        elif item:
            self._paragraph = [line[item.end() :]]
        elif line.strip():
            self._paragraph.append(line.strip())

    def _flush(self) -> Iterator[Unit]:
        found = sentences(_plain(" ".join(self._paragraph)))
        self._paragraph = []
        for sentence in found:
            yield from self._made(sentence)
        if found and found[-1].endswith(":"):
            self._lead = _stems(found[-1])

    def _row(self, line: str, following: str) -> Iterator[Unit]:
        if _is_rule(line):
            return
        cells = [_plain(cell) for cell in line.strip().strip("|").split("|")]
        if _is_rule(following):
            self._header = cells
            return
        columns = tuple(_stems(name) for name in self._header[: len(cells)])
        yield from self._made(", ".join(cell for cell in cells if cell), columns=columns, cells=tuple(cells))

    def _made(
        self, text: str, *, columns: tuple[frozenset[str], ...] = (), cells: tuple[str, ...] = ()
    ) -> Iterator[Unit]:
        for piece, found in _pieces(text):
            yield Unit(
                passage=self._passage,
                position=self._count,
                text=piece,
                words=found,
                context=self._heading.union(self._lead, *columns),
                columns=columns,
                cells=cells,
            )
            self._count += 1


def _pieces(text: str) -> Iterator[tuple[str, tuple[Word, ...]]]:
    """Give the text with its words, in pieces of MAX_UNIT_WORDS; nothing when it has no words."""
    found = words(text)
    if len(found) <= MAX_UNIT_WORDS:
        if found:
            yield text, tuple(found)
        return
    for first in range(0, len(found), MAX_UNIT_WORDS):
        start = found[first].start
        last = found[min(first + MAX_UNIT_WORDS, len(found)) - 1]
        piece = text[start : last.end]
        yield piece, tuple(words(piece))


def _is_rule(line: str) -> bool:
    return "-" in line and bool(_RULE_ROW.fullmatch(line))


def _plain(text: str) -> str:
    return _EMPHASIS.sub("", _LINK.sub(r"\1", text.strip().lstrip("# ")))


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(text) if not word.empty)
