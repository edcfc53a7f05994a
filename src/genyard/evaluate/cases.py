"""One case of an evaluation: a dataset row, answered once."""

from collections.abc import Mapping
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.core.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKey:
    """What one answer was drawn for: the row, its inputs as they were, and the number of the draw."""

    row_id: str
    inputs: Digest
    repeat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a system said to one case, or why it said nothing."""

    key: CaseKey
    text: str = ""
    documents: tuple[str, ...] = ()
    """Paths of the documents retrieved, in rank order."""
    latency_s: float | None = None
    cost_usd: float | None = None
    trace_id: str = ""
    error: str = ""
    """Empty when it answered. A case with an error has no scores; it counts as missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A dataset row as the runner sees it."""

    row_id: str
    inputs: Mapping[str, Json]
    inputs_digest: Digest

    def key(self, repeat: int) -> CaseKey:
        return CaseKey(row_id=self.row_id, inputs=self.inputs_digest, repeat=repeat)
