"""Which values a column has, and how many traces have each."""

from dataclasses import dataclass

from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import attribute_of, attribute_sql, field_named
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery, chosen
from genyard.observe.explorer.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A value as text, and the traces with a span that has it."""

    value: str
    traces: int


def facets(window: Window, column: str, query: TraceQuery = EVERY_TRACE, *, limit: int = 20) -> list[Facet]:
    """Return the values of a column that is not a payload, of ``model``, or of an attribute; the most frequent first.

    Raises InvalidInput.
    """
    binding = Binding()
    attribute = attribute_of(column)
    if attribute:
        value = attribute_sql(*attribute, binding)
    else:
        field = field_named(column)
        value = f"unnest({field.sql})" if field.type == "texts" else f"{field.sql}::VARCHAR"
    if column == "status":
        # Of what did not fail most senders say nothing: as everywhere else it is one value.
        value = "CASE WHEN status = 'error' THEN 'error' ELSE 'ok' END"
    narrow = f"WHERE trace_id IN (SELECT trace_id FROM spans WHERE {chosen(query, window, binding)})"
    sql = (
        f"SELECT value, count(DISTINCT trace_id) AS traces FROM (SELECT {value} AS value, trace_id FROM spans"
        f" {narrow if query != EVERY_TRACE else ''}) WHERE value IS NOT NULL GROUP BY value"
        f" ORDER BY traces DESC, value LIMIT {limit:d}"
    )
    return [Facet(value=str(row["value"]), traces=int(str(row["traces"]))) for row in window.ask(sql, binding.values)]
