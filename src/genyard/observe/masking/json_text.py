"""JSON as text: its strings and numbers replaced in place, so that everything else of it stays as it was written."""

import json
import re
from collections.abc import Callable, Iterator

import msgspec

Replace = Callable[[str, str], str | None]
"""Takes the text of a string or number and the key that it stands under, empty for none. None leaves it."""
_Edit = tuple[int, int, bytes]

# Possessive, so that the time is linear whatever the text is.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SHORTEST_NUMBER = 8
_NUMBER = re.compile(rb"(?<![\w.+-])[0-9]{8,}+(?![\w.])")
_UNDER_KEY = re.compile(rb"\s*+:[\s\[]*+")
_IS_KEY = re.compile(rb"\s*+:")


def is_json(text: str) -> bool:
    """Return whether ``text`` is a JSON object, array or string."""
    plain = text.strip()
    if (plain[:1], plain[-1:]) not in (("{", "}"), ("[", "]"), ('"', '"')):
        return False
    try:
        msgspec.json.decode(plain, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return _python_reads(plain)
    return True


def _python_reads(text: str) -> bool:
    """Return whether Python reads what msgspec refuses, such as NaN and lone surrogates."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def replaced(source: bytes, replace: Replace, *, shortest: int = 1) -> bytes:
    """Return JSON text with strings, keys among them, and long whole numbers replaced; the same object where none is.

    A number that is replaced becomes a string. Keys that become equal are told apart: ``[email]``, ``[email] (2)``.
    Strings of fewer than ``shortest`` bytes are left.
    """
    pieces: list[bytes] = []
    at = 0
    for start, end, new in _edits(source, replace, shortest):
        pieces += (source[at:start], new)
        at = end
    return b"".join((*pieces, source[at:])) if pieces else source


def _edits(source: bytes, replace: Replace, shortest: int) -> Iterator[_Edit]:
    keys: dict[str, int] = {}
    at, last = 0, b'""'
    for found in _STRING.finditer(source):
        start, end = found.span()
        if start - at > _SHORTEST_NUMBER:
            yield from _number_edits(source, at, start, last, replace)
        literal = found.group()
        if end - start - 2 >= shortest:
            under = text_of(last) if _UNDER_KEY.fullmatch(source, at, start) else ""
            new = replace(text_of(literal), under)
            if new is not None:
                told_apart = _told_apart(new, keys) if _IS_KEY.match(source, end) else new
                yield start, end, _literal_of(told_apart, ascii_only=literal.isascii())
        at, last = end, literal
    yield from _number_edits(source, at, len(source), last, replace)


def _number_edits(source: bytes, at: int, end: int, last: bytes, replace: Replace) -> Iterator[_Edit]:
    """Yield the edits of the numbers between two strings; ``last`` is the string before them."""
    for found in _NUMBER.finditer(source, at, end):
        is_under = _UNDER_KEY.fullmatch(source, at, found.start())
        new = replace(found.group().decode(), text_of(last) if is_under else "")
        if new is not None:
            yield found.start(), found.end(), _literal_of(new, ascii_only=True)


def text_of(literal: bytes) -> str:
    """Return what a JSON string says."""
    if b"\\" not in literal:
        return literal[1:-1].decode()
    text: str = json.loads(literal, strict=False)
    return text


def _literal_of(text: str, *, ascii_only: bool) -> bytes:
    try:
        return json.dumps(text, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can write
        return json.dumps(text).encode()


def _told_apart(key: str, keys: dict[str, int]) -> str:
    count = keys[key] = keys.get(key, 0) + 1
    return key if count == 1 else f"{key} ({count})"
