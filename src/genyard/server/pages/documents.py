"""What an answer was given to read, and which of it the answer cites."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from genyard.core.canonical import Json
from genyard.core.escape import one_line
from genyard.develop.citations import MARK, cited
from genyard.observe.explorer.span_row import SpanRow
from genyard.server.pages import figures
from genyard.server.pages.shown import Allowance, Folded, fold

MOST_DOCUMENTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    number: int
    id: str
    label: str
    score: str
    used: bool | None
    """None where no answer says what it used."""
    content: Folded | None = None
    path: str = ""
    """The document in its corpus; empty where the span does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    shown: tuple[Document, ...] = ()
    total: int = 0

    @property
    def used(self) -> int:
        return sum(bool(one.used) for one in self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of an answer: text, or with ``cites`` the number of a document."""

    text: str
    cites: int = 0


def documents_of(
    span: SpanRow, allowance: Allowance, *, answer: str = "", contents: Mapping[str, str] | None = None
) -> Documents:
    """Return the documents of a span in rank order; with ``contents`` (by document id) their text too."""
    found = span.json("retrieval_documents")
    if not isinstance(found, list | tuple):
        return Documents()
    numbers = cited(answer) if answer else None
    kept = tuple(_document(number, one, numbers) for number, one in enumerate(found[:MOST_DOCUMENTS], start=1))
    if contents:
        kept = tuple(_with_content(one, contents, allowance) for one in kept)
    return Documents(shown=kept, total=len(found))


def _document(number: int, raw: Json, cited_numbers: frozenset[int] | None) -> Document:
    fields = raw if isinstance(raw, Mapping) else {"id": str(raw)}
    metadata = fields.get("metadata")
    about = metadata if isinstance(metadata, Mapping) else {}
    identity = _identity(fields)
    score, used = fields.get("score"), about.get("used")
    by_mark = None if cited_numbers is None else number in cited_numbers
    return Document(
        number=number,
        id=identity,
        label=one_line(str(about.get("label") or about.get("document") or identity or "no name"), limit=100),
        score=figures.figure(float(score), places=2)
        if isinstance(score, int | float) and not isinstance(score, bool)
        else figures.MISSING,
        used=used if isinstance(used, bool) else by_mark,
        path=str(about.get("document") or "")[:1024],
    )


def _identity(fields: Mapping[str, Json]) -> str:
    return str(fields.get("id") or "")[:200]


def _with_content(document: Document, contents: Mapping[str, str], allowance: Allowance) -> Document:
    content = contents.get(document.id)
    return replace(document, content=fold(content, allowance, lines=6)) if content else document


def contents_of(span: SpanRow) -> dict[str, str]:
    """Return the text of each document of a span by its id."""
    found = span.json("retrieval_documents")
    rows = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []
    return {_identity(one): text for one in rows if isinstance(text := one.get("content"), str) and text}


def pieces(text: str, documents: int) -> tuple[Piece, ...]:
    """Cut ``text`` at its marks such as ``[2]`` or ``[1, 3]``. A number that no document has stays text."""
    found: list[Piece] = []
    end = 0
    for mark in MARK.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", mark[1])]
        if not all(1 <= number <= documents for number in numbers):
            continue
        found.append(Piece(text=text[end : mark.start()]))
        found += [Piece(text=str(number), cites=number) for number in numbers]
        end = mark.end()
    found.append(Piece(text=text[end:]))
    return tuple(one for one in found if one.text)


def text_source_of(spans: Sequence[SpanRow], source: SpanRow) -> SpanRow:
    """Return the span that has the documents' texts: the root tells only their names, the retrieval tells all."""
    return next((one for one in spans if one.kind == "retrieval" and one.columns.get("retrieval_documents")), source)


def source_of(spans: Sequence[SpanRow], root: SpanRow) -> SpanRow:
    """Return the span whose documents the answer's marks count: the root where it lists them, else a retrieval."""
    if root.columns.get("retrieval_documents"):
        return root
    return next((one for one in spans if one.columns.get("retrieval_documents")), root)
