"""The time that a question is about, and how the lake is asked within it."""

from collections.abc import Mapping
from dataclasses import dataclass

from genyard.store.lake import EVER_NS, Lake

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
LATE_NS = HOUR_NS
"""How long after its trace's first span a span may start and still be looked at when a list is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One project, from ``since_ns`` to before ``until_ns``. Every list has one."""

    lake: Lake
    project: str
    since_ns: int
    until_ns: int

    def ask(self, sql: str, values: Mapping[str, object], *, table: str = "spans") -> list[dict[str, object]]:
        """Return the rows of ``sql``, which sees rows of this time only."""
        return self.lake.query(
            sql,
            table=table,
            project=self.project,
            since_ns=self.since_ns,
            until_ns=self.until_ns,
            parameters=values,
        )

    def most_rows(self, *, table: str = "spans") -> int:
        """Return how many rows there can be in this time, at most; nothing is read for it."""
        return self.lake.most_rows(table=table, project=self.project, since_ns=self.since_ns, until_ns=self.until_ns)

    def around(self, either_side_ns: int) -> "Window":
        """Return this window and as much before and after it."""
        since_ns, until_ns = max(0, self.since_ns - either_side_ns), min(self.until_ns + either_side_ns, EVER_NS)
        return Window(lake=self.lake, project=self.project, since_ns=since_ns, until_ns=until_ns)

    def within(self, since_ns: int, until_ns: int) -> "Window":
        """Return the part of this window from ``since_ns`` to before ``until_ns``."""
        since, until = max(self.since_ns, since_ns), min(self.until_ns, until_ns)
        return Window(lake=self.lake, project=self.project, since_ns=since, until_ns=max(since, until))
