"""Chunks: the passages of a document that are searched and shown. Together they are the whole document.

``by: heading`` cuts at headings, then packs blocks up to ``max_words``; a block over it is cut between sentences,
rows of a table or lines of code, and at last between words. A heading without text goes with what follows it.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

from genyard.core.canonical import JsonObject
from genyard.core.digest import Digest, digest_of_json
from genyard.core.escape import one_line
from genyard.develop.corpus import Document
from genyard.develop.markdown import Block, blocks
from genyard.develop.words import count_words, word_ends

Span = tuple[int, int]

# The end of a sentence with the space after it; in scripts without spaces; and before an item of a list.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？]+[」』”’]*\s*|\n(?=[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t])")
_ABBREVIATION = re.compile(r"(?:\b(?:[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|St|No|Nos|vs|approx|Fig|cf|e\.g|i\.e))\.\s+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunker:
    """How documents are cut. ``by: document`` leaves each whole."""

    by: Literal["heading", "document"] = "heading"
    max_words: int = 220
    """The most words of a chunk, counted by ``count_words``; of no account with ``by: document``."""

    def as_json(self) -> JsonObject:
        return {"by": "document"} if self.by == "document" else {"by": "heading", "max_words": self.max_words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One passage: the characters ``start`` up to ``end`` of a document."""

    document: Digest
    path: str
    position: int
    """Its place among the chunks of its document, from 0."""
    start: int
    end: int
    text: str
    title: str
    """The headings above it, such as ``Badges › Reset``, else the document's title."""
    label: str
    """How people name it, such as ``it/badges.md § Reset``; each chunk of a document has its own."""
    digest: Digest
    above: tuple[str, ...] = ()
    """The headings that it stands under and does not itself hold."""

    @property
    def searched(self) -> str:
        """What it is found by: its text, and the headings above it."""
        return "\n".join([*self.above, self.text])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """The blocks from one heading to the next, and the headings that they stand under."""

    headings: tuple[Block, ...]
    blocks: tuple[Block, ...]


def chunk_document(document: Document, chunker: Chunker) -> list[Chunk]:
    """Return the chunks of a document in order. Joined, their texts are the document's; an empty one has none."""
    if not document.text:
        return []
    if chunker.by == "document":
        return [_chunk(document, 0, (0, len(document.text)), label=document.path)]
    chunks: list[Chunk] = []
    labels: set[str] = set()
    for section in _sections(blocks(document.text)):
        titles = [one_line(one.title) for one in section.headings if one.title]
        label = f"{document.path} § {titles[-1]}" if titles else document.path
        for span in _spans(document.text, section, chunker.max_words):
            chunks.append(_chunk(document, len(chunks), span, label=_unused(label, labels), headings=section.headings))
    return chunks


def _unused(label: str, taken: set[str]) -> str:
    numbered = (label if number == 1 else f"{label} ({number})" for number in count(1))
    found = next(one for one in numbered if one not in taken)
    taken.add(found)
    return found


def _chunk(document: Document, position: int, span: Span, *, label: str, headings: Sequence[Block] = ()) -> Chunk:
    start, end = span
    text = document.text[start:end]
    titles = [one_line(one.title) for one in headings if one.title]
    return Chunk(
        document=document.digest,
        path=document.path,
        position=position,
        start=start,
        end=end,
        text=text,
        title=" › ".join(titles) or document.title,
        label=label,
        digest=digest_of_json({"document": document.digest, "position": position, "text": text}),
        above=tuple(one_line(one.title) for one in headings if one.start < start and one.title),
    )


def _sections(found: Sequence[Block]) -> Iterator[_Section]:
    headings: list[Block] = []
    gathered: list[Block] = []
    for block in found:
        if block.kind == "heading":
            if any(one.kind != "heading" for one in gathered):
                yield _Section(headings=tuple(headings), blocks=tuple(gathered))
                gathered = []
            headings = [*(one for one in headings if one.level < block.level), block]
        gathered.append(block)
    yield _Section(headings=tuple(headings), blocks=tuple(gathered))


def _spans(text: str, section: _Section, max_words: int) -> list[Span]:
    """Cut a section into spans of at most ``max_words``, of about equal length."""
    total = count_words(text[section.blocks[0].start : section.blocks[-1].end])
    target = math.ceil(total / math.ceil(total / max_words)) if total else 0
    spans: list[Span] = []
    held = 0
    for start, end in _pieces(text, section.blocks, max_words):
        words = count_words(text[start:end])
        if spans and (held + words <= max_words and held < target or not held):
            spans[-1] = (spans[-1][0], end)
            held += words
        else:
            spans.append((start, end))
            held = words
    return spans


def _pieces(text: str, found: Sequence[Block], max_words: int) -> Iterator[Span]:
    """Yield what is not to be cut further: whole blocks where they fit, else their parts."""
    heading_words = 0
    for block in found:
        room = max_words - heading_words  # a block is to stand with the heading before it
        span = (block.start, block.end)
        if count_words(text[block.start : block.end]) <= room:
            yield span
        else:
            parts = _lines(text, span) if block.kind in ("code", "table") else _sentences(text, span)
            for part in parts:
                yield from _runs(text, part, max(room, 1))
        heading_words = heading_words + count_words(block.title) if block.kind == "heading" else 0


def _sentences(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    for found in _SENTENCE_END.finditer(text, start, end):
        cut = found.end()
        if cut < end and (text[cut].islower() or _ABBREVIATION.search(text, max(start, cut - 12), cut)):
            continue
        if start < cut:
            yield (start, cut)
            start = cut
    if start < end:
        yield (start, end)


def _lines(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    while start < end:
        cut = text.find("\n", start, end) + 1 or end
        yield (start, cut)
        start = cut


def _runs(text: str, span: Span, max_words: int) -> Iterator[Span]:
    """Cut what is still over ``max_words`` between words."""
    start, end = span
    ends = word_ends(text[start:end])
    cuts = [start + ends[at] for at in range(max_words - 1, len(ends) - 1, max_words)]
    yield from zip([start, *cuts], [*cuts, end], strict=True)
