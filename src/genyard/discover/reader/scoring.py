"""How well each unit answers the question: what of it stands there, and whether something of the wanted kind does.

The weights were chosen on every second question of a public set of questions with passages (NQ-open); the figures in
``tests/published/test_reader_nq.py`` are those of the other half.
"""

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from genyard.discover.reader.passages import Passage
from genyard.discover.reader.question import Question
from genyard.discover.reader.spans import Span, spans
from genyard.discover.reader.units import Unit
from genyard.discover.reader.words import words

# What a word of the question counts that does not stand in the unit itself but nearby.
IN_TITLE = 1.0
IN_CONTEXT = 0.8
IN_UNIT_BEFORE = 0.7
IN_PASSAGE = 0.5
LIKE = 0.7
"""What a word counts that only begins like a word of the question, or the other way round."""

TITLE_ASKED = 0.5
SPAN = 0.5
SPAN_ALONE = 0.35
SPAN_REACH = 5.0
"""In words: how quickly a span loses worth with its distance from the words of the question."""
FIRST = 0.08

# How sure it is that a unit answers: the share of the question that it and its surroundings hold, more where the title
# is asked for, and more for each word of the question, because the longer a question is the less of it is repeated.
SURE_TITLE = 0.5
SURE_WORD = 0.03

_BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A unit with its worth, and how sure it is that it answers at all. ``span`` is its best short answer."""

    unit: Unit
    score: float
    sureness: float
    span: Span | None


class Scorer:
    """Scores the units of the passages for one question. Linear in the words of the passages."""

    def __init__(self, question: Question, passages: Sequence[Passage], units: Sequence[Unit]) -> None:
        self._question = question
        self._units = units
        self._kin: dict[str, dict[str, float]] = {}
        self._inside = [self._matches(word.stem for word in unit.words) for unit in units]
        self._shares = self._rarity()
        self._titles = [self._matches(word.stem for word in words(passage.title)) for passage in passages]
        self._around = [dict(title) for title in self._titles]
        for unit, inside in zip(units, self._inside, strict=True):
            _raise_to(self._around[unit.passage], inside)
        self._asked = [_share_asked(passage.title, question) for passage in passages]

    def scored(self) -> list[Scored]:
        """Return every unit with its worth, in order."""
        return [self._score(position) for position in range(len(self._units))]

    def _matches(self, stems: Iterable[str]) -> dict[str, float]:
        """Return the words of the question that are among ``stems``, with how well they match."""
        found: dict[str, float] = {}
        for stem in stems:
            _raise_to(found, self._kin_of(stem))
        return found

    def _kin_of(self, stem: str) -> dict[str, float]:
        kin = self._kin.get(stem)
        if kin is None:
            kin = {asked: 1.0 if asked == stem else LIKE for asked in self._question.weights if _alike(asked, stem)}
            self._kin[stem] = kin
        return kin

    def _rarity(self) -> dict[str, float]:
        """Return the share of the question that each of its words makes up: its weight times its rarity here."""
        count = len(self._units)
        held = Counter(asked for inside in self._inside for asked, match in inside.items() if match == 1.0)
        rarity = {
            asked: weight * math.log(1 + (count + 1) / (held[asked] + 0.5))
            for asked, weight in self._question.weights.items()
        }
        total = sum(rarity.values()) or 1.0
        return {asked: value / total for asked, value in rarity.items()}

    def _score(self, position: int) -> Scored:
        unit, inside = self._units[position], self._inside[position]
        # A sentence goes on from the one before it; a row of a table does not.
        before = self._inside[position - 1] if unit.position and not unit.cells else {}
        title, around = self._titles[unit.passage], self._around[unit.passage]
        coverage = 0.0
        for asked, share in self._shares.items():
            coverage += share * max(
                inside.get(asked, 0.0),
                IN_TITLE * title.get(asked, 0.0),
                IN_CONTEXT if asked in unit.context else 0.0,
                IN_UNIT_BEFORE * before.get(asked, 0.0),
                IN_PASSAGE * around.get(asked, 0.0),
            )
        worth, span = self._best_span(unit)
        asked_title = self._asked[unit.passage]
        return Scored(
            unit=unit,
            score=coverage + SPAN * worth + TITLE_ASKED * asked_title + FIRST * (unit.position == 0),
            sureness=coverage + SURE_TITLE * asked_title + SURE_WORD * len(self._shares),
            span=span,
        )

    def _best_span(self, unit: Unit) -> tuple[float, Span | None]:
        """Return the span of the wanted kind that is new and nearest to the words of the question, with its worth."""
        places: dict[str, list[int]] = {}
        for place, word in enumerate(unit.words):
            if word.stem in self._shares:
                places.setdefault(word.stem, []).append(place)
        best: tuple[float, Span | None] = (0.0, None)
        for span, first, last in _placed(spans(unit.text, self._question.wanted), unit):
            worth = span.fit * self._novelty(unit, first, last) * (SPAN_ALONE + self._nearness(places, first, last))
            if worth > best[0]:
                best = (worth, span)
        return best

    def _novelty(self, unit: Unit, first: int, last: int) -> float:
        content = [word.stem for word in unit.words[first : last + 1] if not word.empty]
        return sum(stem not in self._shares for stem in content) / len(content) if content else 0.0

    def _nearness(self, places: Mapping[str, list[int]], first: int, last: int) -> float:
        near = 0.0
        for stem, at in places.items():
            distance = min(min(abs(place - first), abs(place - last)) for place in at)
            near += self._shares[stem] * math.exp(-distance / SPAN_REACH)
        return near


def _alike(asked: str, stem: str) -> bool:
    if asked == stem:
        return True
    return len(asked) > 3 and len(stem) > 3 and (stem.startswith(asked) or asked.startswith(stem))


def _raise_to(found: dict[str, float], other: Mapping[str, float]) -> None:
    for asked, match in other.items():
        if match > found.get(asked, 0.0):
            found[asked] = match


def _share_asked(title: str, question: Question) -> float:
    """Return the share of the words of ``title``, but for what stands in brackets, that the question says."""
    found = words(_BRACKETS.sub("", title))
    if all(word.empty for word in found):
        return 0.0
    return sum(word.stem in question.stems for word in found) / len(found)


def _placed(found: Iterable[Span], unit: Unit) -> Iterator[tuple[Span, int, int]]:
    """Give each span with the places of its first and last word. Spans and words are both in order of their start."""
    starts = [word.start for word in unit.words]
    for span in found:
        first, last = bisect_left(starts, span.start), bisect_left(starts, span.end) - 1
        if first <= last:
            yield span, first, last
