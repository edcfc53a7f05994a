"""Exports of traces: each leaves two events, when it begins and when all of it was given.

A copy that left cannot be erased from here, so an erasure lists the exports that may hold what it erased. Events are
for ever: they say which columns were asked, and never with which values.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from genyard.access import audit
from genyard.core.canonical import JsonObject
from genyard.core.ids import PrincipalId
from genyard.observe.explorer.filters import attribute_of
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.traces import Row
from genyard.observe.explorer.window import LATE_NS, Window

Format = Literal["jsonl", "otlp", "parquet"]
MOST_EXPORTED = 100_000
"""Traces of one export."""
_PREFIX = "export/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export: who gets what, in which form."""

    id: str
    project: str
    by: PrincipalId
    format: Format

    def begin(self, tx: Connection, window: Window, query: TraceQuery, *, limit: int, at_ns: int) -> None:
        """Tell that it begins. Before its first byte: of one that was cut off, this is what is known."""
        detail: JsonObject = {
            "asked": sorted(_asked(query)),
            "first_ns": str(window.since_ns),
            "format": self.format,
            "last_ns": str(window.until_ns + LATE_NS),
            "limit": limit,
        }
        self._tell(tx, "began", detail, at_ns)

    def end(self, tx: Connection, given: "Given", *, at_ns: int) -> None:
        """Tell that all of it was given, and what it was."""
        detail: JsonObject = {
            "first_ns": str(given.first_ns),
            "format": self.format,
            "last_ns": str(given.last_ns),
            "spans": given.spans,
            "traces": given.traces,
        }
        self._tell(tx, "exported", detail, at_ns)

    def _tell(self, tx: Connection, verb: str, detail: JsonObject, at_ns: int) -> None:
        object = f"{_PREFIX}{self.id}"
        audit.append(tx, project=self.project, actor=self.by, verb=verb, object=object, detail=detail, at_ns=at_ns)


class Given:
    """Counts what an export gave. Its times are those of the spans' starts; of nothing they are a time before any."""

    def __init__(self) -> None:
        self.traces = self.spans = 0
        self.first_ns = self.last_ns = -1
        self._trace = ""

    def counted(self, parts: Iterable[Sequence[Row]]) -> Iterator[Sequence[Row]]:
        """Yield the parts. The spans of a trace follow on each other."""
        for part in parts:
            for row in part:
                self._count(str(row["trace_id"]), int(str(row["start_ns"])))
            yield part

    def _count(self, trace: str, at_ns: int) -> None:
        self.first_ns = at_ns if self.first_ns < 0 else min(self.first_ns, at_ns)
        self.last_ns = max(self.last_ns, at_ns)
        self.spans += 1
        self.traces += trace != self._trace
        self._trace = trace


def holding(tx: Connection, project: str, times: Iterable[tuple[int, int]]) -> list[str]:
    """Return the exports that may hold a trace whose spans start between two times, for any of ``times``.

    Those that were given whole are known by the times of what they gave, others by the time that was asked for. None
    that holds such a trace is missing; one that chose other traces of the same time is among them.
    """
    ranges: dict[str, tuple[int, int]] = {}
    for event in audit.events_under(tx, project, _PREFIX):
        ranges[event.object] = int(str(event.detail["first_ns"])), int(str(event.detail["last_ns"]))
    wanted = list(times)
    return sorted(
        export for export, (first, last) in ranges.items() if any(a <= last and b >= first for a, b in wanted)
    )


def _asked(query: TraceQuery) -> Iterator[str]:
    for one in (*query.filters, *query.without, *query.root):
        attribute = attribute_of(one.column)
        yield attribute[0] if attribute else one.column
    if query.words or query.without_words:
        yield "words"
    if query.scores:
        yield "scores"
