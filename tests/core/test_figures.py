"""Figures as people read them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.figures import size

UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (1_000, "1 kB"),
        (4_180_000, "4.18 MB"),
        (50_000_000_000, "50 GB"),
        (10**15, "1,000 TB"),
    ],
)
def test_a_size_stands_in_the_unit_that_suits_it(number: int, text: str) -> None:
    assert size(number) == text


@given(st.integers(0, 10**18))
def test_a_size_is_right_in_three_digits(number: int) -> None:
    found = re.fullmatch(r"([\d,.]+) (k?B|[MGT]B)", size(number))
    assert found is not None
    assert float(found[1].replace(",", "")) * UNITS[found[2]] == pytest.approx(number, rel=0.0051)
