"""How many spans and scores were sent and how many were not."""

import threading
from typing import NamedTuple


class Sent(NamedTuple):
    """Counts since ``init``."""

    spans: int
    """On the server's disk."""
    spans_dropped: int
    """Refused, or given up because the server was away."""
    scores: int
    scores_dropped: int


class Tally:
    """Counts from several threads."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Sent._fields, 0)
        self._changing = threading.Lock()

    def add(self, name: str, count: int) -> None:
        with self._changing:
            self._counts[name] += count

    def now(self) -> Sent:
        with self._changing:
            return Sent(**self._counts)
