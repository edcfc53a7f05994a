"""Rules for the numbers that states give to people, each with its checksum or a strict shape.

Bare digits of nine to twelve are too common to be taken for such a number by one check digit alone, so those rules ask
for the number's name before it as well.
"""

from collections.abc import Callable

from genyard.observe.masking.checks import is_date, luhn, mod11_10, verhoeff, weighted
from genyard.observe.masking.personal_rules import digits_of
from genyard.observe.masking.rule import EDGE, Pieces, Rule, finder

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CODICE_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2 + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_HETU_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_PESEL = (1, 3, 7, 9)
_CPF = (10, 9, 8, 7, 6, 5, 4, 3, 2)


def _ssn(digits: str) -> bool:
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _steuer_id(digits: str) -> bool:
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return digits[0] != "0" and counts[-1] in (2, 3) and counts[:-1] == [1] * (len(counts) - 1) and mod11_10(digits)


def _nir(text: str) -> bool:
    text = text.upper()
    # Corsica writes 2A and 2B for its departments; the key is computed with 19 and 18 there.
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return (
        number.isdigit()
        and (1 <= int(text[3:5]) <= 12 or int(text[3:5]) in range(20, 43))
        and 97 - int(number) % 97 == int(text[13:])
    )


def _dni(text: str) -> bool:
    number = text[:-1].upper().translate(str.maketrans("XYZ", "012"))
    return _DNI_LETTERS[int(number) % 23] == text[-1].upper()


def _codice_fiscale(text: str) -> bool:
    text = text.upper()
    odd = sum(_CODICE_ODD[sign] for sign in text[0:15:2])
    even = sum(int(sign) if sign.isdigit() else ord(sign) - 65 for sign in text[1:15:2])
    return chr(65 + (odd + even) % 26) == text[15]


def _bsn(digits: str) -> bool:
    return int(digits) > 0 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _pesel(digits: str) -> bool:
    in_century = is_date(int(digits[4:6]), int(digits[2:4]) % 20)
    return in_century and (weighted(digits[:10], _PESEL) + int(digits[10])) % 10 == 0


def _rijksregister(digits: str) -> bool:
    check = int(digits[9:])
    return any(97 - int(century + digits[:9]) % 97 == check for century in ("", "2"))


def _personnummer(digits: str) -> bool:
    digits = digits[-10:]
    return is_date(int(digits[4:6]) % 60, int(digits[2:4])) and luhn(digits)


def _hetu(text: str) -> bool:
    day_and_number = text[:6] + text[7:10]
    return is_date(int(text[:2]), int(text[2:4])) and _HETU_SIGNS[int(day_and_number) % 31] == text[10].upper()


def _ahv(digits: str) -> bool:
    return (weighted(digits[:12], (1, 3)) + int(digits[12])) % 10 == 0


def _cpf(digits: str) -> bool:
    first = weighted(digits[:9], _CPF) * 10 % 11 % 10
    second = weighted(digits[:10], (11, *_CPF)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == f"{first}{second}"


def _aadhaar(digits: str) -> bool:
    return digits[0] in "23456789" and verhoeff(digits)


def _sin(digits: str) -> bool:
    return digits[0] not in "08" and luhn(digits)


def _nino(text: str) -> bool:
    return text[:2].upper() not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def _on_digits(check: Callable[[str], bool]) -> Callable[[Pieces], bool]:
    return lambda pieces: check(digits_of(pieces[-1]))


def _on_letters(check: Callable[[str], bool]) -> Callable[[Pieces], bool]:
    return lambda pieces: check("".join(chr(sign) for sign in pieces[-1] if chr(sign).isalnum()))


def _id(
    name: str,
    sentence: str,
    source: str,
    shape: bytes,
    accept: Callable[[Pieces], bool],
    *,
    ignore_case: bool = True,
) -> Rule:
    """Return a rule for a number whose shape stands out by itself."""
    return Rule(
        name=name,
        group="personal",
        sentence=sentence,
        source=source,
        gate=(rb"(?i)" if ignore_case else b"") + EDGE + shape + rb"(?:\W|$)",
        find=finder(EDGE + rb"(" + shape + rb")\b", accept, ignore_case=ignore_case, overlapping=True),
    )


def _named_id(name: str, sentence: str, source: str, names: bytes, shape: bytes, check: Callable[[str], bool]) -> Rule:
    """Return a rule for bare digits, which are taken for the number only where one of its names stands before."""
    name_of_it = rb"(?:" + names + rb")"
    return Rule(
        name=name,
        group="personal",
        sentence=f"{sentence}, after its name",
        source=source,
        gate=rb"(?i)" + name_of_it + rb"[^0-9]{0,60}" + shape,
        find=finder(
            name_of_it + rb"(?:[^0-9\n]{0,24}[^0-9A-Za-z\n])?(" + shape + rb")\b",
            _on_digits(check),
            ignore_case=True,
            overlapping=True,
        ),
    )


NATIONAL_RULES: tuple[Rule, ...] = (
    _id(
        "us_ssn",
        "US social security numbers, with dashes",
        "SSA, POMS RM 10201.030",
        rb"\d{3}-\d{2}-\d{4}",
        _on_digits(_ssn),
    ),
    _id(
        "uk_nino",
        "UK national insurance numbers",
        "HMRC, NIM39110",
        rb"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
        _on_letters(_nino),
        ignore_case=False,
    ),
    _id(
        "fr_nir",
        "French social security numbers, with their key",
        "INSEE, NIR",
        rb"[12] ?\d{2} ?[0-4]\d ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        _on_letters(_nir),
    ),
    _id(
        "es_dni",
        "Spanish DNI and NIE, with their letter",
        "Interior ministry, NIF",
        rb"(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z]",
        _on_letters(_dni),
    ),
    _id(
        "it_codice_fiscale",
        "Italian codici fiscali, with their letter",
        "DM 23 December 1976",
        rb"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
        _on_letters(_codice_fiscale),
    ),
    _id(
        "be_nrn",
        "Belgian national numbers, with dots",
        "RD 3 April 1984",
        rb"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}",
        _on_digits(_rijksregister),
    ),
    _id(
        "se_personnummer",
        "Swedish personal numbers, with a dash",
        "SKV 704",
        rb"(?:\d{2})?\d{6}[-+]\d{4}",
        _on_digits(_personnummer),
    ),
    _id(
        "fi_hetu",
        "Finnish personal identity codes",
        "DVV, personal identity code",
        rb"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]",
        lambda pieces: _hetu(pieces[-1].decode()),
    ),
    _id("ch_ahv", "Swiss AHV numbers, with dots", "ZAS, AHVN13", rb"756\.\d{4}\.\d{4}\.\d{2}", _on_digits(_ahv)),
    _id(
        "br_cpf",
        "Brazilian CPF, with dots and dash",
        "Receita Federal, CPF",
        rb"\d{3}\.\d{3}\.\d{3}-\d{2}",
        _on_digits(_cpf),
    ),
    _named_id(
        "de_tax_id",
        "German tax ids",
        "AO section 139b, ISO 7064 MOD 11,10",
        rb"steuer-?id\w{0,20}|steuerliche identifikationsnummer|identifikationsnummer|idnr|tax[ _-]?id",
        rb"\d{2} ?\d{3} ?\d{3} ?\d{3}",
        _steuer_id,
    ),
    _named_id(
        "nl_bsn", "Dutch BSN", "Wabb, the eleven test", rb"bsn|burgerservicenummer|sofi-?nummer", rb"\d{9}", _bsn
    ),
    _named_id("pl_pesel", "Polish PESEL", "Act of 24 September 2010", rb"pesel", rb"\d{11}", _pesel),
    _named_id(
        "in_aadhaar",
        "Indian Aadhaar numbers",
        "UIDAI, Verhoeff",
        rb"aadhaar|aadhar|uidai",
        rb"\d{4}[ -]?\d{4}[ -]?\d{4}",
        _aadhaar,
    ),
    _named_id(
        "ca_sin",
        "Canadian social insurance numbers",
        "ESDC, Luhn",
        EDGE + rb"(?:sin|nas)\b|social insurance|assurance sociale",
        rb"\d{3}[ -]?\d{3}[ -]?\d{3}",
        _sin,
    ),
)
