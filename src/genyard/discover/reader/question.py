"""What a question asks for."""

import re
from dataclasses import dataclass
from typing import Literal

from genyard.discover.reader.words import words

Wanted = Literal["person", "date", "time", "place", "number", "money", "duration", "measure", "age", "name", "thing"]

MAX_STEMS = 60
ASIDE = 0.5
"""The weight of a word that stands beside the sentence that asks, in one that only tells."""
KIND = 0.5
"""The weight of what only names the kind of thing wanted, as ``colour`` in ``what colour``: answers seldom say it."""
NAMED = 1.5
"""The weight of a name or a number: a passage that lacks it is seldom about the same."""

_SPAN_OF_TIME = r"(?:second|minute|hour|day|week|month|year)s?"
_BIG = "far|tall|big|large|high|deep|wide|heavy|fast|thick|hot|cold"
_MEASURED = "height|weight|distance|depth|size|length|speed|temperature|width"
_PEOPLE = "person|man|woman|president|king|queen|actor|actress|author|singer|player|artist|scientist|manager|colleague"
_PLACES = "city|country|state|place|town|room|building|site|island|river|continent|county|floor|office"
_NAMED = "band|team|show|movie|film|book|song|company|channel|network|album|language|brand"
_CUE_PATTERNS: tuple[tuple[Wanted, str], ...] = (
    ("duration", rf"\bhow (?:long|many (?:working )?{_SPAN_OF_TIME})\b|\bhow much time\b"),
    ("age", r"\bhow old\b|\bwhat age\b"),
    ("measure", rf"\bhow (?:{_BIG})\b|\bwhat (?:is |was |are )?(?:the )?(?:{_MEASURED})\b"),
    ("money", r"\bhow much (?:does|do|did|is|was|will|are|can|money|may)\b|\b(?:cost|price|fee|salary)\b"),
    ("number", r"\bhow (?:many|much|often)\b|\b(?:what|which) (?:number|percentage|percent)\b|\bnumber of\b"),
    ("time", r"\b(?:what|which) (?:time|hours?)\b|\bby when\b|\bopening hours\b"),
    ("date", r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|season|decade)\b|\bhow soon\b"),
    ("person", rf"\b(?:who|whom|whose|who['’]?s)\b|\b(?:which|what) (?:{_PEOPLE})\b"),
    ("place", rf"\bwhere\b|\b(?:which|what) (?:{_PLACES})\b"),
    ("name", rf"\bname of\b|\bwhich\b|\bwhat (?:{_NAMED})\b"),
)
_CUES = [(wanted, re.compile(pattern, re.IGNORECASE)) for wanted, pattern in _CUE_PATTERNS]
_KIND = re.compile(r"\b(?:what|which)\s+(?:(?:kind|type|sort)s?\s+of\s+)?(?P<kind>[^\W\d_]+)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?]*(?:[.!?](?!\s|$)[^.!?]*)*[.!?]*\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: the kind of answer that it wants, and its words."""

    wanted: Wanted
    weights: dict[str, float]
    """The stem of each word that carries content, with how much it matters: 1, but for ASIDE and NAMED."""
    stems: frozenset[str]
    """The stems of all its words, empty ones too."""


def read_question(text: str) -> Question:
    """Return what ``text`` asks for. A text that asks nowhere is taken to ask as a whole."""
    parts = [one for one in _SENTENCE.findall(text) if one.strip()]
    asking = [one for one in parts if one.rstrip().endswith("?")] or parts
    weights: dict[str, float] = {}
    for part in parts:
        factor = 1.0 if part in asking else ASIDE
        for stem, weight in _weights(part).items():
            weights[stem] = max(weights.get(stem, 0.0), weight * factor)
    focus = " ".join(asking)
    return Question(
        wanted=next((wanted for wanted, cue in _CUES if cue.search(focus)), "thing"),
        weights=dict(list(weights.items())[:MAX_STEMS]),
        stems=frozenset(word.stem for word in words(text)),
    )


def _weights(sentence: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    kind = _KIND.search(sentence)
    for position, word in enumerate(words(sentence)):
        if not word.empty:
            first = sentence[word.start]
            is_name = (first.isupper() and position > 0) or first.isdigit()
            is_kind = kind is not None and kind.start("kind") <= word.start < kind.end("kind")
            weights[word.stem] = KIND if is_kind else NAMED if is_name else 1.0
    return weights
