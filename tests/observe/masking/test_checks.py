"""Checksums, against published numbers and by their own properties."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.observe.masking import checks


@pytest.mark.parametrize("number", ["79927398713", "4242424242424242", "378282246310005", "6011111111111117"])
def test_luhn_agrees_with_published_numbers(number: str) -> None:
    assert checks.luhn(number)
    assert not any(checks.luhn(number[:-1] + other) for other in string.digits if other != number[-1])


@pytest.mark.parametrize("text", ["WEST12345698765432GB82", "370400440532013000DE89", "86011117947NO93"])
def test_mod_97_agrees_with_the_registry(text: str) -> None:
    assert checks.mod97(text)
    assert not checks.mod97(text[:-1] + str((int(text[-1]) + 1) % 10))


def test_verhoeff_and_iso_7064_agree_with_published_numbers() -> None:
    assert checks.verhoeff("2363")
    assert checks.verhoeff("1428570")
    assert checks.mod11_10("07945")
    assert checks.mod11_10("86095742719")


@given(st.text(string.digits, min_size=1, max_size=20))
def test_each_check_has_one_right_digit_at_the_end(digits: str) -> None:
    for check in (checks.luhn, checks.verhoeff, checks.mod11_10):
        assert sum(check(digits + last) for last in string.digits) == 1


@given(st.text(string.digits, min_size=2, max_size=20), st.data())
def test_verhoeff_sees_a_wrong_digit_and_two_that_changed_places(digits: str, data: st.DataObject) -> None:
    whole = next(digits + last for last in string.digits if checks.verhoeff(digits + last))
    at = data.draw(st.integers(0, len(whole) - 2))
    swapped = whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :]
    assert swapped == whole or not checks.verhoeff(swapped)


@pytest.mark.parametrize(
    ("text", "bits"), [(b"aaaa", 0.0), (b"abab", 1.0), (b"abcdefgh", 3.0), (b"0123456789abcdef", 4.0)]
)
def test_entropy_is_shannons(text: bytes, bits: float) -> None:
    assert checks.entropy(text) == bits


def test_a_day_must_be_in_some_year() -> None:
    assert checks.is_date(29, 2)
    assert not any((checks.is_date(30, 2), checks.is_date(31, 4), checks.is_date(0, 1), checks.is_date(1, 13)))
