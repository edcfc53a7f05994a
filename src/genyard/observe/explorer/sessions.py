"""Sessions: the traces that share a conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.order import Order
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery, chosen
from genyard.observe.explorer.trace_sums import SUMS
from genyard.observe.explorer.traces import Page, Row, listing
from genyard.observe.explorer.window import Window
from genyard.store.columns import SPANS
from genyard.store.rows import read_back

_TEXTS = ("input_messages", "output_messages", "input", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one conversation amounts to within the window."""

    id: str
    first_ns: int
    last_ns: int
    traces: int
    errors: int
    """Traces whose first span failed."""
    user: str | None
    tokens: int | None
    cost_usd: float | None
    preview: str
    """How it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Sessions, the one with the newest trace first, and where to go on: None at the end."""

    sessions: list[Session]
    next: str | None


def sessions(window: Window, query: TraceQuery = EVERY_TRACE, *, limit: int = 50, after: str | None = None) -> Sessions:
    """List sessions with a trace that ``query`` chooses. Raises InvalidInput."""
    binding = Binding()
    behind = _behind(after, binding) if after is not None else "true"
    sql = f"""
        SELECT conversation_id AS id, min(start_ns) AS first_ns, max(start_ns) AS last_ns,
          count(DISTINCT trace_id) AS traces, count(DISTINCT trace_id) FILTER (status = 'error') AS errors,
          max(user_id) AS user_id, arg_min(coalesce(preview, span_name), start_ns) AS preview
        FROM spans WHERE {chosen(query, window, binding)} AND conversation_id IS NOT NULL
        GROUP BY conversation_id HAVING {behind} ORDER BY last_ns DESC, id DESC LIMIT {limit + 1:d}
    """
    rows = window.ask(sql, binding.values)
    more, rows = len(rows) > limit, rows[:limit]
    usage = _usage(window, [str(row["id"]) for row in rows])
    found = [_session(row, usage.get(str(row["id"]), {})) for row in rows]
    return Sessions(sessions=found, next=f"{found[-1].last_ns}-{found[-1].id}" if more else None)


def traces_of(window: Window, session: str, *, limit: int = 200, after: str | None = None) -> Page:
    """Return the traces of a session in the order in which they were asked."""
    one = TraceQuery(root=(Filter(column="conversation_id", operator="is", value=session),))
    return listing(window, one, order=Order(by="start", ascending=True), limit=limit, after=after)


def with_texts(window: Window, rows: Sequence[Row]) -> list[Row]:
    """Return the first spans of a list with what was asked and answered in them."""
    binding = Binding()
    starts = [int(str(row["start_ns"])) for row in rows]
    ids, traces = (binding.add([row[name] for row in rows]) for name in ("span_id", "trace_id"))
    sql = (
        f"SELECT trace_id, span_id, {', '.join(_TEXTS)} FROM spans"
        f" WHERE span_id IN (SELECT unnest({ids}::VARCHAR[])) AND trace_id IN (SELECT unnest({traces}::VARCHAR[]))"
    )
    found = window.within(min(starts), max(starts) + 1).ask(sql, binding.values)
    texts = {(row["trace_id"], row["span_id"]): read_back(SPANS, row) for row in found}
    return [row | cast("Row", texts.get((row["trace_id"], row["span_id"]), {})) for row in rows]


def _usage(window: Window, ids: list[str]) -> Mapping[str, Mapping[str, object]]:
    """Return tokens and cost of sessions, whose lower spans may not carry the session's name."""
    if not ids:
        return {}
    binding = Binding()
    named = f"conversation_id IN (SELECT unnest({binding.add(ids)}))"
    # A trace that enters several services has a first span in each.
    roots = f"SELECT DISTINCT trace_id, conversation_id AS id FROM spans WHERE is_root AND {named}"
    sql = f"""
        SELECT id, sum(tokens)::BIGINT AS tokens, sum(cost) AS cost FROM (
          SELECT id, {SUMS["trace_tokens"]} AS tokens, {SUMS["trace_cost"]} AS cost
          FROM spans JOIN ({roots}) USING (trace_id) GROUP BY id, trace_id
        ) GROUP BY id
    """
    return {str(row["id"]): row for row in window.ask(sql, binding.values)}


def _behind(place: str, binding: Binding) -> str:
    at, _, session = place.partition("-")
    if not (at.isascii() and at.isdigit() and len(at) < 20 and session):
        raise InvalidInput(f"{place[:80]!r} is not a place in a list", hint="take it from the page before")
    last, name = binding.add(int(at)), binding.add(session)
    return f"(max(start_ns) < {last} OR max(start_ns) = {last} AND conversation_id < {name})"


def _session(row: Mapping[str, object], usage: Mapping[str, object]) -> Session:
    tokens, cost = usage.get("tokens"), usage.get("cost")
    return Session(
        id=str(row["id"]),
        first_ns=int(str(row["first_ns"])),
        last_ns=int(str(row["last_ns"])),
        traces=int(str(row["traces"])),
        errors=int(str(row["errors"])),
        user=None if row["user_id"] is None else str(row["user_id"]),
        tokens=None if tokens is None else int(str(tokens)),
        cost_usd=None if cost is None else round(float(str(cost)), 9),
        preview=str(row["preview"] or ""),
    )
