"""The port to whatever judges an answer, and the case it judges. ``code_scorers`` has the ones made of code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from genyard.core.canonical import Json, JsonObject
from genyard.core.records import Artifact, Direction

ValueRange = tuple[float, float | None]
"""The smallest and the largest value; None means without bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer to judge and what was expected of it.

    ``expected`` may hold ``answers`` (texts of which any will do) and ``documents`` (paths of those that carry the
    answer); one alone may be written as ``answer`` and ``document``. An empty list or null for the answers says that
    the question has none.
    """

    inputs: JsonObject
    expected: JsonObject
    answer: str
    retrieved: tuple[str, ...] = ()
    """Paths of the documents found, best first; a path repeats when several of its chunks were found."""
    latency_s: float | None = None
    cost_usd: float | None = None

    def expected_answers(self) -> tuple[str, ...] | None:
        """Return the answers that will do, empty when the question has none; None when the row does not say."""
        return self._expected("answers", "answer")

    def expected_documents(self) -> tuple[str, ...]:
        return self._expected("documents", "document") or ()

    def _expected(self, *keys: str) -> tuple[str, ...] | None:
        return next((_texts(self.expected[key]) for key in keys if key in self.expected), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreValue:
    """A judgement. ``value`` is None when the case cannot be judged; ``explanation`` then says why."""

    value: float | None
    explanation: str = ""


class Scorer(Protocol):
    """What judges a case."""

    @property
    def name(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def value_range(self) -> ValueRange: ...
    @property
    def deterministic(self) -> bool:
        """True when the same case always gets the same value, so that it need not be judged again."""
        ...

    def score(self, case: Case) -> ScoreValue: ...
    def artifact(self) -> Artifact:
        """Return what it is. The digest stands on each of its scores."""
        ...


def _texts(value: Json) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case str() | bool() | int() | float():
            return (_text(value),)
        case Sequence():
            return tuple(_text(one) for one in value)
    return (_text(value),)


def _text(value: Json) -> str:
    # A row may say 18 or true where the answer is a text.
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
