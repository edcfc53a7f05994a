"""What senders write, read into the type of a column. None says that a value does not fit, and stays an attribute."""

import json
import math
from collections.abc import Mapping
from itertools import accumulate
from typing import cast

import msgspec

from genyard.core.canonical import Json
from genyard.store.rows import WrittenJson

MAX_DEPTH = 100
"""Deeper JSON stays the text it came as: whoever reads it back would need as deep a stack."""

_INT64 = range(-(2**63), 2**63)
_decode = msgspec.json.Decoder().decode


def text(value: object) -> str | None:
    if type(value) is str:
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value in _INT64 else None
    return str(value) if isinstance(value, float) else None


def integer(value: object) -> int | None:
    """Return integers, integral floats and decimal text: some senders write every number as text."""
    if type(value) is int:
        return value if value in _INT64 else None
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        digits = value[1:] if value.startswith("-") else value
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            return None
        value = int(value)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and value in _INT64 else None


def count(value: object) -> int | None:
    """Return a number of things, such as tokens: never less than none."""
    if type(value) is int and 0 <= value < 2**63:
        return value
    found = integer(value)
    return None if found is None or found < 0 else found


def number(value: object) -> float | None:
    """Return a finite number."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and ("_" in value or len(value) > _LONGEST_NUMBER):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def amount(value: object) -> float | None:
    """Return a number that is not below zero, such as a cost or a delay."""
    found = number(value)
    return None if found is None or found < 0 else found


def milliseconds(value: object) -> float | None:
    """Return seconds."""
    found = amount(value)
    return None if found is None else found / 1000


def boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def texts(value: object) -> list[Json] | None:
    """Return a list of texts: also of one text, and of JSON text that is a list."""
    if isinstance(value, str):
        if value == '["stop"]':  # The end of most answers.
            return ["stop"]
        found = parsed(value) if value.startswith("[") else None
        value = found if isinstance(found, list) else [value]
    if not isinstance(value, list | tuple) or not value:
        return None
    return [item if isinstance(item, str) else json_of(item) for item in value]


def comma_texts(value: object) -> list[Json] | None:
    """Return the words of a list that is written with commas."""
    if not isinstance(value, str):
        return texts(value)
    return [word.strip() for word in value.split(",") if word.strip()] or None


def json_value(value: Json) -> Json:
    """Return what fills a JSON column: text that is an object or an array as it is, once it was checked.

    Any other text is itself, such as ``42``. None for text that begins like JSON and is none.
    """
    if type(value) is not str or not value.startswith(_OPENING):
        return None if value == "" else value
    return json_text(value)


def json_text(value: str) -> Json:
    """Return checked text of an object or array, or its value where only Python reads it; None for what is none."""
    if not shallow(value):
        return None
    try:
        _decode(str(value))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _as_python_reads(value)
    return WrittenJson(value)


def parsed(value: object) -> Json:
    """Return the object or array that a JSON text means, or that ``value`` is; None for anything else."""
    if not isinstance(value, str):
        return value if isinstance(value, dict | list | tuple | Mapping) else None
    if not value.lstrip().startswith(("{", "[")) or not shallow(value):
        return None
    try:
        return cast("Json", _decode(str(value)))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _as_python_reads(value)


def structured(value: Json) -> Json:
    """Return the object or array that a text means, else ``value`` as it is. Read once, never twice."""
    found = parsed(value)
    return value if found is None else found


def unquoted(value: Json) -> Json:
    """Return the value of a dialect that writes every value as JSON text; text that is none is itself."""
    if not isinstance(value, str) or not shallow(value):
        return value
    try:
        return cast("Json", _decode(str(value)))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return value


def object_of(value: Json) -> Mapping[str, Json]:
    """Return the object that ``value`` is or means; an empty one for anything else."""
    found = parsed(value)
    return found if isinstance(found, Mapping) else {}


def list_of(value: Json) -> list[Json]:
    found = parsed(value)
    return list(found) if isinstance(found, list | tuple) else []


def json_of(value: Json) -> str:
    """Return ``value`` as JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def shallow(value: str) -> bool:
    """Return whether JSON text is at most ``MAX_DEPTH`` deep. Counting is quick, and nearly always enough."""
    if len(value) <= 2 * MAX_DEPTH:
        return True
    brackets = value.count("[") + value.count("{")
    if brackets <= MAX_DEPTH:
        return True
    if brackets > _MOST_BRACKETS:
        return False
    kept = value.encode("utf-8", "replace").translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, kept))) <= MAX_DEPTH


_LONGEST_NUMBER = 400
_OPENING = ("{", "[")
_MOST_BRACKETS = 1_000_000
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEP))


def _as_python_reads(value: str) -> Json:
    """Return what Python reads that stricter decoders refuse: NaN, and single surrogates. Both are repaired later."""
    try:
        return cast("Json", json.loads(value))
    except (ValueError, RecursionError):
        return None
