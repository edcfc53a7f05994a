"""One trace: found by its id or the first digits of it, whole or a part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, NotFound, TooLarge
from genyard.observe.explorer.pieces import in_pieces, text_bytes
from genyard.observe.explorer.window import Window
from genyard.observe.log_rows import with_logs
from genyard.store.columns import SPANS
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rows import read_back

Row = dict[str, Json]
"""A span's columns. JSON columns are values, not text."""

LIGHT_COLUMNS = SPANS.of_group("identity", "filter")
"""Everything but payloads and what no column knows."""
MOST_BYTES = 128 * 1024 * 1024
"""Of payloads that are read piece by piece and held together."""
_PAYLOADS = frozenset(SPANS.of_group("payload", "rest"))


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

        With every column, what log records say of the spans is in their empty ones. Raises TooLarge for more than
        ``MOST_BYTES`` of payloads, where these do not fit into the engine's memory either.
        """
        part = _Part(span_ids=span_ids, after=after, limit=limit)
        try:
            return self._read(columns, part)[0]
        except TooLarge:
            if not _PAYLOADS.intersection(columns):
                raise
            return self._in_pieces(columns, part)

    def _in_pieces(self, columns: Sequence[str], part: "_Part") -> list[Row]:
        """Read the spans of ``part`` a few at once, up to ``MOST_BYTES`` of them."""
        keys, _ = self._read(("start_ns", "span_id"), part)
        found, left = list[Row](), MOST_BYTES

        def read(some: Sequence[Row]) -> tuple[list[Row], int]:
            nonlocal left
            rows, size = self._read(columns, _named(some))
            left -= size
            return rows, size

        for rows in in_pieces(keys, read):
            found += rows
            if left < 0:
                raise TooLarge(
                    f"{len(keys)} spans of trace {self.id[:12]} are over {MOST_BYTES >> 20} MB",
                    hint="ask for fewer of them, or without payloads",
                )
        return found

    def _read(self, columns: Sequence[str], part: "_Part") -> tuple[list[Row], int]:
        """Return the spans, and how many bytes they took before they were values."""
        where, values = part.condition()
        sql = f"SELECT {', '.join(columns)} FROM spans WHERE trace_id = $trace AND {where} ORDER BY start_ns, span_id"
        limit = f" LIMIT {part.limit:d}" if part.limit is not None else ""
        found = self.window.ask(sql + limit, values | {"trace": self.id})
        # 50,000 rows are walked through a second time only where there is JSON to read.
        has_json = any(name in SPANS.by_name and SPANS.by_name[name].type == "json" for name in columns)
        spans = [cast("Row", read_back(SPANS, row) if has_json else row) for row in found]
        if tuple(columns) == SPANS.names:
            spans = with_logs(self.window.lake, self.window.project, spans)
        return spans, text_bytes(found) if _PAYLOADS.intersection(columns) else 0

    def span(self, digits: str) -> Row:
        """Return one span with its payloads, by its id or the first digits of it.

        Raises NotFound, and InvalidInput when several spans begin so.
        """
        ids = [digits] if len(digits) == 16 else self._beginning_with(digits)
        if len(ids) > 1:
            raise InvalidInput(f"several spans begin with {digits[:40]!r}", hint="write more digits")
        rows = self.rows(span_ids=ids)
        if not rows:
            raise NotFound(f"trace {self.id[:12]} has no span {digits[:40]!r}")
        return rows[-1]

    def _beginning_with(self, digits: str) -> list[str]:
        sql = "SELECT DISTINCT span_id FROM spans WHERE trace_id = $trace AND starts_with(span_id, $digits) LIMIT 2"
        return [str(row["span_id"]) for row in self.window.ask(sql, {"trace": self.id, "digits": digits})]


def trace(lake: Lake, project: str, trace_id: str) -> list[Row]:
    """Return the spans of a trace in order of start, payloads included. Raises as ``OneTrace.found``."""
    return OneTrace.found(lake, project, trace_id).rows()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Which spans of a trace are read."""

    span_ids: Sequence[str] | None
    after: tuple[int, str] | None = None
    limit: int | None = None

    def condition(self) -> tuple[str, dict[str, object]]:
        where, values = ["true"], dict[str, object]()
        if self.span_ids is not None:
            where.append("span_id IN (SELECT unnest($ids::VARCHAR[]))")
            values["ids"] = list(self.span_ids)
        if self.after is not None:
            where.append("(start_ns > $at OR start_ns = $at AND span_id > $last)")
            values |= {"at": self.after[0], "last": self.after[1]}
        return " AND ".join(where), values


def _named(rows: Sequence[Row]) -> _Part:
    return _Part(span_ids=[str(row["span_id"]) for row in rows])
