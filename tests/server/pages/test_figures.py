"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.server.pages import figures


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0 ms"),
        (420_000, "0.42 ms"),
        (18_000_000, "18 ms"),
        (724_000_000, "724 ms"),
        (999_600_000, "1.00 s"),
        (2_840_000_000, "2.84 s"),
        (59_980_000_000, "1 min 0 s"),
        (192_000_000_000, "3 min 12 s"),
        (3_599_600_000_000, "1 h 0 min"),
        (None, "—"),
    ],
)
def test_durations_have_three_digits(duration_ns: int | None, text: str) -> None:
    assert figures.duration(duration_ns) == text


@pytest.mark.parametrize(
    ("usd", "text"), [(0.0041, "$0.0041"), (0.00001, "< $0.0001"), (0.0, "$0.0000"), (1234.5, "$1,234.50"), (None, "—")]
)
def test_money_has_up_to_four_decimals(usd: float | None, text: str) -> None:
    assert figures.money(usd) == text


def test_a_difference_carries_its_sign() -> None:
    assert figures.figure(0.011, signed=True) == "+0.011"
    assert figures.figure(-0.0041, signed=True) == "−0.004"
    assert figures.figure(-0.0001, signed=True) == "0.000"


def test_a_missing_bound_is_a_dash() -> None:
    assert figures.interval(0.7, None) == "[0.700, —]"
    assert figures.interval(None, None) == "—"


@given(st.floats(), st.booleans())
def test_no_figure_is_ever_nan(value: float, signed: bool) -> None:
    text = figures.figure(value, places=figures.decimals([value]), signed=signed)
    assert "nan" not in text.lower() and "inf" not in text.lower()
    assert math.isfinite(value) or text == "—"
