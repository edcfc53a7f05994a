"""Text of others on its way into a page: every character visible, every length bounded."""

import re
from dataclasses import dataclass

from genyard.core.escape import visible

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_BYTES = {"<": 4, ">": 4, "&": 5, "'": 5, '"': 5}
HEAD_LINES = 24
HEAD_BYTES = 2_000
REST_BYTES = 4_000


def shown(text: str) -> str:
    """Return ``text`` with controls, reordering marks and lone surrogates spelled out, so that UTF-8 can carry it."""
    return visible(_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


class Allowance:
    """The bytes of escaped text that a page may still spend on payloads. One page, one allowance."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def take(self, text: str, *, limit: int) -> str:
        """Return the longest beginning of ``text`` that fits ``limit`` and what is left, and spend it."""
        room = min(limit, self.left)
        spent = 0
        for position, character in enumerate(text[:room]):
            cost = _cost(character)
            if spent + cost > room:
                self.left -= spent
                return text[:position]
            spent += cost
        self.left -= spent
        return text[:room]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text in up to three parts: shown, folded, and cut off (its whole stands behind a link)."""

    head: str
    rest: str = ""
    rest_lines: int = 0
    cut: int = 0
    """How many characters are not on the page."""


def fold(text: str, allowance: Allowance, *, lines: int = HEAD_LINES) -> Folded:
    """Fold ``text`` after ``lines`` lines or HEAD_BYTES, and cut it after REST_BYTES more."""
    head = allowance.take(_first_lines(text, lines), limit=HEAD_BYTES)
    rest = allowance.take(text[len(head) :], limit=REST_BYTES)
    return Folded(
        head=head,
        rest=rest.removeprefix("\n"),
        rest_lines=rest.removeprefix("\n").count("\n") + 1 if rest else 0,
        cut=len(text) - len(head) - len(rest),
    )


def _first_lines(text: str, lines: int) -> str:
    end = -1
    for _ in range(lines):
        end = text.find("\n", end + 1)
        if end < 0:
            return text
    return text[:end]


def _cost(character: str) -> int:
    """Return the bytes of ``character`` on the page. One that is spelled out takes 6 at most."""
    if character in _ESCAPED_BYTES:
        return _ESCAPED_BYTES[character]
    return len(character.encode()) if character.isprintable() or character == "\n" else 6
