"""Text of others, made safe to show."""

import re

# C0 and C1 controls but tab and newline, DEL, and the marks that reorder text (Unicode UAX 9), which can make a
# terminal or a reader see something else than what is there.
_HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return ``text`` with control and reordering characters written as ``\\x1b`` or ``\\u202e``."""
    return _HOSTILE.sub(_spelled, text)


def one_line(text: str, *, limit: int = 160) -> str:
    """Return ``text`` on one line, visible, cut at a word to at most ``limit`` characters."""
    flat = visible(" ".join(text[: limit * 8].split()))
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    return (cut[: cut.rfind(" ")] if cut.rfind(" ") > limit // 2 else cut) + "…"


def _spelled(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
