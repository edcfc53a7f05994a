"""OTLP/JSON's values: AnyValue of all kinds, integers that may be text, ids in hex, times."""

import math
from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType

from genyard.core.canonical import Json

MAX_DEPTH = 64
"""Of arrays and lists of keys in an attribute."""

_INT64 = range(-(2**63), 2**63)
Number = int | str | float | None
"""64-bit integers are text in OTLP/JSON, and numbers from some senders."""


class Unreadable(Exception):
    """Raised when a span or log record cannot be taken. ``str(error)`` says why."""


class Any(Struct, rename="camel", gc=False):
    """OTLP's AnyValue: one of its fields is set, or none."""

    string_value: str | None | UnsetType = UNSET
    bool_value: bool | None | UnsetType = UNSET
    int_value: Number | UnsetType = UNSET
    double_value: Number | UnsetType = UNSET
    array_value: "Items | None | UnsetType" = UNSET
    kvlist_value: "Pairs | None | UnsetType" = UNSET
    bytes_value: str | None | UnsetType = UNSET


class Items(Struct):
    values: list[Any | None] | None = None


class Pair(Struct):
    key: str | None = None
    value: Any | None = None


class Pairs(Struct):
    values: list[Pair | None] | None = None


def attributes_of(pairs: Sequence[Pair | None] | None, flags: list[str]) -> dict[str, Json]:
    """Return attributes by key: of a key that comes twice the last, and a flag. A pair without a key is left out.

    Raises Unreadable for a value that is nested too deep or is not what it says.
    """
    found: dict[str, Json] = {}
    for pair in pairs or ():
        if pair is None or not pair.key:
            continue
        if pair.key in found and "duplicate_key" not in flags:
            flags.append("duplicate_key")
        found[pair.key] = value_of(pair.value)
    return found


def value_of(value: Any | None, depth: int = 0) -> Json:
    """Return an AnyValue as JSON; bytes stay base64 text. Raises Unreadable."""
    if value is None:
        return None
    if value.string_value is not UNSET:
        return value.string_value
    if value.bool_value is not UNSET:
        return value.bool_value
    if value.int_value is not UNSET:
        return None if value.int_value is None else integer_of(value.int_value, "an integer attribute")
    if value.double_value is not UNSET:
        return _double(value.double_value)
    return _nested(value, depth)


def _nested(value: Any, depth: int) -> Json:
    if depth >= MAX_DEPTH:
        raise Unreadable(f"an attribute is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value.array_value, Items):
        return [value_of(one, depth + 1) for one in value.array_value.values or ()]
    if isinstance(value.kvlist_value, Pairs):
        pairs = value.kvlist_value.values or ()
        return {pair.key: value_of(pair.value, depth + 1) for pair in pairs if pair is not None and pair.key}
    return None if value.bytes_value is UNSET else value.bytes_value


def integer_of(value: Number, what: str) -> int:
    """Return a 64-bit integer, exactly; 0 for null. Raises Unreadable, which names it as ``what``."""
    found = _integer(value)
    if found is None or found not in _INT64:
        raise Unreadable(f"{what} is no 64-bit integer")
    return found


def _integer(value: Number) -> int | None:
    if isinstance(value, str):
        digits = value[1:] if value.startswith("-") else value
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 21 else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value or 0


def _double(value: Number) -> float | str | None:
    """Return a double. NaN and infinities, which JSON does not have, stay the words that they come as."""
    if value is None or value in _NOT_FINITE:
        return value
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise Unreadable("a double attribute is no number") from None
    if not math.isfinite(found):
        raise Unreadable("a double attribute is no number")
    return found


_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def time_of(value: Number, what: str) -> int:
    """Return Unix nanoseconds, 0 for none. Raises Unreadable."""
    found = _integer(value)
    if found is None or not 0 <= found < 2**64:
        raise Unreadable(f"{what} is no time")
    return found


def id_of(value: str | None, *, size: int, what: str) -> str:
    """Return an id of ``size`` bytes in lower-case hex. Raises Unreadable."""
    if not value:
        raise Unreadable(f"it has no {what}")
    if len(value) != 2 * size:
        hint = "; ids are hex in OTLP/JSON, not base64" if len(value) == (size + 2) // 3 * 4 else ""
        raise Unreadable(f"its {what} has {len(value)} hex digits and not {2 * size}{hint}")
    lower = hex_of(value)
    if lower is None:
        raise Unreadable(f"its {what} is not hex")
    if not lower.strip("0"):
        raise Unreadable(f"its {what} is all zeros")
    return lower


def hex_of(value: str) -> str | None:
    """Return lower-case hex digits; None where some are none."""
    lower = value.lower()
    return lower if _HEX.issuperset(lower) else None


def enum_of(value: int | str | None, names: Mapping[str, int]) -> int:
    """Return an enum's number. OTLP/JSON has numbers; names, which a protobuf library writes, are understood too."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else names.get(value, 0)
    return value or 0


_HEX = frozenset("0123456789abcdef")
