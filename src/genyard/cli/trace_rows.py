"""A list of traces as the lines of a table: which columns it has, and what stands in each."""

from collections.abc import Callable, Mapping, Sequence

from genyard.cli.output import Lines, more_lines, table
from genyard.client.api import Reply

NO_TRACE = 'no trace in this time: genyard run "…" makes one, and so does an application that sends here'

Cell = Callable[[Reply], str]


def count_of(value: int | None) -> str:
    """Return a count with its thousands apart."""
    return "—" if value is None else f"{value:,}"


def money_of(value: float | None) -> str:
    """Return dollars with four decimals; what is less than they can say is not shown as nothing."""
    if value is None:
        return "—"
    return "<$0.0001" if 0 < value < 0.00005 else f"${value:.4f}"


def _text(name: str) -> Cell:
    return lambda one: one[name] or "—"


_CELLS: Mapping[str, tuple[str, Cell]] = {
    "time": ("time", _text("at")),
    "trace": ("trace", lambda one: str(one["trace_id"][:12])),
    "status": ("status", _text("status")),
    "release": ("release", lambda one: (one["release"] or "—")[7:19] or "—"),
    "endpoint": ("endpoint", _text("endpoint")),
    "service": ("service", _text("service")),
    "environment": ("environment", _text("environment")),
    "name": ("name", _text("name")),
    "model": ("model", _text("model")),
    "session": ("session", _text("session")),
    "user": ("user", _text("user")),
    "tags": ("tags", lambda one: ", ".join(one["tags"] or ()) or "—"),
    "spans": ("spans", lambda one: count_of(one["spans"])),
    "duration": ("took", lambda one: f"{one['duration_ms']:.0f} ms"),
    "ttft": ("first token", lambda one: "—" if one["ttft_s"] is None else f"{one['ttft_s'] * 1000:.0f} ms"),
    "tokens": ("tokens", lambda one: count_of(one["tokens"])),
    "cost": ("cost", lambda one: money_of(one["cost_usd"])),
    "asked": ("asked", _text("preview")),
}
"""By the names that saved views have: what stands above a column, and what in it."""
_BEFORE, _AFTER = ("time", "trace", "status"), ("asked",)
_FIGURES = ("duration", "tokens", "cost")
FOLLOWED = (*_BEFORE, "endpoint", *_FIGURES, *_AFTER)


def trace_lines(reply: Reply, *, columns: str = "", none: str = NO_TRACE) -> Lines:
    """Yield the table of a list of traces with ``columns``, or the usual ones, and where it goes on."""
    rows = reply["traces"]
    wanted = [word for one in columns.split(",") if (word := one.strip()) in _CELLS]
    names = (*_BEFORE, *(wanted or (*_made_by(rows), *_FIGURES)), *_AFTER)
    yield from table([_CELLS[name][0] for name in names], [row_of(one, names) for one in rows]) if rows else [none]
    yield from more_lines(reply)


def row_of(one: Reply, names: Sequence[str]) -> list[str]:
    """Return the cells of one trace."""
    return [_CELLS[name][1](one) for name in names]


def _made_by(rows: Sequence[Reply]) -> list[str]:
    """Return what says where the traces come from: applications have no endpoint, and then their model tells more."""
    by_endpoint = any(one["endpoint"] for one in rows)
    by_model = any(one["model"] and not one["endpoint"] for one in rows)
    return ["endpoint"] * (by_endpoint or not by_model) + ["model"] * by_model
