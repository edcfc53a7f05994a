"""Canonical JSON: one text for one value, so that a digest means the same on every machine.

It is RFC 8785 (JSON Canonicalization Scheme). What the RFC leaves open is closed here, by refusing what has no one
meaning (``docs/design/digests.md`` has the reasons, ``tests/core/test_canonical.py`` the vectors):

- An integer beyond 2^53 - 1 in size is refused: readers differ on it. Write it as text. A double is written.
- NaN and infinities are refused. Minus zero is zero.
- A missing key and a null are different values. Our own records leave out what is absent and never write null for it.
- A time is RFC 3339 text in UTC; a time without a zone is refused. A date is ``YYYY-MM-DD``.
- A decimal is text without exponent and without trailing zeros: ``Decimal("1.50")`` is ``"1.5"``. Beyond 400 digits
  it is refused.
- Text is digested as it is, without Unicode normalisation; a lone surrogate is refused.
- Anything else (bytes, sets, objects) is refused.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from json.encoder import encode_basestring

from genyard.core.errors import InvalidInput

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, "Json"]

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DECIMAL_DIGITS = 400
MAX_DEPTH = 200


def canonical_json(value: object) -> bytes:
    """Return the canonical UTF-8 text of ``value``.

    Raises InvalidInput, naming the place as a JSON path, for a value that has no canonical form.
    """
    parts: list[str] = []
    _write(value, "$", 0, parts)
    return "".join(parts).encode()


def read_canonical(content: str | bytes) -> Json:
    """Return the value of a text that ``canonical_json`` wrote, whose canonical text is the same again.

    A whole number beyond 2^53 - 1 can only have been a double, and is read as one: RFC 8785 writes 1e20 without an
    exponent. Raises ValueError for what is not JSON.
    """
    value: Json = json.loads(content, parse_int=_read_integer)
    return value


def _read_integer(digits: str) -> int | float:
    value = int(digits)
    return value if abs(value) <= MAX_SAFE_INTEGER else float(digits)


def _write(value: object, path: str, depth: int, parts: list[str]) -> None:
    if depth > MAX_DEPTH:
        raise InvalidInput(f"{path[:80]}… is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        _write_object(value, path, depth, parts)
    elif isinstance(value, list | tuple):
        parts.append("[")
        for position, item in enumerate(value):
            if position:
                parts.append(",")
            _write(item, f"{path}[{position}]", depth + 1, parts)
        parts.append("]")
    else:
        parts.append(_scalar(value, path))


def _write_object(value: Mapping[object, object], path: str, depth: int, parts: list[str]) -> None:
    keys = []
    for key in value:
        if not isinstance(key, str):
            raise InvalidInput(f"{path}: the key {key!r} is not text")
        keys.append(key)
    parts.append("{")
    # RFC 8785, section 3.2.3: by UTF-16 code units, which differs from code points above U+FFFF.
    for position, key in enumerate(sorted(keys, key=lambda text: text.encode("utf-16-be", "surrogatepass"))):
        if position:
            parts.append(",")
        parts.append(_text(key, path))
        parts.append(":")
        _write(value[key], f"{path}.{key}", depth + 1, parts)
    parts.append("}")


def _scalar(value: object, path: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value, path)
        case int():
            return _integer(value, path)
        case float():
            return _float(value, path)
        case datetime():
            return _text(_time(value, path), path)
        case date():
            return _text(value.isoformat(), path)
        case Decimal():
            return _text(_decimal(value, path), path)
    raise InvalidInput(f"{path}: {type(value).__name__} has no JSON form")


def _text(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{path}: text holds a lone surrogate, which no encoding can carry") from error
    # The standard encoder escapes as RFC 8785 asks but for DEL, which it also leaves as it is.
    return encode_basestring(value)


def _integer(value: int, path: str) -> str:
    if abs(value) > MAX_SAFE_INTEGER:
        # Python itself refuses to print an integer of more than 4,300 digits.
        shown = str(value) if value.bit_length() <= 128 else f"an integer of {value.bit_length()} bits"
        raise InvalidInput(f"{path}: {shown} is beyond 2^53 - 1, where readers of JSON differ", hint="write it as text")
    return str(int(value))


def _float(value: float, path: str) -> str:
    if not math.isfinite(value):
        raise InvalidInput(f"{path}: {value} has no JSON form", hint="leave the key out, or write null")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, exponent = _shortest(abs(value))
    return sign + _ecmascript(digits, exponent)


def _shortest(value: float) -> tuple[str, int]:
    """Return the shortest decimal digits that read back as ``value`` and n of 0.digits * 10^n."""
    # By float's own repr: numpy's float64 is a float too, but prints its type.
    _, digit_tuple, exponent = Decimal(float.__repr__(value)).as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, digit_tuple))
    stripped = digits.rstrip("0")
    return stripped, len(digits) + exponent


def _ecmascript(digits: str, n: int) -> str:
    """Lay out digits as ECMAScript's Number::toString does (ECMA-262, section 6.1.6.1.20)."""
    k = len(digits)
    if k <= n <= 21:
        return digits + "0" * (n - k)
    if 0 < n <= 21:
        return f"{digits[:n]}.{digits[n:]}"
    if -6 < n <= 0:
        return f"0.{'0' * -n}{digits}"
    mantissa = digits if k == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if n > 0 else '-'}{abs(n - 1)}"


def _time(value: datetime, path: str) -> str:
    if value.tzinfo is None:
        raise InvalidInput(f"{path}: the time {value.isoformat()} has no zone", hint="add one, such as +00:00")
    try:
        moment = value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise InvalidInput(f"{path}: the time {value.isoformat()} is outside the years 1 to 9999 in UTC") from error
    # Not by strftime, whose %Y does not fill years before 1000 with zeros everywhere.
    text = moment.isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".") + "Z" if moment.microsecond else moment.isoformat(timespec="seconds") + "Z"


def _decimal(value: Decimal, path: str) -> str:
    if not value.is_finite():
        raise InvalidInput(f"{path}: {value} has no JSON form")
    if value and abs(value.adjusted()) > MAX_DECIMAL_DIGITS:
        raise InvalidInput(f"{path}: {value!r:.80} has more than {MAX_DECIMAL_DIGITS} digits without an exponent")
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
