"""One trace: found by its id or the first digits of it, whole or a part."""

from collections.abc import Sequence
from typing import cast

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, NotFound
from genyard.observe.explorer.window import Window
from genyard.observe.log_rows import with_logs
from genyard.store.columns import SPANS
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rows import read_back

Row = dict[str, Json]
"""A span's columns. JSON columns are values, not text."""

LIGHT_COLUMNS = SPANS.of_group("identity", "filter")
"""Everything but payloads and what no column knows."""


class OneTrace:
    """A trace that is there. It needs no time to be found; reading it then touches only the files of its time."""

    def __init__(self, window: Window, trace_id: str, *, spans: int, newest: int) -> None:
        """Use ``OneTrace.found``."""
        self.window = window
        self.project = window.project
        self.id = trace_id
        self.spans = spans
        """How many spans it had when it was found."""
        self.newest = newest
        """The newest arrival of them."""

    @classmethod
    def found(cls, lake: Lake, project: str, digits: str) -> "OneTrace":
        """Find a trace by its first 6 or more hex digits.

        Raises NotFound, and InvalidInput when several traces begin so.
        """
        if not 6 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
            raise InvalidInput(f"{digits!r} is not a trace id", hint="write its first 6 or more hex digits")
        # Only the equality uses the Bloom filters.
        where = "trace_id = $first" if len(digits) == 32 else "trace_id BETWEEN $first AND $last"
        values = {"first": digits} | ({"last": digits.ljust(32, "f")} if len(digits) < 32 else {})
        sql = (
            "SELECT trace_id, min(start_ns) AS first, max(start_ns) AS last, count(*) AS spans, max(arrival) AS newest"
            f" FROM spans WHERE {where} GROUP BY trace_id LIMIT 2"
        )
        ever = Window(lake=lake, project=project, since_ns=0, until_ns=EVER_NS)
        rows = ever.ask(sql, values)
        if not rows:
            raise NotFound(f"the project {project} has no trace {digits}")
        if len(rows) > 1:
            raise InvalidInput(f"several traces begin with {digits}", hint="write more of its digits")
        first, last, spans, newest = (int(str(rows[0][name])) for name in ("first", "last", "spans", "newest"))
        return cls(ever.within(first, last + 1), str(rows[0]["trace_id"]), spans=spans, newest=newest)

    def rows(
        self,
        *,
        columns: Sequence[str] = SPANS.names,
        span_ids: Sequence[str] | None = None,
        after: tuple[int, str] | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """Return spans in order of start, all or those named, from behind ``after`` (start, span id) on.

        With every column, what log records say of the spans is in their empty ones.
        """
        values: dict[str, object] = {"trace": self.id}
        where = ["trace_id = $trace"]
        if span_ids is not None:
            where.append("span_id IN (SELECT unnest($ids::VARCHAR[]))")
            values["ids"] = list(span_ids)
        if after is not None:
            where.append("(start_ns > $at OR start_ns = $at AND span_id > $last)")
            values |= {"at": after[0], "last": after[1]}
        sql = f"SELECT {', '.join(columns)} FROM spans WHERE {' AND '.join(where)} ORDER BY start_ns, span_id"
        found = self.window.ask(sql + (f" LIMIT {limit:d}" if limit is not None else ""), values)
        # 50,000 rows are walked through a second time only where there is JSON to read.
        has_json = any(name in SPANS.by_name and SPANS.by_name[name].type == "json" for name in columns)
        spans = [cast("Row", read_back(SPANS, row) if has_json else row) for row in found]
        return with_logs(self.window.lake, self.window.project, spans) if tuple(columns) == SPANS.names else spans

    def span(self, span_id: str) -> Row:
        """Return one span with its payloads. Raises NotFound."""
        rows = self.rows(span_ids=[span_id])
        if not rows:
            raise NotFound(f"trace {self.id[:12]} has no span {span_id[:40]!r}")
        return rows[-1]


def trace(lake: Lake, project: str, trace_id: str) -> list[Row]:
    """Return the spans of a trace in order of start, payloads included. Raises as ``OneTrace.found``."""
    return OneTrace.found(lake, project, trace_id).rows()
