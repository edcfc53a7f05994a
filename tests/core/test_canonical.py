"""Canonical JSON: RFC 8785's own examples, and each case that the RFC leaves open."""

import json
import math
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.canonical import Json, canonical_json, read_canonical
from genyard.core.errors import InvalidInput

SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | SAFE | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_the_numbers_of_rfc_8785_appendix_b(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(value).decode() == text


def test_the_serialisation_example_of_rfc_8785() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(value) == expected.encode()


def test_the_sorting_example_of_rfc_8785() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    written = canonical_json(dict.fromkeys(keys, 0)).decode()
    assert list(json.loads(written)) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


class Level(IntEnum):
    HIGH = 3


class Word(StrEnum):
    YES = "yes"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**53 - 1, "9007199254740991"),
        (-(2**53) + 1, "-9007199254740991"),
        (-0.0, "0"),
        (1.0, "1"),
        (1, "1"),
        (True, "true"),
        (1e20, "100000000000000000000"),
        (np.float64(1.5), "1.5"),
        (Level.HIGH, "3"),
        (Word.YES, '"yes"'),
        ((1, [2]), "[1,[2]]"),
        ({"a": None}, '{"a":null}'),
        ({}, "{}"),
        ("\x08\t\x1f\x7f\u2028/é", '"\\b\\t\\u001f\x7f\u2028/é"'),
        ("e\u0301", '"e\u0301"'),
        (Decimal("1.50"), '"1.5"'),
        (Decimal("-0.00"), '"0"'),
        (Decimal("1E+3"), '"1000"'),
        (Decimal("1E-7"), '"0.0000001"'),
        (date(999, 1, 2), '"0999-01-02"'),
        (datetime(999, 1, 2, tzinfo=UTC), '"0999-01-02T00:00:00Z"'),
        (datetime(2026, 1, 2, 3, 4, 5, 120_000, timezone(timedelta(hours=2))), '"2026-01-02T01:04:05.12Z"'),
    ],
)
def test_what_the_rfc_leaves_open_has_one_form(value: object, text: str) -> None:
    assert canonical_json(value).decode() == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**53, r"\$: 9007199254740992 is beyond 2\^53 - 1"),
        ({"a": [0, -(2**53)]}, r"\$\.a\[1\]: -9007199254740992 is beyond"),
        (math.nan, r"\$: nan has no JSON form"),
        ([-math.inf], r"\$\[0\]: -inf has no JSON form"),
        (Decimal("NaN"), r"\$: NaN has no JSON form"),
        (Decimal("1E+1000000000"), "has more than 400 digits"),
        (Decimal("1E-1000000000"), "has more than 400 digits"),
        ("\ud800", r"\$: text holds a lone surrogate"),
        ({"\udfff": 1}, r"\$: text holds a lone surrogate"),
        (datetime(2026, 1, 2), r"\$: the time 2026-01-02T00:00:00 has no zone"),  # noqa: DTZ001 - that is the case
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "outside the years 1 to 9999"),
        ({1: 2}, r"\$: the key 1 is not text"),
        (b"x", r"\$: bytes has no JSON form"),
        ({"a": {1}}, r"\$\.a: set has no JSON form"),
        (object(), r"\$: object has no JSON form"),
    ],
)
def test_what_has_no_one_form_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        canonical_json(value)


def test_an_integer_that_python_does_not_print_is_refused_too() -> None:
    with pytest.raises(InvalidInput, match=r"\$: an integer of 16610 bits is beyond"):
        canonical_json(10**5000)


def test_missing_and_null_are_different() -> None:
    assert canonical_json({"a": None}) != canonical_json({})


def test_composed_and_decomposed_text_are_different() -> None:
    assert canonical_json("é") != canonical_json("e\u0301")


def test_depth_is_bounded() -> None:
    value: Json = []
    for _ in range(201):
        value = [value]
    with pytest.raises(InvalidInput, match="nested deeper than 200 levels"):
        canonical_json(value)


@given(VALUES)
def test_a_canonical_text_read_back_is_the_same_text(value: Json) -> None:
    written = canonical_json(value)
    assert canonical_json(read_canonical(written)) == written


@given(VALUES)
def test_a_canonical_text_is_json_of_the_same_value(value: Json) -> None:
    # Python compares 1 and 1.0, and 0.0 and -0.0, as equal, as JSON does.
    assert json.loads(canonical_json(value), parse_int=float) == json.loads(json.dumps(value), parse_int=float)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_shortest_text_that_reads_back(value: float) -> None:
    written = canonical_json(value).decode()
    assert float(written) == value
    digits = written.lstrip("-").partition("e")[0].replace(".", "").strip("0")
    assert len(digits) <= len(repr(value).lstrip("-").partition("e")[0].replace(".", "").strip("0"))


@given(st.dictionaries(st.text(), SAFE, min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)
