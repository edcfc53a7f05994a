"""A rule: what it looks for in text, how cheaply that is ruled out, and what a candidate must satisfy.

Patterns are RE2's (https://github.com/google/re2/wiki/Syntax): their time is linear in the text, whatever it is. They
see UTF-8 as bytes, so letters beyond ASCII are ``\\x80-\\xff``, and are no word characters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import re2

Group = Literal["secrets", "personal", "optional"]
Span = tuple[int, int]
Pieces = tuple[bytes, ...]
"""The groups of a candidate; one that took no part is empty. The last is what is masked."""
Find = Callable[[bytes], Iterator[Span]]

EDGE = rb"(?:\b|\\(?:[bfnrt]|u[0-9a-fA-F]{4}))"
"""A word's left edge. In JSON, and in logs that quote it, the letter before may belong to an escape: ``\\nAKIA…``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of thing that is masked."""

    name: str
    group: Group
    sentence: str
    source: str
    """Where its form is written down."""
    gate: bytes
    """A pattern found wherever ``find`` finds something: in the text, in its JSON, and where that is in JSON again."""
    find: Find
    """Yields what is to be masked in a text."""


def is_fraction(text: bytes, start: int) -> bool:
    """Return whether what begins at ``start`` are the digits after a decimal point."""
    return start > 1 and text[start - 1] == 46 and text[start - 2] in b"0123456789" and text[start] in b"0123456789"


def compiled(pattern: bytes, *, ignore_case: bool = False) -> Any:
    """Compile a pattern of ours over bytes."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not ignore_case
    options.log_errors = False
    return re2.compile(pattern, options)


def finder(
    pattern: bytes,
    accept: Callable[[Pieces], bool] = lambda _: True,
    *,
    ignore_case: bool = False,
    overlapping: bool = False,
) -> Find:
    """Return what finds the last group of ``pattern`` wherever ``accept`` agrees.

    With ``overlapping`` a refused candidate does not hide one that begins within it. Only for patterns of a few dozen
    bytes: each byte is then looked at once for each candidate that it may be part of.
    """
    expression = compiled(pattern, ignore_case=ignore_case)
    group = expression.groups

    def find(text: bytes) -> Iterator[Span]:
        at = 0
        while found := expression.search(text, at):
            start, end = found.span(group)
            if not is_fraction(text, start) and accept(found.groups(default=b"")):
                yield start, end
                at = end
            else:
                at = found.start() + 1 if overlapping else end

    return find
