"""Questions to the lake: one trace, the newest answers, how many there are.

Lists read only the columns of ``LIST_COLUMNS``. Names are checked against the table and values are bound: nothing that
a caller gives becomes SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, NotFound
from genyard.observe.log_rows import with_logs
from genyard.store.columns import SPANS, Column
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rows import read_back

Row = dict[str, Json]
"""A span's columns. JSON columns are values, not text."""
Operator = Literal["is", "one_of", "not", "lt", "gt", "contains"]
Value = str | int | float | bool

LIST_COLUMNS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "span_name",
    "start_ns",
    "duration_ns",
    "status",
    "error_type",
    "error_message",
    "operation",
    "request_model",
    "response_model",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost_usd",
    "ttft_s",
    "conversation_id",
    "user_id",
    "tags",
    "release",
    "release_attested",
    "endpoint",
    "system",
    "step",
    "run_id",
    "row_id",
    "repeat",
    "preview",
)

_KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "texts": (str,),
    "integer": (int,),
    "time_ns": (int,),
    "number": (int, float),
    "boolean": (bool,),
}

_CONDITIONS: dict[Operator, str] = {
    "is": "{column} = {value}",
    "one_of": "list_contains({value}, {column})",
    "not": "{column} IS DISTINCT FROM {value}",
    "lt": "{column} < {value}",
    "gt": "{column} > {value}",
    "contains": "contains({column}, {value})",
}
_OF_LISTS: dict[Operator, str] = {
    "is": "list_contains({column}, {value})",
    "one_of": "list_has_any({column}, {value})",
    "not": "NOT coalesce(list_contains({column}, {value}), false)",
    "contains": "list_contains(list_transform({column}, lambda word: contains(word, {value})), true)",
}
_OF_NULL: dict[Operator, str] = {"is": "{column} IS NULL", "not": "{column} IS NOT NULL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition on a column that is not a payload. On a column of texts ``is`` means that one of them is.

    ``value`` None goes with ``is`` and ``not``: not reported, reported. Several values go with ``one_of`` only.
    """

    column: str
    operator: Operator
    value: Value | tuple[Value, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, newest first, and where to go on: None at the end."""

    rows: list[Row]
    next: str | None


def trace(lake: Lake, project: str, trace_id: str) -> list[Row]:
    """Return the spans of a trace in order of start, payloads and what log records say of them included.

    ``trace_id`` may be its first 6 or more hex digits. Raises NotFound, and InvalidInput when several traces begin so.
    """
    whole, first_ns, last_ns = _found(lake, project, trace_id)
    sql = "SELECT * FROM spans WHERE trace_id = $trace ORDER BY start_ns, span_id"
    rows = _ask(lake, project, sql, {"trace": whole}, since_ns=first_ns, until_ns=last_ns + 1)
    return with_logs(lake, project, [cast("Row", read_back(SPANS, row)) for row in rows])


def latest(
    lake: Lake,
    project: str,
    *,
    since_ns: int,
    until_ns: int,
    filters: Sequence[Filter] = (),
    limit: int = 50,
    after: str | None = None,
    roots: bool = True,
) -> Page:
    """Return spans that start from ``since_ns`` to before ``until_ns``, newest first; only answers with ``roots``.

    ``after`` is a page's ``next``. Raises InvalidInput for a filter that does not fit the table.
    """
    where, values = _where(filters, roots=roots)
    return _page(lake, project, where, values, since_ns=since_ns, until_ns=until_ns, limit=limit, after=after)


def count(
    lake: Lake,
    project: str,
    *,
    since_ns: int,
    until_ns: int,
    filters: Sequence[Filter] = (),
    roots: bool = True,
) -> int:
    """Return how many spans ``latest`` would list on all its pages."""
    where, values = _where(filters, roots=roots)
    sql = f"SELECT count(*) AS count FROM spans WHERE {where}"
    rows = _ask(lake, project, sql, values, since_ns=since_ns, until_ns=until_ns)
    return int(str(rows[0]["count"]))


def _found(lake: Lake, project: str, digits: str) -> tuple[str, int, int]:
    """Return a trace's whole id, and the first and last start of its spans: then few files hold its payloads."""
    if not 6 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        raise InvalidInput(f"{digits!r} is not a trace id", hint="write its first 6 or more hex digits")
    # Only the equality uses the Bloom filters.
    where = "trace_id = $first" if len(digits) == 32 else "trace_id BETWEEN $first AND $last"
    values: dict[str, object] = {"first": digits}
    if len(digits) < 32:
        values["last"] = digits.ljust(32, "f")
    bounds = "trace_id, min(start_ns) AS first, max(start_ns) AS last"
    found = _ask(lake, project, f"SELECT {bounds} FROM spans WHERE {where} GROUP BY trace_id LIMIT 2", values)
    if not found:
        raise NotFound(f"the project {project} has no trace {digits}")
    if len(found) > 1:
        raise InvalidInput(f"several traces begin with {digits}", hint="write more of its digits")
    return str(found[0]["trace_id"]), int(str(found[0]["first"])), int(str(found[0]["last"]))


def _page(
    lake: Lake,
    project: str,
    where: str,
    values: dict[str, object],
    *,
    since_ns: int,
    until_ns: int,
    limit: int,
    after: str | None,
) -> Page:
    if after is not None:
        start_ns, span_id = _read_cursor(after)
        where += " AND (start_ns < $after_ns OR start_ns = $after_ns AND span_id < $after_id)"
        values |= {"after_ns": start_ns, "after_id": span_id}
        until_ns = min(until_ns, start_ns + 1)
    sql = f"SELECT {', '.join(LIST_COLUMNS)} FROM spans WHERE {where} ORDER BY start_ns DESC, span_id DESC LIMIT $limit"
    # One row more tells whether there is another page.
    found = _ask(lake, project, sql, values | {"limit": limit + 1}, since_ns=since_ns, until_ns=until_ns)
    rows = [cast("Row", row) for row in found[:limit]]
    more = len(found) > limit
    return Page(rows=rows, next=f"{rows[-1]['start_ns']}-{rows[-1]['span_id']}" if more and rows else None)


def _read_cursor(text: str) -> tuple[int, str]:
    start, _, span_id = text.partition("-")
    if not (start.isascii() and start.isdigit() and len(start) < 20 and span_id):
        raise InvalidInput(f"{text!r} is not a place in a list", hint="take it from the page before")
    return int(start), span_id


def _where(filters: Sequence[Filter], *, roots: bool) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {}
    conditions = [_condition(one, f"filter{number}", values) for number, one in enumerate(filters)]
    return " AND ".join(conditions + ["is_root"] * roots) or "true", values


def _condition(one: Filter, name: str, values: dict[str, object]) -> str:
    """Return the SQL of a filter, whose value is added to ``values`` under ``name``."""
    column = _filterable(one.column)
    templates = _OF_NULL if one.value is None else _OF_LISTS if column.type == "texts" else _CONDITIONS
    if one.operator not in templates or (one.operator == "contains" and column.type not in ("text", "texts")):
        raise InvalidInput(f"{column.name} cannot be asked with {one.operator}", hint=f"it holds {column.type}")
    several = isinstance(one.value, tuple)
    if several != (one.operator == "one_of"):
        raise InvalidInput(f"{one.operator} does not go with {one.value!r}", hint="several values go with one_of")
    if one.value is not None:
        asked = one.value if isinstance(one.value, tuple) else (one.value,)
        for value in asked:
            _check_value(column, value)
        values[name] = list(asked) if several else one.value
    return templates[one.operator].format(column=f'"{column.name}"', value=f"${name}")


def _filterable(name: str) -> Column:
    column = SPANS.by_name.get(name)
    if column is None or column.group not in ("identity", "filter"):
        raise InvalidInput(f"spans cannot be filtered by {name!r}", hint="docs/design/lake.md names the columns")
    return column


def _check_value(column: Column, value: Value) -> None:
    right = isinstance(value, _KINDS[column.type]) and isinstance(value, bool) == (column.type == "boolean")
    if not right:
        raise InvalidInput(f"{column.name} holds {column.type}, and {value!r} is not of that type")


def _ask(
    lake: Lake, project: str, sql: str, values: dict[str, object], *, since_ns: int = 0, until_ns: int = EVER_NS
) -> list[dict[str, object]]:
    return lake.query(sql, table="spans", project=project, since_ns=since_ns, until_ns=until_ns, parameters=values)
