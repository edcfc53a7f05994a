"""The language in which people ask for traces: ``model:gpt-4o status:error cost>0.01 "lost badge"``.

    query     = { term }
    term      = [ "-" ] ( condition | word | quoted )
    condition = name operator value { "," value }
    operator  = ":" | "=" | "!=" | "~" | ">" | ">=" | "<" | "<="
    value     = word | quoted | "*"

Names are columns of the spans, the short names of ``NAMES``, ``attributes.KEY``, ``resource.KEY`` and ``score.NAME``.
``:`` and ``=`` are equality, ``~`` means that a text contains another, ``name:*`` that something was reported. What is
of another language, such as ``OR`` or ``cost > 1``, is refused: as words it would find nothing and say nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.observe.explorer.filters import (
    ERROR,
    Field,
    Filter,
    Operator,
    Value,
    attribute_of,
    field_named,
    field_names,
)
from genyard.observe.explorer.trace_query import ScoreFilter, TraceQuery
from genyard.store.columns import ColumnType

MOST_CHARACTERS = 2_000
MOST_SCORES = 8
"""Each is a reading of the scores by itself."""
NAMES: Mapping[str, str] = {
    "trace": "trace_id",
    "span": "span_id",
    "name": "span_name",
    "kind": "operation",
    "error": "error_type",
    "service": "service_name",
    "version": "service_version",
    "tokens": "total_tokens",
    "cost": "cost_usd",
    "latency": "duration_ns",
    "duration": "duration_ns",
    "ttft": "ttft_s",
    "tool": "tool_name",
    "agent": "agent_name",
    "workflow": "workflow_name",
    "session": "conversation_id",
    "user": "user_id",
    "tag": "tags",
    "run": "run_id",
    "row": "row_id",
    "prompt": "prompt_name",
    "env": "environment",
}
"""Short names. Any column may also be written as it is called."""


def full_name(name: str) -> str:
    """Return the column that a short name means; any other name as it is."""
    return NAMES.get(name, name)


_NAME = r"[A-Za-z_][\w./@-]*"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(
    rf'(?P<minus>-)?(?:(?P<name>(?:attributes|resource)\.{_QUOTED}|{_NAME})(?P<operator>!=|>=|<=|[:=~<>])|(?P<plain>{_QUOTED}|[^\s"]+))'
)
_VALUE = re.compile(rf'{_QUOTED}|[^\s",]+')
_OPERATORS: Mapping[str, Operator] = {
    ":": "is",
    "=": "is",
    "!=": "not",
    "~": "contains",
    ">": "gt",
    ">=": "ge",
    "<": "lt",
    "<=": "le",
}
_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
_OF_OTHER_LANGUAGES = frozenset({"AND", "OR", "NOT"})
_SIGN = re.compile(r"!=|>=|<=|[:=~<>]")
_STATUSES = ("ok", "error", "unset")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    name: str
    operator: Operator
    values: tuple[str, ...]
    reported: bool
    """Whether it asks only if something was reported: ``name:*``."""


def read_query(text: str) -> TraceQuery:
    """Return what ``text`` asks for. Raises InvalidInput that says what is wrong where."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"a query has {MOST_CHARACTERS:,} characters at most, this one {len(text):,}")
    wanted, refused, scores = list[Filter](), list[Filter](), list[ScoreFilter]()
    root = list[Filter]()
    words: dict[bool, list[str]] = {False: [], True: []}
    for minus, term in _terms(text):
        if isinstance(term, str):
            words[minus].append(term)
        elif term.name.startswith("score."):
            scores.append(_score(term, minus))
        elif term.name == "status" and "ok" in term.values:
            root.append(_went_well(term, minus))
        else:
            found = _filter(term)
            (refused if minus != (term.operator == "not") else wanted).append(found)
    if len(scores) > MOST_SCORES:
        raise InvalidInput(f"{len(scores)} scores are too many to ask for", hint=f"write {MOST_SCORES} at most")
    return TraceQuery(
        filters=tuple(wanted),
        without=tuple(refused),
        words=tuple(words[False]),
        without_words=tuple(words[True]),
        scores=tuple(scores),
        root=tuple(root),
    )


def _went_well(term: _Condition, minus: bool) -> Filter:
    """Return what ``status:ok`` means, as lists say it: the first span did not fail. Most senders say nothing then."""
    if len(term.values) > 1 or term.operator not in ("is", "not"):
        raise InvalidInput("status is ok or error", hint="write status:ok or status:error")
    negated = minus != (term.operator == "not")
    return Filter(column="status", operator="is" if negated else "not", value="error")


def _terms(text: str) -> Iterator[tuple[bool, str | _Condition]]:
    position, before = 0, ""
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _TERM.match(text, position)
        if match is None:
            raise InvalidInput(f"{text[position : position + 40]!r} is not understood", hint='is a " missing?')
        minus, position = bool(match["minus"]), match.end()
        if match["name"] is None:
            _check_plain(match["plain"], before)
            before = match["plain"]
            plain = _unquoted(match["plain"])
            if plain:
                yield minus, plain
            continue
        before = ""
        values, position = _values(text, position, match["name"])
        yield minus, _condition(match["name"], match["operator"], values)


def _check_plain(word: str, before: str) -> None:
    """Raise InvalidInput for a word that was meant as something else."""
    if word in _OF_OTHER_LANGUAGES:
        raise InvalidInput(
            f"{word} joins nothing here: what is written side by side is all asked",
            hint=f'model:a,b is one of several, -badge is not; "{word}" is the word',
        )
    if _SIGN.match(word) and before in _names():
        raise InvalidInput(
            f"{before} is compared with nothing", hint=f"write it without spaces, such as {before}>0.01 or {before}:x"
        )


def _names() -> Sequence[str]:
    return (*NAMES, *field_names())


def _values(text: str, position: int, name: str) -> tuple[list[str], int]:
    values: list[str] = []
    while True:
        match = _VALUE.match(text, position)
        if match is None:
            raise InvalidInput(f"{name[:80]} is compared with nothing", hint='write name:value, or name:"two words"')
        values.append(match[0])
        position = match.end()
        if text[position : position + 1] != ",":
            return values, position
        position += 1


def _condition(name: str, sign: str, values: list[str]) -> _Condition:
    if name.partition(".")[2].startswith('"'):
        prefix, _, quoted = name.partition(".")
        name = f"{prefix}.{_unquoted(quoted)}"
    reported = values == ["*"] and sign in (":", "=", "!=")
    if not reported and (starred := [one for one in values if not one.startswith('"') and one.endswith("*")]):
        part = starred[0][:-1][:80]
        raise InvalidInput(f"{part}* is no pattern here", hint=f"{name[:80]}~{part} finds what contains it")
    return _Condition(
        name=ERROR if name == ERROR and sign == "~" else NAMES.get(name, name),
        operator=_OPERATORS[sign],
        values=tuple(map(_unquoted, values)),
        reported=reported,
    )


def _filter(term: _Condition) -> Filter:
    """Return the positive form of a condition; whoever reads it knows whether it was negated."""
    attribute = attribute_of(term.name)
    field = Field(name=term.name, sql="", type="text") if attribute else _field(term.name)
    if term.reported:
        return Filter(column=term.name, operator="not", value=None)
    operator: Operator = "is" if term.operator == "not" else term.operator
    if attribute and operator in ("gt", "ge", "lt", "le"):
        field = Field(name=term.name, sql="", type="number")
    values = tuple(_value(field, one) for one in term.values)
    if len(values) > 1 and operator != "is":
        raise InvalidInput(f"{term.name[:80]} is compared with several values", hint="several go with : only")
    if len(values) > 1:
        return Filter(column=term.name, operator="one_of", value=values)
    return Filter(column=term.name, operator=operator, value=values[0])


def _field(name: str) -> Field:
    try:
        return field_named(name)
    except InvalidInput as error:
        known = (*field_names(), *NAMES, "attributes.", "score.")
        raise InvalidInput(
            f"there is no column {name[:80]!r} to ask for",
            hint=did_you_mean(name, known, otherwise='put it in "quotes" to look for it as words'),
        ) from error


def _score(term: _Condition, minus: bool) -> ScoreFilter:
    name = term.name.removeprefix("score.")
    if minus or term.reported or term.operator not in ("is", "lt", "le", "gt", "ge") or len(term.values) != 1:
        raise InvalidInput(f"a score is compared with one number, such as score.{name[:60] or 'NAME'}<0.5")
    number = _value(Field(name=term.name, sql="", type="number"), term.values[0])
    return ScoreFilter(name=name, operator=term.operator, value=float(number))


def _value(field: Field, text: str) -> Value:
    read: Callable[[str], Value | None] = _duration if field.name == "duration_ns" else _READERS[field.type]
    value = read(text)
    if field.name == "status" and value not in _STATUSES:
        raise InvalidInput(f"status is ok or error, and {text[:80]!r} is not")
    if value is None:
        raise InvalidInput(f"{field.name[:80]} is {_WORDS.get(field.type, field.type)}, and {text[:80]!r} is not")
    return value


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text.startswith('"') else text


def _integer(text: str) -> int | None:
    digits = text.removeprefix("-")
    number = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _number(text: str) -> float | None:
    try:
        number = float(text.removeprefix("$"))
    except ValueError:
        return None
    return number if text.isascii() and abs(number) < float("inf") else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _duration(text: str) -> int | None:
    """Return nanoseconds of ``2s``, ``150ms``; a bare number is of seconds."""
    found = _DURATION.fullmatch(text)
    whole = round(float(found[1]) * _UNITS[found[2] or "s"]) if found and len(found[1]) < 20 else None
    return whole if whole is not None and whole < 2**63 else None


_READERS: Mapping[ColumnType, Callable[[str], Value | None]] = {
    "text": str,
    "texts": str,
    "integer": _integer,
    "time_ns": _integer,
    "number": _number,
    "boolean": _boolean,
}
_WORDS: Mapping[ColumnType, str] = {
    "integer": "a whole number",
    "time_ns": "a time in nanoseconds",
    "number": "a number",
    "boolean": "true or false",
}
