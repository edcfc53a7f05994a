"""Checksums and other proofs that digits are what they look like. Each takes plain digits or letters, no separators."""

import math
import re
from collections import Counter
from itertools import cycle

_DIGIT = re.compile(rb"[0-9]")
_LETTER = re.compile(rb"[A-Za-z]")
_VERHOEFF_PRODUCT = tuple(
    tuple(int(digit) for digit in row)
    for row in [
        "0123456789",
        "1234067895",
        "2340178956",
        "3401289567",
        "4012395678",
        "5987604321",
        "6598710432",
        "7659821043",
        "8765932104",
        "9876543210",
    ]
)
_VERHOEFF_PERMUTED = tuple(
    tuple(int(digit) for digit in row)
    for row in [
        "0123456789",
        "1576283094",
        "5803796142",
        "8916043527",
        "9453126870",
        "4286573901",
        "2793806415",
        "7046913258",
    ]
)


def luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mod97(text: str) -> bool:
    """Return whether letters and digits leave 1 by ISO 7064, MOD 97-10, as those of an IBAN do, its head last."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1


def mod11_10(digits: str) -> bool:
    """Return whether the last digit is the check digit of ISO 7064, MOD 11,10."""
    product = 10
    for digit in digits[:-1]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def verhoeff(digits: str) -> bool:
    """Return whether the last digit is Verhoeff's check digit."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _VERHOEFF_PRODUCT[check][_VERHOEFF_PERMUTED[place % 8][int(digit)]]
    return check == 0


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the digits, each times its weight; weights repeat."""
    return sum(int(digit) * weight for digit, weight in zip(digits, cycle(weights), strict=False))


def is_date(day: int, month: int) -> bool:
    """Return whether there is such a day in some year."""
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


def entropy(text: bytes) -> float:
    """Return Shannon's entropy of the bytes of ``text``, in bits a byte."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def is_mixed(text: bytes) -> bool:
    """Return whether ``text`` has a letter and a digit."""
    return _DIGIT.search(text) is not None and _LETTER.search(text) is not None
