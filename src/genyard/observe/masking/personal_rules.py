"""Rules for what reaches a person or pays: e-mail, phone, card, IBAN; and addresses of machines."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from types import MappingProxyType

from genyard.observe.masking.checks import luhn, mod97
from genyard.observe.masking.rule import EDGE, Pieces, Rule, Span, compiled, finder, is_fraction

IBAN_LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        pair[:2]: int(pair[2:])
        for pair in [
            "AD24",
            "AE23",
            "AL28",
            "AT20",
            "AZ28",
            "BA20",
            "BE16",
            "BG22",
            "BH22",
            "BI27",
            "BR29",
            "BY28",
            "CH21",
            "CR22",
            "CY28",
            "CZ24",
            "DE22",
            "DJ27",
            "DK18",
            "DO28",
            "EE20",
            "EG29",
            "ES24",
            "FI18",
            "FK18",
            "FO18",
            "FR27",
            "GB22",
            "GE22",
            "GI23",
            "GL18",
            "GR27",
            "GT28",
            "HN28",
            "HR21",
            "HU28",
            "IE22",
            "IL23",
            "IQ23",
            "IS26",
            "IT27",
            "JO30",
            "KW30",
            "KZ20",
            "LB28",
            "LC32",
            "LI21",
            "LT20",
            "LU20",
            "LV21",
            "LY25",
            "MC27",
            "MD24",
            "ME22",
            "MK19",
            "MN20",
            "MR27",
            "MT31",
            "MU30",
            "NI28",
            "NL18",
            "NO15",
            "OM23",
            "PK24",
            "PL28",
            "PS29",
            "PT25",
            "QA29",
            "RO24",
            "RS22",
            "RU33",
            "SA24",
            "SC31",
            "SD18",
            "SE24",
            "SI19",
            "SK24",
            "SM27",
            "SO23",
            "ST25",
            "SV28",
            "TL23",
            "TN24",
            "TR26",
            "UA29",
            "VA22",
            "VG24",
            "XK20",
            "YE30",
        ]
    }
)
"""Characters of an IBAN by country: the IBAN registry, ISO 13616."""

_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"
    r"|3(?:0[0-5]|[68]\d)\d{11}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|62\d{14,17}"
    r"|(?:50|5[6-9]|6[37])\d{11,17}"
)
"""Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro: number range and length."""

_COUNTRY_CODES = re.compile(
    r"1[2-9]\d{2}[2-9]\d{6}|7\d{10}|2(?:0|7|[1-689]\d)\d{6,12}|3(?:[0-469]|[578]\d)\d{6,12}|4(?:[013-9]|2\d)\d{6,12}"
    r"|5(?:[1-8]|[09]\d)\d{6,12}|6(?:[0-6]|[7-9]\d)\d{6,12}|8(?:[1246]|[0578]\d)\d{6,12}|9(?:[0-58]|[679]\d)\d{6,12}"
)
"""What may stand after ``+``: the country codes of ITU-T E.164; North America and Russia have one length."""

_PICTURE_ENDINGS = frozenset({b"png", b"jpg", b"jpeg", b"gif", b"webp", b"svg", b"avif", b"css", b"js"})
_NO_DIGITS = bytes(sign for sign in range(256) if not 48 <= sign <= 57)
_GROUPS = re.compile(rb"\d+")
_SIGNS = rb"A-Za-z0-9\x80-\xff"


def digits_of(text: bytes) -> str:
    """Return the digits of ``text``."""
    return text.translate(None, _NO_DIGITS).decode()


def _email(pieces: Pieces) -> bool:
    local, _, domain = pieces[-1].rpartition(b"@")
    # icon@2x.png is a file, git@host is how a repository is reached.
    return domain.rpartition(b".")[2].lower() not in _PICTURE_ENDINGS and local != b"git"


def _international(pieces: Pieces) -> bool:
    return _COUNTRY_CODES.fullmatch(digits_of(pieces[-1])) is not None


def _trunk(pieces: Pieces) -> bool:
    return 9 <= len(digits_of(pieces[-1])) <= 13


_PHONES = (
    finder(rb"(?:^|[^\w+.])(\+[(]?[1-9](?:[ ./()\-]{0,2}\d){6,14})\b", _international, overlapping=True),
    finder(
        rb"(?:^|[^\w.\-])((?:\+?1[ .\-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.\-])[2-9]\d{2}[.\-]\d{4})(?:[^\w\-]|$)",
        overlapping=True,
    ),
    finder(rb"(?:^|[^\w.\-/])(0[1-9](?:[ .\-]\d{2}){4})(?:[^\w\-]|$)", overlapping=True),
    finder(
        rb"(?:^ ?|[^\w.\-/( ]|[^\d] )(\(?0\d{1,4}\)?(?: ?/ ?|[ \-])\d{3,8}(?:[ \-]\d{2,7}){0,3})(?:[^\w\-]|$)",
        _trunk,
        overlapping=True,
    ),
)


def _phone(text: bytes) -> Iterator[Span]:
    for find in _PHONES:
        yield from find(text)


_DIGITS = compiled(EDGE + rb"(\d(?:[ \-]?\d)*)\b")
_CARD_GROUPS = 8


def _card(text: bytes) -> Iterator[Span]:
    """Yield the cards of each run of digits: from the start of one group of digits to the end of another."""
    for run in _DIGITS.finditer(text):
        start, end = run.span(1)
        if end - start < 13 or is_fraction(text, start):
            continue
        groups = [(start + found.start(), start + found.end()) for found in _GROUPS.finditer(text[start:end])]
        yield from _cards_of(text, groups)


def _cards_of(text: bytes, groups: list[Span]) -> Iterator[Span]:
    first = 0
    while first < len(groups):
        if text[groups[first][0]] not in b"23456":  # no issuer's range begins otherwise
            first += 1
            continue
        for last in range(min(first + _CARD_GROUPS, len(groups)) - 1, first - 1, -1):
            number = digits_of(text[groups[first][0] : groups[last][1]]) if _may_be_card(groups, first, last) else ""
            if _ISSUERS.fullmatch(number) and luhn(number):
                yield groups[first][0], groups[last][1]
                first = last
                break
        first += 1


def _may_be_card(groups: list[Span], first: int, last: int) -> bool:
    return 13 <= groups[last][1] - groups[first][0] <= 19 + last - first


_IBAN_HEAD = compiled(
    EDGE + rb"((?:" + "|".join(IBAN_LENGTHS).encode() + rb")\d{2})(?: ?[A-Za-z0-9]){11}", ignore_case=True
)
_IBAN_REST = re.compile(rb"(?: ?[A-Za-z0-9])*")


def _iban(text: bytes) -> Iterator[Span]:
    """Yield IBANs. The country says how long one is, so that words after it are not taken in."""
    at = 0
    while head := _IBAN_HEAD.search(text, at):
        start, at = head.start(1), head.start(1) + 1
        length = IBAN_LENGTHS[head.group(1)[:2].decode().upper()]
        window = text[start : start + length + length // 2]
        end, plain = _letters(window, length)
        if len(plain) == length and not text[start + end : start + end + 1].isalnum() and mod97(plain[4:] + plain[:4]):
            yield start, start + end
            at = start + end


def _letters(window: bytes, count: int) -> tuple[int, str]:
    """Return where ``count`` letters and digits end, single spaces left out, and what they are."""
    found = _IBAN_REST.match(window)
    places = [at for at, sign in enumerate(found.group() if found else b"") if sign != 32][:count]
    return places[-1] + 1, bytes(window[at] for at in places).decode()


def _ipv4(pieces: Pieces) -> bool:
    try:
        IPv4Address(pieces[-1].decode())
    except AddressValueError:
        return False
    return True


def _ipv6(pieces: Pieces) -> bool:
    text = pieces[-1].decode()
    # std::vector and 12:34:56 are none; neither is dead::beef, which might be one.
    if text.count(":") < 3 or not any(sign.isdigit() for sign in text):
        return False
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


_IPS = (
    finder(rb"(?:^|[^\w.\-])((?:\d{1,3}\.){3}\d{1,3})(?:[^\w.]|\.?$|\.\s)", _ipv4, overlapping=True),
    finder(rb"(?:^|[^\w:.])([0-9A-Fa-f:]{0,40}:[0-9A-Fa-f:]{1,40}[0-9A-Fa-f])(?:[^\w:]|$)", _ipv6, overlapping=True),
)


def _ip(text: bytes) -> Iterator[Span]:
    for find in _IPS:
        yield from find(text)


PERSONAL_RULES: tuple[Rule, ...] = (
    Rule(
        name="email",
        group="personal",
        sentence="e-mail addresses",
        source="RFC 5322 section 3.4.1, the forms in use",
        # A backslash begins a letter beyond ASCII in JSON.
        gate=rb"[A-Za-z0-9_%+'\x80-\xff.\-]@[A-Za-z0-9\x80-\xff\\.\-]+\.[A-Za-z\x80-\xff\\]",
        find=finder(
            rb"([A-Za-z0-9_%+'.\x80-\xff\-]+@[" + _SIGNS + rb"][" + _SIGNS + rb".\-]*\.[A-Za-z\x80-\xff]{2,})", _email
        ),
    ),
    Rule(
        name="card",
        group="personal",
        sentence="payment cards: a number range of an issuer, its length, and the check digit",
        source="ISO/IEC 7812-1, Luhn; the issuers' ranges",
        gate=rb"(?:^|[^\w.]|[^\d]\.|\\[bfnrt]|\\u[0-9a-fA-F]{4})[2-6](?:[ \-]?\d){12}",
        find=_card,
    ),
    Rule(
        name="iban",
        group="personal",
        sentence="bank accounts: a country, its length, and MOD 97-10",
        source="ISO 13616, IBAN registry",
        gate=rb"(?i)" + EDGE + rb"(?:" + "|".join(IBAN_LENGTHS).encode() + rb")\d{2}(?: ?[A-Za-z0-9]){11}",
        find=_iban,
    ),
    Rule(
        name="phone",
        group="personal",
        sentence="phone numbers: `+` and a country code; North America with dots, dashes or brackets; groups after 0",
        source="ITU-T E.164, E.123; NANP",
        gate=rb"\+[(]?[1-9](?:(?:[ .()\-]|\\*/){0,2}\d){6}"
        rb"|[2-9]\d{2}(?:\) ?|[.\-])[2-9]\d{2}[.\-]\d{4}"
        rb"|0[1-9](?:[ .\-]\d{2}){4}"
        rb"|0\d{1,4}\)?(?: ?\\*/ ?|[ \-])\d{3}",
        find=_phone,
    ),
)

OPTIONAL_RULES: tuple[Rule, ...] = (
    Rule(
        name="ip_address",
        group="optional",
        sentence="IPv4 and IPv6 addresses; a version such as 1.2.3.4 looks the same",
        source="RFC 791; RFC 4291 section 2.2",
        gate=EDGE + rb"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d|:[0-9A-Fa-f]{0,4}:",
        find=_ip,
    ),
)
