"""Rows on their way into the lake: checked, repaired where they can be, and turned into columns."""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import cast

import msgspec

from genyard.core.canonical import Json
from genyard.core.clock import day_of
from genyard.core.errors import InvalidInput
from genyard.core.refs import check_name
from genyard.store.columns import MADE_BY_THE_LAKE, Column, ColumnType, Group, LakeTable

Row = Mapping[str, Json]
Value = str | int | float | bool | list[str] | None
"""What a column holds; a JSON column holds the JSON's text."""

DAY_NS = 86_400_000_000_000
_INT64 = range(-(2**63), 2**63)
_FEW = 8
_TIMES = range(2**63 - 1)
"""Queries end before a time of 64 bits, so there is one that none of them would see."""

MOST_CHARACTERS = 4_000
"""Of a text that lists show and filters compare: a name or an id of megabytes would be in every answer."""
MOST_OF: Mapping[Group, int] = {
    "identity": MOST_CHARACTERS,
    "filter": MOST_CHARACTERS,
    "payload": sys.maxsize,
    "rest": sys.maxsize,
}


class WrittenJson(str):
    """JSON that is text already: a JSON column takes it as it is.

    Who makes one has checked that a decoder reads the whole of it, so that rows of long messages are not read twice.
    """

    __slots__ = ()


class Batch(msgspec.Struct, frozen=True, tag="rows"):
    """Rows of one table, column by column. A column that is absent is null in every row."""

    table: str
    count: int
    columns: dict[str, list[Value]]

    def column(self, name: str) -> list[Value]:
        return self.columns.get(name) or [None] * self.count


class Unfit(Exception):
    """Raised when a value has not the column's type. ``str(error)`` says what it is instead."""


Repair = Callable[[str], None]
"""Takes the word for ``intake_flags``."""


def batch_of(table: LakeTable, rows: Sequence[Row]) -> Batch:
    """Return ``rows`` as a batch.

    What has no place in a file is repaired and named in ``intake_flags``, where the table has them: a number that is
    not finite or beyond 64 bits becomes null, a lone surrogate becomes U+FFFD, a text that lists show is cut to
    ``MOST_CHARACTERS``.

    Raises InvalidInput, naming row and column, for an unknown column, a missing key or a value of another type.
    """
    flags: dict[int, list[str]] = {}
    columns = {name: _column(_known(table, name), values, flags) for name, values in _by_column(rows).items()}
    _check_identity(table, columns, len(rows))
    if flags and "intake_flags" in table.by_name:
        columns["intake_flags"] = _flagged(columns.get("intake_flags") or [None] * len(rows), flags)
    columns["day"] = _days(columns.get(table.time, []))
    return Batch(table=table.name, count=len(rows), columns=columns)


def read_back(table: LakeTable, row: Mapping[str, object]) -> dict[str, object]:
    """Return a row that was read, with the text of its JSON columns as values again."""
    kinds = table.by_name
    return {
        name: json.loads(value) if isinstance(value, str) and name in kinds and kinds[name].type == "json" else value
        for name, value in row.items()
    }


def _by_column(rows: Sequence[Row]) -> dict[str, list[Json]]:
    columns: defaultdict[str, list[Json]] = defaultdict(lambda: [None] * len(rows))
    for position, row in enumerate(rows):
        for name, value in row.items():
            columns[name][position] = value
    return columns


def _days(times: Sequence[Value]) -> list[Value]:
    """Return the UTC day of each time."""
    return [_day(at // DAY_NS) for at in times if isinstance(at, int)]


@lru_cache(maxsize=64)  # rows are of few days, and a day is dear to write
def _day(number: int) -> str:
    return day_of(number * DAY_NS)


def _short(value: Value, most: int, repair: Repair) -> Value:
    """Return a text, or each of several, cut to ``most`` characters."""
    if isinstance(value, str) and len(value) > most:
        repair("too_long")
        return value[:most]
    if isinstance(value, list) and any(len(one) > most for one in value):
        repair("too_long")
        return [one[:most] for one in value]
    return value


def _known(table: LakeTable, name: str) -> Column:
    column = table.by_name.get(name)
    if column is None or name in MADE_BY_THE_LAKE:
        raise InvalidInput(f"{table.name} has no column {name!r} that can be written")
    return column


def _column(column: Column, values: Sequence[Json], flags: dict[int, list[str]]) -> list[Value]:
    if not _fits(column.type, values, MOST_OF[column.group]):
        return [_converted(column, value, position, flags) for position, value in enumerate(values)]
    if column.type == "json":
        # The log's encoder knows no subclass of text.
        return [value if value is None else str(value) for value in values]
    return cast("list[Value]", values)


def _converted(column: Column, value: Json, position: int, flags: dict[int, list[str]]) -> Value:
    if value is None:
        return None
    words: list[str] = []
    try:
        converted = _CONVERT[column.type](value, words.append)
    except Unfit as error:
        raise InvalidInput(f"row {position + 1}: {column.name} is {error}, not {column.type}") from error
    if column.type != "json":
        converted = _short(converted, MOST_OF[column.group], words.append)
    if words:
        flags.setdefault(position, []).extend(f"{word}:{column.name}" for word in dict.fromkeys(words))
    return converted


def _fits(kind: ColumnType, values: Sequence[Json], most: int) -> bool:
    """Return whether a whole column can stay as it is. It is a few calls into C where values are many.

    ``most`` is how many characters a text may have.
    """
    if len(values) <= _FEW:
        return _few_fit(kind, values, most)
    if not {*map(type, values)} <= _PLAIN[kind]:
        return False
    present = [value for value in values if value is not None]
    if kind == "text":
        texts = cast("list[str]", present)
        joined = "".join(texts)
        # One sum of all is cheaper than the length of each.
        return _encodes(joined) and (len(joined) <= most or max(map(len, texts)) <= most)
    if kind in ("integer", "time_ns"):
        numbers = cast("list[int]", present)
        allowed = _TIMES if kind == "time_ns" else _INT64
        return not numbers or (min(numbers) in allowed and max(numbers) in allowed)
    # The sum of numbers is finite only if each is.
    return kind != "number" or math.isfinite(sum(cast("list[float]", present)))


def _few_fit(kind: ColumnType, values: Sequence[Json], most: int) -> bool:
    """Say the same of the rows of one answer, where to gather values takes longer than to look at each."""
    plain = _PLAIN[kind]
    for value in values:
        if value is None:
            continue
        if type(value) not in plain:
            return False
        if isinstance(value, str):
            if kind == "text" and not (len(value) <= most and _encodes(value)):
                return False
        elif isinstance(value, float):
            if not math.isfinite(value):
                return False
        elif not isinstance(value, bool) and value not in (_TIMES if kind == "time_ns" else _INT64):
            return False
    return True


def _encodes(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _check_identity(table: LakeTable, columns: Mapping[str, list[Value]], count: int) -> None:
    for name in ("project", *table.key):
        values = columns.get(name) or [None] * count
        if None in values:
            raise InvalidInput(f"row {values.index(None) + 1}: {name} is missing")
    for project in dict.fromkeys(columns.get("project", [])):
        check_name(str(project), "project")


def _flagged(given: Sequence[Value], flags: Mapping[int, list[str]]) -> list[Value]:
    flagged = list(given)
    for position, words in flags.items():
        before = flagged[position]
        flagged[position] = [*(before if isinstance(before, list) else []), *words]
    return flagged


def _text(value: Json, repair: Repair) -> str:
    if not isinstance(value, str):
        raise Unfit(type(value).__name__)
    return value if value.isascii() else _encodable(value, repair)


def _encodable(value: str, repair: Repair) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        repair("lone_surrogate")
        # Pairs of surrogates become the character they mean, single ones U+FFFD.
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def _integer(value: Json, repair: Repair) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(type(value).__name__)
    if value in _INT64:
        return value
    repair("out_of_range")
    return None


def _time_ns(value: Json, repair: Repair) -> int:  # noqa: ARG001 - one signature for all
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(type(value).__name__)
    if value not in _TIMES:
        raise Unfit(f"{value}, outside the years 1970 to 2262")
    return value


def _number(value: Json, repair: Repair) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit(type(value).__name__)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number):
        return number
    repair("not_finite")
    return None


def _boolean(value: Json, repair: Repair) -> bool:  # noqa: ARG001 - one signature for all
    if not isinstance(value, bool):
        raise Unfit(type(value).__name__)
    return value


def _texts(value: Json, repair: Repair) -> list[str]:
    if not isinstance(value, list | tuple):
        raise Unfit(type(value).__name__)
    return [_text(item, repair) for item in value]


def _json(value: Json, repair: Repair) -> str:
    if isinstance(value, WrittenJson):
        return str(value)
    try:
        return _quick_json(value) or json.dumps(_finite(value, repair), ensure_ascii=False, separators=(",", ":"))
    except RecursionError as error:
        raise Unfit("nested too deep") from error
    except TypeError as error:
        raise Unfit(str(error)) from error


def _quick_json(value: Json) -> str | None:
    """Return the JSON, or None where it needs the slower way: msgspec writes null for what is not finite."""
    try:
        text = msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return None
    return None if b"null" in text else text.decode()


def _finite(value: Json, repair: Repair) -> Json:
    """Return ``value`` with null for every number that is not finite and U+FFFD for every lone surrogate."""
    if isinstance(value, str):
        return _encodable(value, repair)
    if isinstance(value, Mapping):
        return {_encodable(str(key), repair): _finite(item, repair) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, repair) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        repair("not_finite")
        return None
    return value


_PLAIN: Mapping[ColumnType, frozenset[type]] = {
    "text": frozenset({str, NoneType}),
    "integer": frozenset({int, NoneType}),
    "number": frozenset({float, NoneType}),
    "boolean": frozenset({bool, NoneType}),
    "time_ns": frozenset({int, NoneType}),
    "texts": frozenset({NoneType}),
    "json": frozenset({NoneType, WrittenJson}),
}
"""Types that a column holds as they are, if their values are good."""

_CONVERT: Mapping[ColumnType, Callable[[Json, Repair], Value]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "time_ns": _time_ns,
    "texts": _texts,
    "json": _json,
}
