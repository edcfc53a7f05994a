"""What only log records say of spans, found for a list: words of prompts and answers, users and sessions.

The records are asked first, for the spans that they say it of; the list's own question then takes those spans in. A
lake without records of that time is not asked at all.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from genyard.core.errors import TooLarge
from genyard.observe.conventions.events import EVALUATION
from genyard.observe.conventions.names import NAMES
from genyard.observe.explorer.binding import Binding
from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.window import Window
from genyard.observe.explorer.words import SEARCHED, pattern, word_pattern
from genyard.observe.log_rows import EITHER_SIDE_NS

MOST_SPANS = 100_000
"""Spans that records may be found for: their ids are carried into the list's question."""
Named = Literal["user_id", "conversation_id"]
"""Columns of people and their sessions, which some senders name in records only."""
_OF_MESSAGES = ("content", "gen_ai.event.content", "message", "delta", "parts", "tool_calls", "exception.message")
_TEXTS = (*_OF_MESSAGES, *(name for column in SEARCHED for name in NAMES.get(column, ())))
"""The keys of attributes and bodies whose text goes to a column that is searched."""

Asked = str | Filter
"""A word, or a condition on a column of ``Named``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Spans that records say something of."""

    traces: list[str]
    spans: list[str]

    def sql(self, binding: Binding) -> str:
        """Return the SQL of being one of them."""
        traces, spans = binding.add(self.traces), binding.add(self.spans)
        return f"(trace_id, span_id) IN (SELECT (unnest({traces}::VARCHAR[]), unnest({spans}::VARCHAR[])))"


def said_in_logs(window: Window, words: Iterable[str], filters: Iterable[Filter]) -> Mapping[Asked, Spans]:
    """Return the spans of which records of about this time say a word or meet a filter; only what some do.

    Raises TooLarge where that are over MOST_SPANS.
    """
    asked: list[Asked] = [*dict.fromkeys(words), *dict.fromkeys(filter(_is_named, filters))]
    around = window.around(EITHER_SIDE_NS)
    if not asked or not around.most_rows(table="logs"):
        return {}
    binding = Binding()
    conditions = [_word(one, binding) if isinstance(one, str) else _named(one, binding) for one in asked]
    met = ", ".join(f"bool_or({one}) AS met{number}" for number, one in enumerate(conditions))
    sql = (
        f"SELECT trace_id, span_id, {met} FROM logs WHERE {' OR '.join(f'({one})' for one in conditions)}"
        f" GROUP BY trace_id, span_id LIMIT {MOST_SPANS + 1}"
    )
    rows = around.ask(sql, binding.values, table="logs")
    if len(rows) > MOST_SPANS:
        raise TooLarge(f"log records say this of over {MOST_SPANS:,} spans", hint="ask for less time")
    return {one: found for number, one in enumerate(asked) if (found := _spans(rows, f"met{number}")).spans}


def named_in_logs(column: Named) -> str:
    """Return the SQL of what a record names in a column of spans: a list, for it may name it under several keys."""
    return f"json_extract_string(attributes, [{', '.join(repr('/' + key) for key in NAMES[column])}])"


def _spans(rows: Sequence[Mapping[str, object]], column: str) -> Spans:
    met = [row for row in rows if row[column]]
    return Spans(traces=[str(row["trace_id"]) for row in met], spans=[str(row["span_id"]) for row in met])


def _is_named(one: Filter) -> bool:
    return one.column in get_args(Named) and one.operator in ("is", "one_of", "contains") and one.value is not None


def _named(one: Filter, binding: Binding) -> str:
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    named = named_in_logs(cast("Named", one.column))
    if one.operator == "contains":
        return f"coalesce(list_bool_or([contains(word, {binding.add(one.value)}) for word in {named}]), false)"
    return f"coalesce(list_has_any({named}, {binding.add(list(values))}::VARCHAR[]), false)"


def _word(word: str, binding: Binding) -> str:
    # Reading JSON is dear: only records with the word's letters are read, however often JSON was put into JSON.
    once = {json.dumps(word, ensure_ascii=ascii)[1:-1] for ascii in (False, True)}
    twice = {json.dumps(text, ensure_ascii=ascii)[1:-1] for text in once for ascii in (False, True)}
    letters = binding.add(pattern(*sorted(once | twice)))
    text = binding.add(word_pattern(word))
    keys = _pointers(_TEXTS, binding)
    read = " OR ".join(
        f"(regexp_matches({column}, {letters})"
        f" AND regexp_matches(array_to_string(json_extract_string({column}, {keys}), chr(10)), {text}))"
        for column in ("body", "attributes")
    )
    return f"event_name <> {binding.add(EVALUATION)} AND coalesce({read}, false)"


def _pointers(keys: Sequence[str], binding: Binding) -> str:
    return binding.add(["/" + key.replace("~", "~0").replace("/", "~1") for key in keys])
