"""What a list of traces is asked for: conditions, words and scores, each met by some span of a trace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.errors import TooLarge
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import Filter, Operator, condition
from genyard.observe.explorer.log_search import Asked, Spans, said_in_logs
from genyard.observe.explorer.window import Window
from genyard.observe.explorer.words import holding

MOST_SCORED = 100_000
_COMPARED: dict[Operator, str] = {"is": "=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFilter:
    """A trace's mean of a score against a number; ``operator`` is ``is``, or an order."""

    name: str
    operator: Operator
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """Which traces. Each condition is met by some span of the trace, not always by the same one.

    ``words`` all stand in one span. ``without`` and ``without_words`` are met by no span of the trace. ``root``
    conditions are about the first span.
    """

    filters: tuple[Filter, ...] = ()
    without: tuple[Filter, ...] = ()
    words: tuple[str, ...] = ()
    without_words: tuple[str, ...] = ()
    scores: tuple[ScoreFilter, ...] = ()
    root: tuple[Filter, ...] = ()

    @property
    def looks_below(self) -> bool:
        """Whether other spans than the first decide."""
        return bool(self.filters or self.without or self.words or self.without_words)


EVERY_TRACE = TraceQuery()


def chosen(query: TraceQuery, window: Window, binding: Binding, *, part: Window | None = None) -> str:
    """Return the SQL that chooses first spans; ``part`` is the time that it is asked of, where it is not all of it.

    Raises InvalidInput where a condition does not fit the table, TooLarge.
    """
    said = said_in_logs(part or window, (*query.words, *query.without_words), (*query.filters, *query.without))
    wanted = [_met(one, said, binding) for one in query.filters]
    wanted += [_holding(query.words, said, binding)] if query.words else []
    refused = [_met(one, said, binding) for one in query.without]
    refused += [_holding([word], said, binding) for word in query.without_words]
    parts = ["is_root", *(condition(one, binding) for one in query.root)]
    parts += [f"trace_id IN ({_having(wanted)})"] if wanted else []
    parts += [f"trace_id NOT IN (SELECT trace_id FROM spans WHERE {_any(refused)})"] if refused else []
    parts += [_scored(one, window, binding) for one in query.scores]
    return " AND ".join(f"({part})" for part in parts)


def _met(one: Filter, said: Mapping[Asked, Spans], binding: Binding) -> str:
    own = condition(one, binding)
    # As where the two are joined: what a span says itself stays.
    return f"({own}) OR {one.column} IS NULL AND {said[one].sql(binding)}" if one in said else own


def _holding(words: Sequence[str], said: Mapping[Asked, Spans], binding: Binding) -> str:
    return holding(words, binding, also={word: said[word].sql(binding) for word in words if word in said})


def _having(wanted: Sequence[str]) -> str:
    """Return the SQL of traces that meet each condition with some span, in one reading of the spans."""
    if len(wanted) == 1:
        return f"SELECT trace_id FROM spans WHERE {wanted[0]}"
    met = " AND ".join(f"bool_or({one})" for one in wanted)
    return f"SELECT trace_id FROM spans WHERE {_any(wanted)} GROUP BY trace_id HAVING {met}"


def _any(conditions: Sequence[str]) -> str:
    return " OR ".join(f"({one})" for one in conditions)


def _scored(one: ScoreFilter, window: Window, binding: Binding) -> str:
    means = scores_by_trace(one.name, window)
    operator = _COMPARED[one.operator]
    met = [trace for trace, mean in means.items() if _meets(mean, operator, one.value)]
    return f"trace_id IN (SELECT unnest({binding.add(met)}::VARCHAR[]))"


def _meets(mean: float, operator: str, value: float) -> bool:
    return {
        "=": mean == value,
        "<": mean < value,
        "<=": mean <= value,
        ">": mean > value,
        ">=": mean >= value,
    }[operator]


def scores_by_trace(name: str, window: Window) -> dict[str, float]:
    """Return the mean of a score of each trace that has it; a score may come after its trace, at any time.

    Raises TooLarge where there are over MOST_SCORED.
    """
    sql = (
        "SELECT trace_id, round(avg(value), 9) AS mean FROM scores"
        f" WHERE name = $name AND trace_id IS NOT NULL AND value IS NOT NULL GROUP BY trace_id LIMIT {MOST_SCORED + 1}"
    )
    scored = Window(lake=window.lake, project=window.project, since_ns=window.since_ns, until_ns=2**63 - 1)
    rows = scored.ask(sql, {"name": name}, table="scores")
    if len(rows) > MOST_SCORED:
        raise TooLarge(f"over {MOST_SCORED:,} traces have the score {name[:80]}", hint="ask for less time")
    return {str(row["trace_id"]): float(str(row["mean"])) for row in rows}
