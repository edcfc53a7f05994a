"""The answer: the best sentence or two, or the cell of a table, with the label of the passage that it stands in."""

from collections.abc import Sequence
from dataclasses import dataclass

from genyard.discover.reader.passages import Passage
from genyard.discover.reader.question import Question
from genyard.discover.reader.scoring import Scored, Scorer
from genyard.discover.reader.units import units

UNKNOWN = "I do not know."
MAX_WORDS = 30
SURE = 0.75
"""The sureness below which the reader does not know."""
CLOSE = 0.75
"""The share of the best score from which on a second sentence of the same passage is told too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer from a passage."""

    text: str
    label: str

    def __str__(self) -> str:
        return f"{self.text} [{self.label}]"


def find_answer(question: Question, passages: Sequence[Passage]) -> Answer | None:
    """Return the answer that the passages hold, or None when they do not seem to hold one."""
    if not question.weights:
        return None
    scored = Scorer(question, passages, units(passages)).scored()
    best = max(scored, key=lambda one: one.score, default=None)
    if best is None or best.sureness < SURE:
        return None
    return Answer(text=_text(best, question, _second(best, scored)), label=passages[best.unit.passage].label)


def _second(best: Scored, scored: Sequence[Scored]) -> Scored | None:
    """Return the next best sentence of the same passage, when it comes close."""
    others = [one for one in scored if one.unit.passage == best.unit.passage and one is not best]
    second = max(others, key=lambda one: one.score, default=None)
    return second if second is not None and second.score >= CLOSE * best.score else None


def _text(best: Scored, question: Question, second: Scored | None) -> str:
    cell = _cell(best, question)
    if cell:
        return _window(f"{best.unit.cells[0]}: {cell}", None)
    text = _window(best.unit.text, best.span.start if best.span else None)
    if second is not None and len(f"{text} {second.unit.text}".split()) <= MAX_WORDS:
        text += f" {second.unit.text}"
    return text


def _cell(best: Scored, question: Question) -> str:
    """Return the cell of a table that is asked for, behind its first column; empty when none is."""
    asked = question.weights.keys()
    found, most = "", 0
    for header, cell in list(zip(best.unit.columns, best.unit.cells, strict=False))[1:]:
        if len(asked & header) > most and cell:
            found, most = cell, len(asked & header)
    return found


def _window(text: str, span_start: int | None) -> str:
    """Return at most MAX_WORDS of ``text``, around the span when that is longer."""
    tokens = text.split()
    if len(tokens) <= MAX_WORDS:
        return text
    before = len(text[:span_start].split()) if span_start is not None else 0
    start = max(0, min(before - MAX_WORDS // 2, len(tokens) - MAX_WORDS))
    end = start + MAX_WORDS
    return ("… " if start else "") + " ".join(tokens[start:end]) + (" …" if end < len(tokens) else "")
